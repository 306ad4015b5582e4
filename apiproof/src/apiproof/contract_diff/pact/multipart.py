"""Multipart bodies as an object of their parts (RFC 7578; OpenAPI 3.1.1, "multipart")."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MessageDefect
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

from apiproof.openapi.media_types import is_json


@dataclass(frozen=True)
class Parts:
    """The parts of a form by their names.

    Attributes:
        texts: fields and files, each as text; what is no text keeps its length only.
        documents: the parts that say they are JSON.
    """

    texts: Mapping[str, list[str]] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)


def read_multipart(content: Any, content_type: str) -> Parts | None:
    """Read a multipart body; None where it is none.

    Args:
        content: the body's text or bytes.
        content_type: the header, with the boundary.
    """
    if not isinstance(content, str | bytes):
        return None
    octets = content.encode() if isinstance(content, str) else content
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    try:
        whole = BytesParser(policy=HTTP).parsebytes(head + octets)
    except (MessageDefect, ValueError):
        return None
    if not whole.is_multipart() or whole.defects:
        return None
    texts: dict[str, list[str]] = {}
    documents: dict[str, Any] = {}
    for part in whole.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            return None
        text = _text(part)
        if is_json(part.get_content_type()):
            try:
                documents[name] = json.loads(text)
            except (ValueError, RecursionError):
                return None
        else:
            texts.setdefault(name, []).append(text)
    return Parts(texts, documents)


def _text(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
