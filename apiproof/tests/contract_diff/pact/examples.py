"""Valid exchanges, drawn from a document itself: what every comparison must let pass.

It knows as much of OpenAPI as the corpus' documents use, and nothing of `compare`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import strategies as st

FORMATS = {
    "uuid": st.uuids().map(str),
    "date": st.dates().map(lambda day: day.isoformat()),
    "date-time": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    "email": st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.com", fullmatch=True),
    "uri": st.from_regex(r"https://[a-z]{1,8}\.com/[a-z]{0,5}", fullmatch=True),
}
Wanted = Callable[[str, Mapping[str, Any], str], bool]
"""Whether exchanges of a path, an operation and a status are drawn."""


def any_exchange(_path: str, _operation: Mapping[str, Any], _code: str) -> bool:
    return True


TEXT = st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=12)


@dataclass
class Exchange:
    """One request and its answer; `codes` are those that the operation declares."""

    template: str
    method: str
    path: str
    status: str
    codes: list[str]
    query: dict[str, list[str]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    answer_type: str | None = None
    answer: Any = None
    is_guarded: bool = False

    def as_pact(self, version: int) -> dict[str, Any]:
        """The exchange as a pact of version 2, 3 or 4."""
        code = int(self.status) if self.status.isdigit() else 418
        request: dict[str, Any] = {"method": self.method, "path": self.path}
        query = [(name, text) for name, texts in self.query.items() for text in texts]
        request["query"] = urlencode(query) if version == 2 else self.query
        request["headers"] = _headers(self.headers, version)
        response: dict[str, Any] = {"status": code, "headers": {}}
        if self.answer_type:
            response["headers"] = _headers({"Content-Type": self.answer_type}, version)
        for part, content in ((request, self.body), (response, self.answer)):
            if content is not None:
                envelope = {"content": content, "encoded": False}
                part["body"] = content if version < 4 else envelope
        interaction = {"description": str(self), "request": request, "response": response}
        return {
            "consumer": {"name": "c"},
            "provider": {"name": "p"},
            "interactions": [
                interaction if version < 4 else {"type": "Synchronous/HTTP", **interaction}
            ],
            "metadata": {"pactSpecification": {"version": f"{version}.0"}},
        }


def _headers(headers: Mapping[str, str], version: int) -> dict[str, Any]:
    return {name: [value] if version == 4 else value for name, value in headers.items()}


class Examples:
    """Draws values and exchanges from one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def resolved(self, node: Any) -> Any:
        while isinstance(node, Mapping) and "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/").replace("~0", "~")]
            node = found
        return node

    @st.composite
    @staticmethod
    def exchanges(draw: st.DrawFn, self: "Examples", wanted: Wanted = any_exchange) -> Exchange:
        """A valid exchange of any operation and any status that it declares, if it is wanted."""
        places = [
            (path, method, item, operation, code)
            for path, item in self.document["paths"].items()
            for method, operation in item.items()
            if method in {"get", "post", "put", "patch", "delete"}
            for code in sorted(operation["responses"])
            if wanted(path, operation, code)
        ]
        path, method, item, operation, code = draw(st.sampled_from(places))
        codes = sorted(operation["responses"])
        exchange = Exchange(path, method.upper(), path, code, codes)
        for raw in (*item.get("parameters", ()), *operation.get("parameters", ())):
            self._parameter(draw, exchange, self.resolved(raw))
        body = self.resolved(operation.get("requestBody"))
        if body:
            media = draw(st.sampled_from(sorted(body["content"])))
            value = draw(self.values(body["content"][media]["schema"], sending=True))
            is_form = media == "application/x-www-form-urlencoded"
            exchange.body = (
                urlencode({k: v for k, v in value.items() if v is not None}) if is_form else value
            )
            exchange.headers["Content-Type"] = media
        self._credentials(exchange, operation)
        content = self.resolved(operation["responses"][exchange.status]).get("content")
        if content:
            exchange.answer_type = draw(st.sampled_from(sorted(content)))
            schema = content[exchange.answer_type].get("schema")
            if "json" in exchange.answer_type:
                exchange.answer = draw(self.values(schema, sending=False))
            exchange.answer_type = exchange.answer_type.replace("*", "png")
        return exchange

    def _parameter(self, draw: st.DrawFn, exchange: Exchange, parameter: Any) -> None:
        name, where = parameter["name"], parameter["in"]
        if where != "path" and not parameter.get("required") and draw(st.booleans()):
            return
        if "content" in parameter or self.resolved(parameter["schema"]).get("type") == "object":
            return
        value = draw(self.values(parameter["schema"], sending=True))
        items = value if isinstance(value, list) else [value]
        texts = [str(each).lower() if isinstance(each, bool) else str(each) for each in items]
        if where == "path":
            text = quote(",".join(texts), safe=",")
            exchange.path = exchange.path.replace("{" + name + "}", text)
        elif where == "header":
            exchange.headers[name] = texts[0]
        elif where == "query" and value is not None and texts:
            separator = "|" if parameter.get("style") == "pipeDelimited" else ","
            is_exploded = parameter.get("explode", True)
            exchange.query[name] = texts if is_exploded else [separator.join(texts)]

    def _credentials(self, exchange: Exchange, operation: Any) -> None:
        requirements = operation.get("security", self.document.get("security", []))
        exchange.is_guarded = bool(requirements) and {} not in requirements
        for name in requirements[0] if requirements else ():
            scheme = self.document["components"]["securitySchemes"][name]
            if scheme["type"] == "apiKey" and scheme["in"] == "query":
                exchange.query[scheme["name"]] = ["k"]
            elif scheme["type"] == "apiKey":
                exchange.headers[scheme["name"]] = "k"
            else:
                prefix = "Basic" if scheme.get("scheme") == "basic" else "Bearer"
                exchange.headers["Authorization"] = f"{prefix} abc"

    def values(self, schema: Any, *, sending: bool, depth: int = 0) -> st.SearchStrategy[Any]:
        """Valid values; read-only properties aren't sent, write-only ones aren't answered."""
        schema = self.resolved(schema)
        if schema is True or not schema:
            return st.none() | st.integers() | TEXT
        if "const" in schema:
            return st.just(schema["const"])
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                # The last alternative is the way out of cycles.
                each = schema[keyword] if depth < 3 else schema[keyword][-1:]
                return st.one_of(*(self.values(s, sending=sending, depth=depth + 1) for s in each))
        if "allOf" in schema:
            parts = [self.values(s, sending=sending, depth=depth) for s in schema["allOf"]]
            return st.tuples(*parts).map(
                lambda each: {k: v for part in each for k, v in part.items()}
            )
        kind = schema.get("type", "object")
        kind = kind[0] if isinstance(kind, list) else kind
        made: st.SearchStrategy[Any] = getattr(self, f"_{kind}")(schema, sending, depth)
        return st.none() | made if schema.get("nullable") else made

    def _object(self, schema: Any, sending: bool, depth: int) -> st.SearchStrategy[Any]:  # noqa: FBT001 - called by name of type
        hidden = "readOnly" if sending else "writeOnly"
        needed = schema.get("required", ())
        # What may be absent is a warning in an answer, and cycles must end somewhere.
        drawn = {
            name: self.values(inner, sending=sending, depth=depth + 1)
            for name, inner in schema.get("properties", {}).items()
            if not self.resolved(inner).get(hidden) and (name in needed or (sending and depth < 3))
        }
        required = {name: each for name, each in drawn.items() if name in needed}
        optional = {name: each for name, each in drawn.items() if name not in needed}
        fixed = st.fixed_dictionaries(required, optional=optional)
        if schema.get("minProperties"):
            fixed = fixed.filter(bool)
        if isinstance(schema.get("additionalProperties"), Mapping):
            return st.dictionaries(st.from_regex("[a-z]{1,5}", fullmatch=True), TEXT, max_size=3)
        return fixed

    def _array(self, schema: Any, sending: bool, depth: int) -> st.SearchStrategy[Any]:  # noqa: FBT001 - likewise
        if "prefixItems" in schema:
            return st.tuples(*(self.values(s, sending=sending) for s in schema["prefixItems"])).map(
                list
            )
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", 3), 3) if depth < 3 else least
        items = (
            self.values(schema["items"], sending=sending, depth=depth + 1) if most else st.none()
        )
        return st.lists(items, min_size=least, max_size=most)

    def _string(self, schema: Any, *_: Any) -> st.SearchStrategy[Any]:
        if "pattern" in schema:
            least, most = schema.get("minLength", 0), schema.get("maxLength", 40)
            found = st.from_regex(schema["pattern"], fullmatch=True)
            return found.filter(lambda text: least <= len(text) <= most and text.isascii())
        if schema.get("format") in FORMATS:
            return FORMATS[schema["format"]]
        return st.text(
            "abcdef", min_size=schema.get("minLength", 1), max_size=schema.get("maxLength", 12)
        )

    def _integer(self, schema: Any, *_: Any) -> st.SearchStrategy[Any]:
        low, high = schema.get("minimum", -(2**31)), schema.get("maximum", 2**31 - 1)
        return st.integers(low, high)

    def _number(self, schema: Any, *_: Any) -> st.SearchStrategy[Any]:
        return st.floats(schema.get("minimum", -1e6) + 0.5, 1e6, allow_nan=False)

    def _null(self, *_: Any) -> st.SearchStrategy[Any]:
        return st.none()

    def _boolean(self, *_: Any) -> st.SearchStrategy[Any]:
        return st.booleans()
