"""How the parts of an XML body are named: the `xml` of schemas (OpenAPI 3.1.1, XML Object)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from apiproof.contract_diff.document.branches import Conjunction
from apiproof.contract_diff.document.changes import DocumentComparison, Subject
from apiproof.contract_diff.document.constraints import item_of
from apiproof.contract_diff.document.messages import path_text
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.contract_diff.document.values import property_of

Pair = tuple[Conjunction, Conjunction]


def is_xml(media: str) -> bool:
    """Return whether a media type is XML (RFC 7303)."""
    return media in {"application/xml", "text/xml"} or media.endswith("+xml")


def compare_xml(
    comparison: DocumentComparison, subject: Subject, old: Conjunction, new: Conjunction
) -> None:
    """Report every element or attribute that is named or placed another way."""
    before, after = (comparison.reader(old=each, inbound=subject.inbound) for each in (True, False))
    queue: list[tuple[tuple[str, ...], str, Pair]] = [((), "", (old, new))]
    seen: set[tuple[str, Conjunction, Conjunction]] = set()
    while queue:
        path, name, pair = queue.pop(0)
        met = (name, before.followed(pair[0]), after.followed(pair[1]))
        if not all(pair) or met in seen:
            continue
        seen.add(met)
        was, now = (_form(reader, one) for reader, one in zip((before, after), pair, strict=True))
        names = [str(form.get("name") or name) for form in (was, now)]
        words = [{**form, "name": each} for form, each in zip((was, now), names, strict=True)]
        if _written(words[0]) != _written(words[1]) and (path or all(names)):
            inside = subject.name[:1].lower() + subject.name[1:]
            comparison.add(
                replace(subject, place=subject.place._replace(path=path)),
                f"{subject.prefix}-xml-changed",
                f"{f'`{path_text(path)}` in {inside}' if path else subject.name} is now written "
                f"another way in XML: {_shown(words[0])} became {_shown(words[1])}.",
                old=before.home(pair[0], "xml"), new=after.home(pair[1], "xml"), breaking=True,
            )  # fmt: skip
        queue += [((*path, step), each, below) for step, each, below in _below(before, after, pair)]


def _form(reader: Schemas, schema: Conjunction) -> Mapping[str, Any]:
    found = reader.find(schema, "xml")
    return found.value if found and isinstance(found.value, Mapping) else {}


def _written(form: Mapping[str, Any]) -> tuple[Any, ...]:
    kind = form.get("nodeType") or ("attribute" if form.get("attribute") is True else "element")
    return form["name"], kind, form.get("wrapped") is True, form.get("namespace")


def _shown(form: Mapping[str, Any]) -> str:
    name, kind, wrapped, namespace = _written(form)
    text = f"{kind} {name}".strip()
    text += " inside a wrapper" if wrapped else ""
    return f"{text} of {namespace}" if namespace else text


def _below(before: Schemas, after: Schemas, pair: Pair) -> Iterator[tuple[str, str, Pair]]:
    """Yield what is declared in both documents: the step, its name in XML, the schemas."""
    for one in before.branches(pair[0]):
        for other in (each for each in after.branches(pair[1]) if each.type == one.type):
            if one.type == "array":
                yield "*", "", (item_of(one, 0), item_of(other, 0))
            names = {n for shape in other.shapes for n in shape.properties}
            for name in (n for shape in one.shapes for n in shape.properties if n in names):
                yield name, name, (property_of(one, name), property_of(other, name))
