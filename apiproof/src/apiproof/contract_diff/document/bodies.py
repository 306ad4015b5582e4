"""Bodies, media types, statuses and response headers of one operation in both documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apiproof.contract_diff.document.branches import Conjunction, SchemaSite
from apiproof.contract_diff.document.changes import DocumentComparison, Place, Subject
from apiproof.contract_diff.document.encodings import compare_encodings
from apiproof.contract_diff.document.links import compare_links
from apiproof.contract_diff.document.parameters import is_compound, site_of
from apiproof.contract_diff.document.xml_forms import compare_xml, is_xml
from apiproof.openapi.media_types import covers, essence, most_specific
from apiproof.openapi.operations import Operation
from apiproof.openapi.references import Document, Located, join_pointer
from apiproof.openapi.responses import matching_status

_FORMS = ("application/x-www-form-urlencoded", "multipart/")


def compare_request_body(
    comparison: DocumentComparison, subject: Subject, old: Operation, new: Operation
) -> None:
    """Compare whether a body is wanted, in which media types, of which schema."""
    before = comparison.old.child(old.part, "requestBody")
    after = comparison.new.child(new.part, "requestBody")
    subject = replace(subject, place=Place("body"), name="The request body")
    had, has = isinstance(before[0], Mapping), isinstance(after[0], Mapping)
    if not had and not has:
        return
    demanded = has and after[0].get("required") is True
    if not has:
        comparison.add(
            subject, "request-body-removed", "The request body was removed.",
            old=before[1], new=new.part.pointer, breaking=True,
        )  # fmt: skip
    elif not had:
        rule = "request-required-body-added" if demanded else "request-body-added"
        sentence = f"A request body was added{' and is required' if demanded else ''}."
        comparison.add(
            subject, rule, sentence, old=old.part.pointer, new=after[1], breaking=demanded
        )
    else:
        _body_demand(comparison, subject, before, after)
        _media_types(comparison, subject, before, after)


def _body_demand(
    comparison: DocumentComparison, subject: Subject, old: Located, new: Located
) -> None:
    was, is_now = (node.get("required") is True for node, _ in (old, new))
    if was is not is_now:
        fact = "required" if is_now else "optional"
        places = [
            join_pointer(at, "required") if "required" in node else at for node, at in (old, new)
        ]
        comparison.add(
            subject, f"request-body-became-{fact}", f"The request body is now {fact}.",
            old=places[0], new=places[1], breaking=is_now,
        )  # fmt: skip


def _media_types(
    comparison: DocumentComparison, subject: Subject, old: Located, new: Located
) -> None:
    before, old_at = comparison.old.child(old, "content")
    after, new_at = comparison.new.child(new, "content")
    before, after = before or {}, after or {}
    compared = set()
    for media in before:
        other = most_specific(media, after)
        if other is not None:
            compared.add(other)
            _media(comparison, subject, (media, old), (other, new))
            continue
        narrower = [m for m in after if covers(media, m)]
        if narrower and not subject.inbound:
            continue
        comparison.add(
            _of(subject, media), f"{subject.prefix}-media-type-removed",
            f"{subject.name} no longer comes as {media}.",
            old=join_pointer(old_at, media), new=new_at if after else new.pointer, breaking=True,
        )  # fmt: skip
    for media in after:
        other = most_specific(media, before)
        if other is not None and media not in compared:
            _media(comparison, subject, (other, old), (media, new))
        elif other is None and media not in compared:
            comparison.add(
                _of(subject, media), f"{subject.prefix}-media-type-added",
                f"{subject.name} may now come as {media}.",
                old=old_at if before else old.pointer, new=join_pointer(new_at, media),
                breaking=False,
            )  # fmt: skip


def _of(subject: Subject, media: str) -> Subject:
    return replace(subject, place=subject.place._replace(part="media-type", media=media))


def _media(
    comparison: DocumentComparison,
    subject: Subject,
    old: tuple[str, Located],
    new: tuple[str, Located],
) -> None:
    here = replace(
        subject,
        place=subject.place._replace(part="body", media=essence(old[0])),
        text=essence(new[0]).startswith(_FORMS),
    )
    one = _schema(comparison.old, old[1], old[0])
    other = _schema(comparison.new, new[1], new[0])
    comparison.schemas(here, one, other)
    if is_xml(essence(old[0])) and is_xml(essence(new[0])):
        compare_xml(comparison, here, one, other)
    if here.text:
        parts = (
            comparison.old.child(old[1], "content", old[0]),
            comparison.new.child(new[1], "content", new[0]),
        )
        compare_encodings(comparison, here, parts, (one, other))


def _schema(document: Document, part: Located, media: str) -> Conjunction:
    inner, at = document.child(part, "content", media)
    if not isinstance(inner, Mapping):
        return ()
    sites = [SchemaSite(join_pointer(at, "schema"), inner["schema"])] if "schema" in inner else []
    if "itemSchema" in inner:  # OpenAPI 3.2: each of what comes one after the other
        listed = {"type": "array", "itemSchema": inner["itemSchema"]}
        sites.append(SchemaSite(at, listed, tag="itemSchema"))
    return tuple(sites)


def compare_responses(
    comparison: DocumentComparison, subject: Subject, old: Operation, new: Operation
) -> None:
    """Compare statuses; one that a range or `default` still answers for is not removed."""
    old_at = join_pointer(old.part.pointer, "responses")
    new_at = join_pointer(new.part.pointer, "responses")
    before, after = old.responses, new.responses
    compared = set()
    for status in before:
        other = _answering(status, after)
        here = _at_status(subject, status)
        if other is not None:
            compared.add(other)
            _response(comparison, here, before[status], after[other])
        elif not _refined(status, before, after):
            comparison.add(
                here, "response-status-removed", f"Status {status} was removed.",
                old=join_pointer(old_at, status), new=new_at, breaking=True,
            )  # fmt: skip
    for status in after:
        if status in compared or status in before:
            continue
        here, other = _at_status(subject, status), _answering(status, before)
        if other is not None:
            _response(comparison, here, before[other], after[status])
            continue
        comparison.add(
            here, "response-status-added", f"Status {status} was added.",
            old=old_at, new=join_pointer(new_at, status), breaking=False,
        )  # fmt: skip


def _at_status(subject: Subject, status: str) -> Subject:
    return replace(
        subject, place=Place("status", status=status), name=f"The {status} response body"
    )


def _answering(status: str, among: Mapping[str, Any]) -> str | None:
    """Return the entry that speaks for a status: itself, its range, `default` for errors."""
    found = matching_status(status, among)
    if found is None or found.lower() != "default" or status.lower() == "default":
        return found
    return found if status[:1] in {"4", "5"} or len(among) == 1 else None


def _refined(status: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a range or `default` was replaced by the statuses it stood for."""
    added = [other for other in after if other not in before]
    if status == "default":
        return any(other[:1] in {"4", "5"} for other in added)
    return status.upper().endswith("XX") and any(other[:1] == status[:1] for other in added)


def _response(comparison: DocumentComparison, subject: Subject, old: Located, new: Located) -> None:
    body = replace(subject, place=subject.place._replace(part="body"))
    _media_types(comparison, body, old, new)
    _headers(comparison, subject, old, new)
    compare_links(comparison, subject, old, new)


def _headers(comparison: DocumentComparison, subject: Subject, old: Located, new: Located) -> None:
    before, after = _headers_of(comparison.old, old), _headers_of(comparison.new, new)
    for name, (node, at) in before.items():
        place = subject.place._replace(part="header", name=name)
        name_of = f"The header `{name}` of the {place.status} response"
        here = replace(subject, place=place, name=name_of, text=True)
        if name not in after:
            comparison.add(
                here, "response-header-removed", f"{name_of} was removed.",
                old=at, new=new.pointer, breaking=True,
            )  # fmt: skip
            continue
        other, there = after[name]
        was, is_now = node.get("required") is True, other.get("required") is True
        if was is not is_now:
            fact = "required" if is_now else "optional"
            comparison.add(
                here, f"response-header-became-{fact}", f"{name_of} is now {fact}.",
                old=join_pointer(at, "required") if "required" in node else at,
                new=join_pointer(there, "required") if "required" in other else there, breaking=was,
            )  # fmt: skip
        sites = site_of(Located(node, at)), site_of(Located(other, there))
        comparison.schemas(here, *sites)
        explodes = node.get("explode") is True, other.get("explode") is True
        if explodes[0] is not explodes[1] and is_compound(comparison, *sites, {"object"}):
            comparison.add(
                here, "response-header-serialization-changed",
                f"{name_of} is now written another way (explode).",
                old=at, new=there, breaking=True,
            )  # fmt: skip
    for name, (_, at) in after.items():
        if name not in before:
            place = subject.place._replace(part="header", name=name)
            comparison.add(
                replace(subject, place=place), "response-header-added",
                f"The header `{name}` was added to the {place.status} response.",
                old=old.pointer, new=at, breaking=False,
            )  # fmt: skip


def _headers_of(document: Document, response: Located) -> dict[str, Located]:
    return {
        name.lower(): part
        for name, part in document.children(response, "headers")
        if name.lower() != "content-type" and isinstance(part.node, Mapping)
    }
