"""Java's date formats, which Pact's date, time and datetime matchers speak, as patterns.

Source: java.time.format.DateTimeFormatter, "Patterns for Formatting and Parsing".
"""

import re
from typing import Final

_DEFAULTS: Final = {
    "date": "yyyy-MM-dd",
    "time": "HH:mm:ss",
    "datetime": "yyyy-MM-dd'T'HH:mm:ss",
}
_TOKEN: Final = re.compile(
    r"'(?P<quoted>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL
)
_OFFSETS: Final = {"X": r"(Z|[+-]\d\d(:?\d\d)?)", "x": r"[+-]\d\d(:?\d\d)?", "Z": r"[+-]\d\d:?\d\d"}


def date_pattern(stated: str | None, kind: str) -> re.Pattern[str]:
    """The texts that a format describes; without one, the ISO 8601 form of the kind."""
    if not stated:
        return re.compile(rf"^{_format(_DEFAULTS[kind])}(\.\d+)?(Z|[+-]\d\d:?\d\d)?$")
    return re.compile(rf"^{_format(stated)}$")


def _format(stated: str) -> str:
    return "".join(_piece(found) for found in _TOKEN.finditer(stated))


def _piece(found: re.Match[str]) -> str:
    if found["quoted"] is not None:
        return re.escape(found["quoted"] or "'")
    if found["other"] is not None:
        return re.escape(found["other"])
    letters = found["letters"]
    letter, count = letters[0], len(letters)
    if letter in _OFFSETS:
        return _OFFSETS[letter]
    if (letter in "MLEac" and count >= 3) or letter in "aEGVvOz":
        return r"[^\d]+?" if letter in "MLEaG" else r".+?"
    if letter in "Sn" or count == 1:
        return r"\d+"
    return rf"\d{{{count}}}"
