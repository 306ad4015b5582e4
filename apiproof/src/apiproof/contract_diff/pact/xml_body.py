"""XML bodies as JSON: the body and the schema that describes it, in one shape for both.

An element is an object: its attributes are properties named `@name`, its text is `#text`, its
children stand under their names, as lists where the schema has arrays. Names of a namespace are
`uri:name`. These are also the steps of Pact's matching rules. Source: OpenAPI 3.1.1 and 3.2, XML
Object.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from xml.parsers.expat import ExpatError

import xmltodict  # type: ignore[import-untyped]  # it has no types of its own

from apiproof.openapi.parameter_styles import ParameterReader
from apiproof.openapi.references import Document, Located
from apiproof.openapi.schema_variants import Properties, SchemaVariants, Variant, variant_types

TEXT: Final = "#text"
_XSI: Final = "@http://www.w3.org/2001/XMLSchema-instance"
_ASIDE: Final = frozenset({"@xmlns", f"{_XSI}:schemaLocation", f"{_XSI}:noNamespaceSchemaLocation"})
_DEEPEST: Final = 60
_OPEN: Final[Mapping[str, Any]] = {}
_SCALARS: Final = frozenset({"string", "number", "integer", "boolean", "null"})


class XmlUnreadable(Exception):
    """A body that is not XML, or XML of a kind that is not read."""


class JsonForm(NamedTuple):
    """A value and the JSON Schema that says of it what the document says of the XML."""

    value: Any
    schema: Any


def read_xml(text: str) -> dict[str, Any]:
    """Return an XML document as an object of its one element.

    Entities and document type declarations are refused.

    Raises:
        XmlUnreadable: It is not well-formed, nests too deeply, or declares entities.
    """
    try:
        found = xmltodict.parse(
            text, process_namespaces=True, force_cdata=True, disable_entities=True
        )
    except (ExpatError, ValueError) as error:
        raise XmlUnreadable(" ".join(str(error).split())) from None
    if _depth(found) > _DEEPEST:
        raise XmlUnreadable(f"nested more than {_DEEPEST} levels deep")
    plain: dict[str, Any] = _without_declarations(found)
    return plain


def _without_declarations(node: Any) -> Any:
    if isinstance(node, list):
        return [_without_declarations(child) for child in node]
    if not isinstance(node, dict):
        return node
    return {key: _without_declarations(child) for key, child in node.items() if key not in _ASIDE}


def _depth(node: Any) -> int:
    level, depth = [node], 0
    while level:
        depth += 1
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
    return depth


@dataclass(frozen=True)
class XmlForms:
    """Brings XML bodies and the schemas of one document into one shape."""

    document: Document
    variants: SchemaVariants
    reader: ParameterReader

    def form(self, schema: Located, body: Mapping[str, Any]) -> JsonForm:
        """Return a body and its schema as JSON; the root's name counts where the schema has one."""
        (name, element), *_ = body.items()
        inner = self._element([schema], element)
        wanted = self._name(schema, _component(schema))
        key = wanted or name
        properties = {key: inner.schema}
        closed = {"type": "object", "properties": properties, "required": [key]}
        return JsonForm({name: inner.value}, {**closed, "additionalProperties": False})

    def _element(self, schemas: Sequence[Located], element: Any) -> JsonForm:
        forms = [self._variant(variant, element) for variant in self.variants.of(schemas)]
        if not forms:
            return JsonForm(element, False)  # noqa: FBT003 - a JSON Schema
        if len(forms) == 1:
            return forms[0]
        return JsonForm(forms[0].value, {"anyOf": [form.schema for form in forms]})

    def _variant(self, variant: Variant, element: Any) -> JsonForm:
        types = variant_types(variant)
        if isinstance(element, list):  # several elements where the schema has one
            return JsonForm(element, {"type": "object"})
        if "object" in types and (types == {"object"} or _has_properties(variant)):
            return self._object(Properties(variant), element)
        if "array" in types and types & _SCALARS == frozenset():
            return self._items(variant, element)
        text = element.get(TEXT) if isinstance(element, Mapping) else element
        value = self._scalar(variant, text or "")
        others = dict(element) if isinstance(element, Mapping) else {}
        schema = {"allOf": [_plain(part) for part in variant]}
        closed = {"type": "object", "properties": {TEXT: schema}, "required": [TEXT]}
        return JsonForm({**others, TEXT: value}, closed)

    def _object(self, properties: Properties, element: Any) -> JsonForm:
        children = dict(element) if isinstance(element, Mapping) else {}
        schemas: dict[str, Any] = {}
        required: list[str] = []
        is_closed = any(
            part.node.get("additionalProperties") is False for part in properties.variant
        )
        for name in properties.names:
            for part in (properties.of(name) or [])[:1]:
                key, form = self._property(name, part, children)
                if form.value is not None:
                    children[key] = form.value
                schemas[key] = form.schema
                required += [key] if properties.requires(name) else []
        schema = {"type": "object", "properties": schemas, "required": required}
        rest = {"additionalProperties": False} if is_closed else {}
        return JsonForm(children, {**schema, **rest})

    def _property(
        self, name: str, part: Located, children: Mapping[str, Any]
    ) -> tuple[str, JsonForm]:
        key = self._name(part, name) or name
        xml = self._xml(part)
        if xml.get("attribute") is True or xml.get("nodeType") == "attribute":
            return f"@{key}", self._text([part], children.get(f"@{key}"))
        if xml.get("nodeType") in {"text", "cdata"}:
            is_empty = all(name.startswith("@") for name in children)
            return TEXT, self._text([part], children.get(TEXT, "" if is_empty else None))
        variants = self.variants.of([part])
        if not any(variant_types(variant) == {"array"} for variant in variants):
            return key, self._child([part], children.get(key))
        if xml.get("wrapped") is True or xml.get("nodeType") == "element":
            return key, self._items(variants[0], children.get(key))
        items = _items_of(variants[0])
        is_named = bool(items) and self._xml(items[0]).keys() & {"name", "namespace"}
        tag = self._name(items[0], name) if is_named else key
        return tag, self._list(variants[0], items, children.get(tag))

    def _items(self, variant: Variant, element: Any) -> JsonForm:
        """Return an element that wraps the items of an array."""
        items = _items_of(variant)
        children = dict(element) if isinstance(element, Mapping) else {}
        tag = (self._name(items[0], "") if items else "") or next(
            (name for name in children if name[0] not in "@#"), "item"
        )
        form = self._list(variant, items, children.get(tag))
        if form.value is not None:
            children[tag] = form.value
        schema = {"type": "object", "properties": {tag: form.schema}}
        return JsonForm(None if element is None and not children else children, schema)

    def _list(self, variant: Variant, items: list[Located], found: Any) -> JsonForm:
        if found is None:
            return JsonForm(None, _OPEN)
        listed = found if isinstance(found, list) else [found]
        prefix = max((len(part.node.get("prefixItems") or ()) for part in variant), default=0)
        forms = [
            self._element(_item_schemas(variant, number) or items, each)
            if _item_schemas(variant, number) or items
            else JsonForm(each, _OPEN)
            for number, each in enumerate([*listed, *[None] * (prefix - len(listed))])
        ]
        # The item schemas are the forms' own, so bounds are all that is kept of the array's.
        bounds = {
            word: choose(sizes)
            for word, choose in (("minItems", max), ("maxItems", min))
            if (sizes := [part.node[word] for part in variant if word in part.node])
        }
        rest = self._element(items, None).schema if items else _OPEN
        schema = {"type": "array", "prefixItems": [form.schema for form in forms], "items": rest}
        values = [form.value for form in forms[: len(listed)]]
        return JsonForm(values, {**schema, **bounds})

    def _child(self, schemas: Sequence[Located], element: Any) -> JsonForm:
        if element is None:
            return JsonForm(None, _OPEN)
        return self._element(schemas, element)

    def _text(self, schemas: Sequence[Located], text: Any) -> JsonForm:
        variants = self.variants.of(schemas)
        schema = {"anyOf": [{"allOf": [_plain(part) for part in v]} for v in variants]}
        if not isinstance(text, str) or not variants:
            return JsonForm(None, schema)
        return JsonForm(self._scalar(variants[0], text), schema)

    def _scalar(self, variant: Variant, text: str) -> Any:
        return self.reader.casts_to(variant, text)

    def _xml(self, part: Located) -> Mapping[str, Any]:
        for here in (part, self.document.resolve(part)):
            xml = here.node.get("xml") if isinstance(here.node, Mapping) else None
            if isinstance(xml, Mapping):
                return xml
        return {}

    def _name(self, part: Located, default: str) -> str:
        xml = self._xml(part)
        name = str(xml.get("name", default))
        namespace = xml.get("namespace")
        return f"{namespace}:{name}" if namespace and name else name


def _has_properties(variant: Variant) -> bool:
    return any(part.node.get("properties") for part in variant)


def _component(schema: Located) -> str:
    """Return the name of the component that a schema refers to: the default of the root's name."""
    ref = schema.node.get("$ref") if isinstance(schema.node, Mapping) else None
    return str(ref).rsplit("/", 1)[-1] if isinstance(ref, str) else ""


def _items_of(variant: Variant) -> list[Located]:
    return [part.at("items") for part in variant if isinstance(part.at("items").node, Mapping)]


def _item_schemas(variant: Variant, number: int) -> list[Located]:
    found = (part.at("prefixItems", number) for part in variant)
    return [part for part in found if part.node is not None]


def _plain(part: Located) -> Any:
    """Return the keywords of one schema that speak of a scalar."""
    words = (
        "type", "enum", "const", "pattern", "minLength", "maxLength", "format", "minimum",
        "maximum", "multipleOf",
    )  # fmt: skip
    return {word: part.node[word] for word in words if word in part.node}
