"""How the fields of forms are written: the `encoding` of a media type, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apiproof.contract_diff.document.branches import Conjunction
from apiproof.contract_diff.document.changes import DocumentComparison, Subject
from apiproof.contract_diff.document.parameters import COMPOUND, site_of
from apiproof.contract_diff.document.values import property_of
from apiproof.openapi.media_types import covers
from apiproof.openapi.references import Located


def compare_encodings(
    comparison: DocumentComparison,
    subject: Subject,
    media: tuple[Located, Located],
    schemas: tuple[Conjunction, Conjunction],
) -> None:
    """Compare how each field is written, and in which media types it may come.

    Args:
        comparison: Takes the changes.
        subject: The body.
        media: The Media Type Objects of both documents.
        schemas: Their schemas.
    """
    before, after = (part.at("encoding") for part in media)
    for name in {**_fields(before), **_fields(after)}:
        old, new = _fields(before).get(name) or {}, _fields(after).get(name) or {}
        here = replace(subject, place=subject.place._replace(path=(name,)))
        at, there = (
            part.at(name).pointer if name in _fields(part) else owner.pointer
            for part, owner in ((before, media[0]), (after, media[1]))
        )
        inside = f"`{name}` in {subject.name[:1].lower()}{subject.name[1:]}"
        is_rewritten = _writing(old) != _writing(new)
        if is_rewritten and _is_compound(comparison, subject, schemas, name):
            comparison.add(
                here, f"{subject.prefix}-encoding-changed",
                f"{inside} is now written another way (style, explode).",
                old=at, new=there, breaking=True,
            )  # fmt: skip
        if here.place.media.startswith("multipart/"):
            _headers(comparison, here, (before.at(name), after.at(name)), (at, there))
        gone = _lost(old, new) if subject.inbound else _lost(new, old)
        if gone:
            word = "narrowed" if subject.inbound else "widened"
            fact = "no longer be" if subject.inbound else "now also be"
            comparison.add(
                here, f"{subject.prefix}-content-type-{word}",
                f"{inside} may {fact} {', '.join(gone)}.",
                old=at, new=there, breaking=True,
            )  # fmt: skip


def _headers(
    comparison: DocumentComparison,
    subject: Subject,
    fields: tuple[Located, Located],
    places: tuple[str, str],
) -> None:
    """Compare the headers of one part of a multipart body."""
    before, after = (
        {
            name.lower(): part
            for name, part in document.children(field, "headers")
            if name.lower() != "content-type" and isinstance(part.node, Mapping)
        }
        for document, field in zip((comparison.old, comparison.new), fields, strict=True)
    )
    own, other = (before, after) if subject.inbound else (after, before)
    for name in {**before, **after}:
        demanded, kept = (
            name in side and side[name].node.get("required") is True for side in (other, own)
        )
        where = f"the header `{name}` of `{subject.place.path[0]}` in {subject.name.lower()}"
        if demanded and not kept:
            fact = "now required" if subject.inbound else "no longer sure to come"
            comparison.add(
                subject, f"{subject.prefix}-part-header-changed",
                f"T{where[1:]} is {fact}.",
                old=before[name].pointer if name in before else places[0],
                new=after[name].pointer if name in after else places[1], breaking=True,
            )  # fmt: skip
        if name in before and name in after:
            named = replace(subject, name=f"T{where[1:]}", text=True)
            named = replace(named, place=named.place._replace(path=()))
            comparison.schemas(named, site_of(before[name]), site_of(after[name]))


def _fields(part: Located) -> Mapping[str, Any]:
    return part.node if isinstance(part.node, Mapping) else {}


def _writing(encoding: Mapping[str, Any]) -> tuple[Any, bool]:
    style = encoding.get("style", "form")
    return style, bool(encoding.get("explode", style == "form"))


def _is_compound(
    comparison: DocumentComparison,
    subject: Subject,
    schemas: tuple[Conjunction, Conjunction],
    name: str,
) -> bool:
    """Return whether a field may be a list or an object in both documents."""
    return all(
        any(
            inner.type in COMPOUND
            for branch in reader.branches(schema)
            if branch.type == "object"
            for inner in reader.branches(property_of(branch, name))
        )
        for reader, schema in zip(
            (comparison.reader(old=old, inbound=subject.inbound) for old in (True, False)),
            schemas,
            strict=True,
        )
    )


def _lost(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return the media types that only the one names; none where one names nothing."""
    before, after = (
        [each.strip() for each in str(encoding.get("contentType") or "").split(",") if each.strip()]
        for encoding in (old, new)
    )
    return [each for each in before if after and not any(covers(other, each) for other in after)]
