"""From a file to a `PactFile`: every version and style, and a clear line for what isn't one."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl

from apiproof.openapi.strict_json import strict_json
from apiproof.pacts.reading.bodies import DEEPEST, depth_of, read_body
from apiproof.pacts.reading.errors import (
    PactEmpty,
    PactMalformed,
    PactNotFound,
    PactTooLarge,
    PactUnparsable,
)
from apiproof.pacts.reading.expressions import show
from apiproof.pacts.reading.model import (
    Interaction,
    MatchingRules,
    Message,
    PactFile,
    ProviderState,
    Request,
    Response,
)
from apiproof.pacts.reading.rules import (
    RuleMalformed,
    plain_part,
    read_rules,
    require_rules,
)

_HTTP: Final = "Synchronous/HTTP"
_NEWEST: Final = 4
LARGEST: Final = 50 * 2**20  # bytes


def load_pact(path: Path | str) -> PactFile:
    """Read a pact file of specification 1 to 4.

    Raises:
        PactError: one of its kinds, with one line that says what to do.
    """
    return parse_pact(load_document(path), str(path))


def load_document(path: Path | str) -> Any:
    """Read the JSON of a pact file; the arguments and errors are those of `load_pact`."""
    source = str(path)
    try:
        if Path(path).stat().st_size > LARGEST:
            raise PactTooLarge(source, f"larger than {LARGEST >> 20} MiB")
        text = Path(path).read_text(encoding="utf-8-sig")
    except OSError as why:
        raise PactNotFound(source, why.strerror or type(why).__name__) from why
    except UnicodeDecodeError as why:
        raise PactUnparsable(source, "not UTF-8 text") from why
    try:
        return strict_json(text)
    except ValueError as why:
        raise PactUnparsable(source, str(why) if text.strip() else "the file is empty") from why


def parse_pact(document: Any, source: str) -> PactFile:
    """Read a pact that is JSON already, say from a URL; `source` names it in errors."""
    if depth_of(document) > DEEPEST:
        raise PactTooLarge(source, f"deeper than {DEEPEST} levels")
    if not isinstance(document, Mapping):
        raise PactMalformed(source, "$", f"a {type(document).__name__}, not an object")
    consumer, provider = (_party(document, role, source) for role in ("consumer", "provider"))
    entries = list(_entries(document, source))
    if not entries:
        raise PactEmpty(source)
    version = _version(document, entries, source)
    return PactFile(
        source=source,
        consumer=consumer,
        provider=provider,
        version=version,
        interactions=tuple(
            _interaction(raw, where, source, version)
            for raw, where, kind in entries
            if kind == "http"
        ),
        messages=tuple(
            Message(str(raw.get("description", "")), kind, where)
            for raw, where, kind in entries
            if kind != "http"
        ),
    )


def _party(document: Mapping[str, Any], role: str, source: str) -> str:
    party = document.get(role)
    name = party.get("name") if isinstance(party, Mapping) else None
    if not isinstance(name, str) or not name:
        raise PactMalformed(source, f"$.{role}.name", "missing")
    return name


def _entries(
    document: Mapping[str, Any], source: str
) -> Iterator[tuple[Mapping[str, Any], str, str]]:
    for group in ("interactions", "messages"):
        raw = document.get(group)
        if raw is not None and not isinstance(raw, list):
            raise PactMalformed(source, f"$.{group}", "not a list")
        for number, entry in enumerate(raw or []):
            where = f"$.{group}[{number}]"
            if not isinstance(entry, Mapping):
                raise PactMalformed(source, where, "not an object")
            yield (
                entry,
                where,
                _kind(entry, where, source) if group == "interactions" else "message",
            )


def _kind(entry: Mapping[str, Any], where: str, source: str) -> str:
    """`http`, or the name of another kind, which is told and never called verified."""
    kind = entry.get("type")
    if kind is None or kind == _HTTP:
        return "http"
    is_http = "request" in entry and "response" in entry and kind != "Synchronous/Messages"
    if not isinstance(kind, str) or is_http:
        raise PactMalformed(source, f"{where}.type", f"an HTTP interaction's is {_HTTP}")
    return kind


def _version(
    document: Mapping[str, Any], entries: list[tuple[Mapping[str, Any], str, str]], source: str
) -> int:
    metadata = document.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    group = metadata.get("pactSpecification") or metadata.get("pact-specification")
    version = group.get("version") if isinstance(group, Mapping) else group
    version = version or metadata.get("pactSpecificationVersion")
    if version:
        found = re.fullmatch(r"v?([1-9])(\.\d+)*([-.+][\w.]+)?", str(version).lower(), re.ASCII)
        if not found or int(found[1]) > _NEWEST:
            fact = f"the Pact specification {str(version)[:20]!r} is none of 1 to {_NEWEST}"
            raise PactMalformed(source, "$.metadata", fact)
        return int(found[1])
    raw = [entry for entry, _, _ in entries]
    if any("type" in entry for entry in raw):
        return 4
    return 3 if any("providerStates" in entry for entry in raw) else 2


def _interaction(raw: Mapping[str, Any], where: str, source: str, version: int) -> Interaction:
    try:
        return Interaction(
            description=_typed(raw, "description", str, ""),
            states=tuple(_states(raw)),
            request=read_request(_part(raw, "request"), version),
            response=read_response(_part(raw, "response"), version),
            position=int(where.rsplit("[", 1)[1][:-1]),
            pending=_typed(raw, "pending", bool, default=False),
            key=_typed(raw, "key", str, None),
            comments=_typed(raw, "comments", Mapping, {}),
        )
    except PartMalformed as why:
        raise PactMalformed(source, f"{where}.{why.where}", why.fact) from why


_WORDS: Final[Mapping[type, str]] = {
    str: "a text",
    bool: "true or false",
    list: "a list",
    Mapping: "an object",
}


def _part(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part: Mapping[str, Any] | None = _typed(raw, name, Mapping, None)
    if part is None:
        raise PartMalformed(name, "missing")
    return part


def _typed(raw: Mapping[str, Any], name: str, kind: type, default: Any, under: str = "") -> Any:
    """A member that may be missing or null, of one type."""
    value = raw.get(name)
    if value is None:
        return default
    if not isinstance(value, kind):
        raise PartMalformed(f"{under}{name}", f"not {_WORDS[kind]}")
    return value


def _states(raw: Mapping[str, Any]) -> Iterator[ProviderState]:
    for number, state in enumerate(_typed(raw, "providerStates", list, [])):
        under = f"providerStates[{number}]."
        if not isinstance(state, Mapping) or not _typed(state, "name", str, "", under):
            raise PartMalformed(f"{under}name", "missing")
        yield ProviderState(state["name"], _typed(state, "params", Mapping, {}, under))
    if not raw.get("providerStates"):
        for name in ("providerState", "provider_state"):
            if text := _typed(raw, name, str, ""):
                yield ProviderState(text, {})
                return


Values = dict[str, tuple[str, ...]]


class PartMalformed(Exception):
    """A request or response that cannot be read: `where` under the interaction, and the `fact`."""

    def __init__(self, where: str, fact: str) -> None:
        super().__init__(f"{where}: {fact}")
        self.where = where
        self.fact = fact


def read_request(raw: Mapping[str, Any], version: int = _NEWEST) -> Request:
    """The request of an interaction; its path without the query that V1 files may append."""
    plain = _plain(raw, "request")
    method = _typed(plain, "method", str, "GET", "request.")
    stated = _typed(plain, "path", str, "/", "request.")
    if re.match(r"[a-z][a-z\d+.-]*://", stated, re.IGNORECASE):
        raise PartMalformed("request.path", "a URL; a path begins with / and names no server")
    path, _, query = stated.partition("#")[0].partition("?")
    headers = _values(plain.get("headers"), "request.headers")
    return Request(
        method=method.upper(),
        path="/" + path.removeprefix("/"),
        query={**_query(query), **_query(plain.get("query"))},
        headers=headers,
        body=_body(plain, headers, "request", version),
        matchers=_rules(plain, "request"),
        generators=_typed(plain, "generators", Mapping, {}, "request."),
    )


def read_response(raw: Mapping[str, Any], version: int = _NEWEST) -> Response:
    """The response of an interaction; 200 where the pact states no status."""
    plain = _plain(raw, "response")
    status = plain.get("status", 200)
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 999:
        raise PartMalformed("response.status", "not a number of three digits")
    headers = _values(plain.get("headers"), "response.headers")
    return Response(
        status=status,
        headers=headers,
        body=_body(plain, headers, "response", version),
        matchers=_rules(plain, "response"),
        generators=_typed(plain, "generators", Mapping, {}, "response."),
    )


def _plain(raw: Mapping[str, Any], part: str) -> Mapping[str, Any]:
    try:
        return plain_part(raw)
    except RuleMalformed as why:
        raise PartMalformed(part, str(why)) from why


def _rules(plain: Mapping[str, Any], part: str) -> MatchingRules:
    try:
        require_rules(plain.get("matchingRules"))
    except RuleMalformed as why:
        raise PartMalformed(f"{part}.matchingRules", str(why)) from why
    return read_rules(plain.get("matchingRules"))


def _body(plain: Mapping[str, Any], headers: Values, part: str, version: int) -> Any:
    stated = (", ".join(v) for name, v in headers.items() if name.lower() == "content-type")
    header = next(stated, None) or None
    try:
        return read_body(plain, header, version)
    except ValueError as why:
        raise PartMalformed(f"{part}.body", str(why)) from why


def _query(raw: Any) -> Values:
    if isinstance(raw, str):
        values: dict[str, list[str]] = {}
        for name, value in parse_qsl(raw.removeprefix("?"), keep_blank_values=True):
            values.setdefault(name, []).append(value)
        return {name: tuple(items) for name, items in values.items()}
    return _values(raw, "request.query")


def _values(raw: Any, where: str) -> Values:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        raise PartMalformed(where, "neither an object nor missing")
    return {
        str(name): tuple(
            _text(item, f"{where}{show([name])}")
            for item in (value if isinstance(value, list) else [value])
        )
        for name, value in raw.items()
        if value != []
    }


def _text(value: Any, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, Mapping | list):
        raise PartMalformed(where, "neither a text nor a list of texts")
    return str(value).lower() if isinstance(value, bool) else str(value)
