"""Bodies, read from the two forms that pact files have: the bare content, and V4's envelope.

Source: Pact specification 4, "Body"; what text means under a JSON content type is as in
pact_models 1.3 (text that parses is the document, other text is a JSON string; in an envelope that
does not call it encoded, text is always a JSON string).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, Final

from apiproof.openapi.strict_json import strict_json
from apiproof.pacts.reading.model import Body

_ENVELOPES: Final = 4
DEEPEST: Final = 200
"""How deep a pact may go; real ones stay under 20, and Python's stack ends near 1000."""


def read_body(part: Mapping[str, Any], header: str | None, version: int) -> Body | None:
    """The body of a request or response, None where the pact does not mention one.

    Args:
        part: the request or response of the file.
        header: its Content-Type header, if it has one.
        version: of the specification: from 4 on, bodies stand in an envelope.

    Raises:
        ValueError: the content is not what its envelope says of it.
    """
    if "body" not in part:
        return None
    raw = part["body"]
    if version >= _ENVELOPES and isinstance(raw, Mapping) and "content" in raw:
        stated = raw.get("contentType") or header
        if not isinstance(stated, str | None):
            raise ValueError("the contentType is not a text")
        content = _decoded(raw["content"], raw.get("encoded"))
        is_value = content is raw["content"] and is_json_type(stated)
        return _body(content, stated, "body.content", is_value=is_value)
    return _body(raw, header, "body")


def depth_of(value: Any) -> int:
    """How deep a JSON value goes: 0 for a plain one. It needs no stack, however deep that is."""
    level, depth = [value], -1
    while level:
        depth += 1
        level = [
            item
            for each in level
            if isinstance(each, Mapping | list)
            for item in (each.values() if isinstance(each, Mapping) else each)
        ]
    return depth


def is_json_type(content_type: str | None) -> bool:
    """Whether a media type is JSON: `application/json` or any `+json`, parameters aside."""
    essence = (content_type or "").split(";")[0].strip().lower()
    return essence in {"application/json", "text/json"} or essence.endswith("+json")


def _decoded(content: Any, encoded: Any) -> Any:
    if not isinstance(content, str) or encoded in (False, None):
        return content
    if str(encoded).lower() == "json":
        try:
            return _shallow(strict_json(content))
        except ValueError as why:
            raise ValueError(f"the content is not the JSON it claims: {why}") from why
    if encoded is not True and str(encoded).lower() != "base64":
        raise ValueError(f"encoded as {str(encoded)[:20]!r}, which is neither base64 nor JSON")
    try:
        octets = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the content is not the base64 it claims") from None
    try:
        return octets.decode()
    except UnicodeDecodeError:
        return octets


def _body(content: Any, stated: str | None, location: str, *, is_value: bool = False) -> Body:
    is_empty = content is None or content in ("", b"")
    guessed = stated or _guessed(content)
    is_json = not isinstance(content, bytes) and not is_empty
    is_json = is_json and (not isinstance(content, str) or is_json_type(guessed))
    if is_json and isinstance(content, str) and not is_value:
        content = _parsed(content)
    return Body(
        content=content,
        content_type=None if is_empty and not stated else guessed,
        is_json=is_json,
        is_empty=is_empty,
        location=location,
        is_stated=stated is not None,
    )


def _parsed(text: str) -> Any:
    try:
        return _shallow(strict_json(text))
    except json.JSONDecodeError:
        return text


def _shallow(value: Any) -> Any:
    if depth_of(value) > DEEPEST:
        raise ValueError(f"deeper than {DEEPEST} levels")
    return value


def _guessed(content: Any) -> str:
    if isinstance(content, bytes):
        return "application/octet-stream"
    if not isinstance(content, str):
        return "application/json"
    if content.lstrip()[:1] in ("{", "[") and not isinstance(_parsed(content), str):
        return "application/json"
    return "application/xml" if content.lstrip().startswith("<?xml") else "text/plain"
