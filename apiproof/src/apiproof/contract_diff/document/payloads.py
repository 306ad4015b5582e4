"""Bodies, media types, statuses and response headers of one operation in both documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from apiproof.contract_diff.document.branch import Conjunction, Site
from apiproof.contract_diff.document.change import Place
from apiproof.contract_diff.document.comparison import Comparison, Scene
from apiproof.contract_diff.document.document import Document, join
from apiproof.contract_diff.document.parameters import schema_of

if TYPE_CHECKING:
    from apiproof.contract_diff.document.operations import Operation

Node = tuple[Any, str]
_FORMS = ("application/x-www-form-urlencoded", "multipart/")


def compare_request_body(
    comparison: Comparison, scene: Scene, old: Operation, new: Operation
) -> None:
    """Compare whether a body is wanted, in which media types, of which schema."""
    before = comparison.old.child(old.node, old.pointer, "requestBody")
    after = comparison.new.child(new.node, new.pointer, "requestBody")
    scene = replace(scene, place=Place("body"), service="The request body")
    had, has = isinstance(before[0], Mapping), isinstance(after[0], Mapping)
    if not had and not has:
        return
    demanded = has and after[0].get("required") is True
    if not has:
        comparison.add(
            scene, "request-body-removed", "The request body was removed.",
            old=before[1], new=new.pointer, breaking=True,
        )  # fmt: skip
    elif not had:
        rule = "request-required-body-added" if demanded else "request-body-added"
        sentence = f"A request body was added{' and is required' if demanded else ''}."
        comparison.add(scene, rule, sentence, old=old.pointer, new=after[1], breaking=demanded)
    else:
        _body_demand(comparison, scene, before, after)
        _media_types(comparison, scene, before, after)


def _body_demand(comparison: Comparison, scene: Scene, old: Node, new: Node) -> None:
    was, is_now = (node.get("required") is True for node, _ in (old, new))
    if was is not is_now:
        fact = "required" if is_now else "optional"
        places = [join(at, "required") if "required" in node else at for node, at in (old, new)]
        comparison.add(
            scene, f"request-body-became-{fact}", f"The request body is now {fact}.",
            old=places[0], new=places[1], breaking=is_now,
        )  # fmt: skip


def plain_media(media: str) -> str:
    """Return a media type without parameters, in lower case (RFC 9110, section 8.3.1)."""
    return media.partition(";")[0].strip().lower()


def covers(pattern: str, media: str) -> bool:
    """Return whether a media type range such as application/* takes in a media type."""
    pattern, media = plain_media(pattern), plain_media(media)
    if pattern in {media, "*/*", "*"}:
        return True
    return pattern.endswith("/*") and media.startswith(pattern[:-1])


def _cover(media: str, among: Mapping[str, Any]) -> str | None:
    found = [other for other in among if covers(other, media)]
    exact = [other for other in found if other == media] or [
        other for other in found if "*" not in other
    ]
    return next(iter(exact + sorted(found, key=len, reverse=True)), None)


def _media_types(comparison: Comparison, scene: Scene, old: Node, new: Node) -> None:
    before, old_at = comparison.old.child(*old, "content")
    after, new_at = comparison.new.child(*new, "content")
    before, after = before or {}, after or {}
    compared = set()
    for media in before:
        other = _cover(media, after)
        if other is not None:
            compared.add(other)
            _media(comparison, scene, (media, old), (other, new))
            continue
        narrower = [m for m in after if covers(media, m)]
        if narrower and not scene.inbound:
            continue
        comparison.add(
            _of(scene, media), f"{scene.prefix}-media-type-removed",
            f"{scene.service} no longer comes as {media}.",
            old=join(old_at, media), new=new_at if after else new[1], breaking=True,
        )  # fmt: skip
    for media in after:
        other = _cover(media, before)
        if other is not None and media not in compared:
            _media(comparison, scene, (other, old), (media, new))
        elif other is None and media not in compared:
            comparison.add(
                _of(scene, media), f"{scene.prefix}-media-type-added",
                f"{scene.service} may now come as {media}.",
                old=old_at if before else old[1], new=join(new_at, media), breaking=False,
            )  # fmt: skip


def _of(scene: Scene, media: str) -> Scene:
    return replace(scene, place=replace(scene.place, part="media-type", media=media))


def _media(
    comparison: Comparison, scene: Scene, old: tuple[str, Node], new: tuple[str, Node]
) -> None:
    here = replace(
        scene,
        place=replace(scene.place, part="body", media=plain_media(old[0])),
        text=plain_media(new[0]).startswith(_FORMS),
    )
    one = _schema(comparison.old, old[1], old[0])
    other = _schema(comparison.new, new[1], new[0])
    comparison.schemas(here, one, other)


def _schema(document: Document, node: Node, media: str) -> Conjunction:
    inner, at = document.child(*node, "content", media)
    if isinstance(inner, Mapping) and "schema" in inner:
        return (Site(join(at, "schema"), inner["schema"]),)
    return ()


def compare_responses(comparison: Comparison, scene: Scene, old: Operation, new: Operation) -> None:
    """Compare statuses; one that a range or `default` still answers for is not removed."""
    before, old_at = comparison.old.child(old.node, old.pointer, "responses")
    after, new_at = comparison.new.child(new.node, new.pointer, "responses")
    before = {str(status): status for status in before or {}}
    after = {str(status): status for status in after or {}}
    compared = set()
    for status in before:
        other = _answering(status, after)
        here = _at_status(scene, status)
        if other is not None:
            compared.add(other)
            _response(comparison, here, (before[status], old), (after[other], new))
        elif not _refined(status, before, after):
            comparison.add(
                here, "response-status-removed", f"Status {status} was removed.",
                old=join(old_at, status), new=new_at, breaking=True,
            )  # fmt: skip
    for status in after:
        if status in compared or status in before:
            continue
        here, other = _at_status(scene, status), _answering(status, before)
        if other is not None:
            _response(comparison, here, (before[other], old), (after[status], new))
            continue
        comparison.add(
            here, "response-status-added", f"Status {status} was added.",
            old=old_at, new=join(new_at, status), breaking=False,
        )  # fmt: skip


def _at_status(scene: Scene, status: str) -> Scene:
    return replace(
        scene, place=Place("status", status=status), service=f"The {status} response body"
    )


def _answering(status: str, among: Mapping[str, Any]) -> str | None:
    """Return the entry that speaks for a status: itself, its range, `default` for errors."""
    same = [other for other in among if other.upper() == status.upper()]
    ranged = [other for other in among if other.upper() == f"{status[:1]}XX"]
    spare = [o for o in among if o == "default" and (status[:1] in {"4", "5"} or len(among) == 1)]
    return next(iter(same + ranged + spare), None)


def _refined(status: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a range or `default` was replaced by the statuses it stood for."""
    added = [other for other in after if other not in before]
    if status == "default":
        return any(other[:1] in {"4", "5"} for other in added)
    return status.upper().endswith("XX") and any(other[:1] == status[:1] for other in added)


def _response(
    comparison: Comparison,
    scene: Scene,
    old: tuple[str, Operation],
    new: tuple[str, Operation],
) -> None:
    before = comparison.old.child(old[1].node, old[1].pointer, "responses", old[0])
    after = comparison.new.child(new[1].node, new[1].pointer, "responses", new[0])
    body = replace(scene, place=replace(scene.place, part="body"))
    _media_types(comparison, body, before, after)
    _headers(comparison, scene, before, after)


def _headers(comparison: Comparison, scene: Scene, old: Node, new: Node) -> None:
    before, after = _headers_of(comparison.old, old), _headers_of(comparison.new, new)
    for name, (node, at) in before.items():
        place = replace(scene.place, part="header", name=name)
        service = f"The header `{name}` of the {place.status} response"
        here = replace(scene, place=place, service=service, text=True)
        if name not in after:
            comparison.add(
                here, "response-header-removed", f"{service} was removed.",
                old=at, new=new[1], breaking=True,
            )  # fmt: skip
            continue
        other, there = after[name]
        was, is_now = node.get("required") is True, other.get("required") is True
        if was is not is_now:
            fact = "required" if is_now else "optional"
            comparison.add(
                here, f"response-header-became-{fact}", f"{service} is now {fact}.",
                old=join(at, "required") if "required" in node else at,
                new=join(there, "required") if "required" in other else there, breaking=was,
            )  # fmt: skip
        one, two = schema_of(node, at, comparison.old), schema_of(other, there, comparison.new)
        comparison.schemas(here, one[0], two[0])
    for name, (_, at) in after.items():
        if name not in before:
            place = replace(scene.place, part="header", name=name)
            comparison.add(
                replace(scene, place=place), "response-header-added",
                f"The header `{name}` was added to the {place.status} response.",
                old=old[1], new=at, breaking=False,
            )  # fmt: skip


def _headers_of(document: Document, response: Node) -> dict[str, Node]:
    headers, _ = document.child(*response, "headers")
    return {
        name.lower(): document.child(*response, "headers", name)
        for name in headers or {}
        if name.lower() != "content-type"
    }
