"""How the fields of a form are written is part of the contract."""

from __future__ import annotations

from typing import Any

import pytest

from apiproof.contract_diff.document import diff

FORM = "application/x-www-form-urlencoded"
NAMES = {"type": "array", "items": {"type": "string"}}
SPACES = {"style": "spaceDelimited", "explode": False}


def _document(
    encoding: Any, *, schema: Any = NAMES, media: str = FORM, sent: bool = False
) -> dict[str, Any]:
    content = {media: {"schema": {"type": "object", "properties": {"a": schema}}}}
    if encoding is not None:
        content[media]["encoding"] = {"a": encoding}
    answer = {"description": "", **({"content": content} if sent else {})}
    post: dict[str, Any] = {"responses": {"200": answer}}
    if not sent:
        post["requestBody"] = {"content": content}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": {"post": post}},
    }


def _breaking(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [f"{change.rule} {change.new_pointer}" for change in diff(old, new) if change.breaking]


def test_a_list_that_is_written_another_way_is_breaking() -> None:
    at = "/paths/~1things/post/requestBody/content/application~1x-www-form-urlencoded"
    plain, spaced = _document(None), _document(SPACES)
    assert _breaking(plain, spaced) == [f"request-encoding-changed {at}/encoding/a"]
    assert _breaking(spaced, plain) == [f"request-encoding-changed {at}"]


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": ["integer", "null"]}])
def test_one_value_is_written_the_same_in_every_style(schema: Any) -> None:
    assert diff(_document(None, schema=schema), _document(SPACES, schema=schema)) == []


def test_defaults_that_are_written_down_are_no_change() -> None:
    assert diff(_document(None), _document({"style": "form", "explode": True})) == []


def test_media_types_of_a_part_narrow_for_who_sends_and_widen_for_who_reads() -> None:
    files: dict[str, Any] = {"media": "multipart/form-data", "schema": {"type": "string"}}
    any_image, png = {"contentType": "image/*"}, {"contentType": "image/png"}
    both = {"contentType": "image/png, image/jpeg"}
    for sent, rule in ((False, "request-content-type-narrowed"), (True, "response-content-type-")):
        for wide in (any_image, both):
            wider = _document(wide, sent=sent, **files)
            narrow = _document(png, sent=sent, **files)
            harmful = (narrow, wider) if sent else (wider, narrow)
            assert _breaking(*harmful)[0].startswith(rule)
            assert _breaking(*harmful[::-1]) == []
