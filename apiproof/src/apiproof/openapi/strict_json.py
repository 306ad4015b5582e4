"""JSON as RFC 8259 has it: what other readers would take otherwise is refused.

Python's own reader takes `NaN`, keeps the last of two values under one key, and lets half of a
surrogate pair through, which no other program can be handed.
"""

import json
from collections import Counter
from typing import Any, NoReturn


class HalfCharacter(ValueError):
    """A text holds half of a surrogate pair (RFC 8259, 8.2)."""


def strict_json(text: str) -> Any:
    """Read JSON.

    Raises:
        ValueError: it is not JSON, is nested too deeply, has a number of thousands of digits, one
            key twice in an object, or a text that is no Unicode.
    """
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if "\\u" in text:
        require_text(value)
    return value


def require_text(value: Any) -> None:
    """Refuse half of a surrogate pair.

    Raises:
        HalfCharacter: there is one.
    """
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as why:
        raise HalfCharacter(f"\\u{ord(why.object[why.start]):04x} alone is no character") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = Counter(name for name, _ in pairs).most_common(1)[0][0]
        raise ValueError(f"the key {twice!r} stands twice in one object")
    return found


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON number")
