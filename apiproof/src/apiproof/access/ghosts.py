"""Ids of objects that never existed, of the same kind as a real one."""

import re
import uuid
from typing import Any

_UUID = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_FAR = 1_000_003


def ghost(value: Any, number: int = 0) -> Any:
    """Return an id that nothing has.

    Args:
        value: An id that something has: a number, a UUID or a text.
        number: Different numbers give different ids.
    """
    text = str(value)
    if text.isdigit():
        far = int(text) + _FAR + number
        return far if isinstance(value, int) else str(far)
    if _UUID.fullmatch(text):
        return str(uuid.uuid5(uuid.UUID(text), f"ghost-{number}"))
    return "".join(_next(letter, number + 1) for letter in text)


def _next(letter: str, step: int) -> str:
    for first, count in (("a", 26), ("A", 26), ("0", 10)):
        place = ord(letter) - ord(first)
        if 0 <= place < count:
            return chr(ord(first) + (place + step) % count)
    return letter
