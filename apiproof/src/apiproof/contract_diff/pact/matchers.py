"""What a matcher leaves of an expected scalar, and whether a schema allows any of it.

A matcher loosens the example: the consumer takes every value that matches. It is broken where
no value that the document allows matches. Whether the two have a value in common is decided by
types, by enumerated values, and for text by trying: the example, the schema's own values, the
canonical texts of each format, the example cut and padded. The formats of dates are Java's
(java.time.format.DateTimeFormatter, "Patterns for Formatting and Parsing").
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from apiproof.contract_diff.pact.findings import listed, shown
from apiproof.openapi.references import Located
from apiproof.openapi.schema_variants import (
    SchemaVariants,
    Variant,
    json_types,
    listed_values,
    variant_types,
)
from apiproof.openapi.validation import SchemaValidator, text_validator
from apiproof.pacts.reading import Matcher

_NUMBERS: Final = frozenset({"integer", "number"})
_TEXTUAL: Final = frozenset({"regex", "include", "date", "time", "datetime", "semver"})
_TRIED: Final = _TEXTUAL | {"notempty"}
_TYPES: Final = {
    "integer": frozenset({"integer"}),
    "decimal": frozenset({"number"}),
    "number": _NUMBERS,
    "boolean": frozenset({"boolean"}),
    "null": frozenset({"null"}),
}
_SAMPLES: Final = (
    "2000-02-29",
    "2000-02-29T12:30:00Z",
    "2000-02-29T12:30:00+00:00",
    "2000-02-29T12:30:00.123Z",
    "2000-02-29T12:30:00.123456+00:00",
    "2000-02-29T12:30:00",
    "2000-02-29T12:30:00.000+0000",
    "12:30:00Z",
    "12:30:00",
    "00000000-0000-4000-8000-000000000000",
    "someone@example.com",
    "https://example.com/",
    "example.com",
    "192.0.2.1",
    "2001:db8::1",
    "1.2.3",
    "a",
    "A",
    "0",
    "1",
)


@dataclass(frozen=True)
class MatcherCheck:
    """Judges matchers by the schemas of one document."""

    variants: SchemaVariants
    validator: SchemaValidator

    def obstacle(
        self, matcher: Matcher, expected: Any, schemas: Sequence[Located]
    ) -> tuple[str, str] | None:
        """Why nothing that the schemas allow can match.

        Returns:
            What was expected and what the document has, in words; None where something can.
        """
        wanted = _wanted(matcher, expected)
        variants = [v for v in self.variants.of(schemas) if variant_types(v) & wanted]
        if not variants:
            have = {name for v in self.variants.of(schemas) for name in variant_types(v)}
            return _type_words(wanted), " or ".join(sorted(have)) or "nothing"
        matches = _predicate(matcher, expected, wanted)
        candidates = [*self._values(variants, wanted)]
        if candidates and all(listed_values(variant) is not None for variant in variants):
            return (
                None
                if any(map(matches, candidates))
                else (_words(matcher), listed(map(shown, candidates)))
            )
        if not candidates and all(listed_values(variant) is not None for variant in variants):
            return _words(matcher), "other values"
        return self._text_obstacle(matcher, expected, schemas, candidates)

    def matches(self, matcher: Matcher, expected: str, text: str) -> bool:
        """Whether a text, say a header's, matches; without a matcher of texts any does."""
        if matcher.kind == "equality":
            return text == expected
        return matcher.kind not in _TEXTUAL or _predicate(matcher, expected, json_types(text))(text)

    def texts(
        self, matchers: Sequence[Matcher], expected: str, known: Sequence[str] = ()
    ) -> Iterator[str]:
        """Texts that all of some matchers take: the example, what is known, samples."""
        for text in (expected, *known, *_SAMPLES):
            if all(self.matches(matcher, expected, text) for matcher in matchers):
                yield text

    def _text_obstacle(
        self, matcher: Matcher, expected: Any, schemas: Sequence[Located], known: list[Any]
    ) -> tuple[str, str] | None:
        if matcher.kind not in _TRIED or not isinstance(expected, str):
            return None
        matches = _predicate(matcher, expected, frozenset({"string"}))
        if any(
            matches(text) and self.validator.accepts(schemas, text)
            for text in _texts(matcher, expected, known)
        ):
            return None
        return _words(matcher), "text of another form"

    def _values(self, variants: Sequence[Variant], wanted: frozenset[str]) -> Iterator[Any]:
        for variant in variants:
            for value in listed_values(variant) or ():
                if _is_of(value, wanted):
                    yield value


def _type_words(wanted: frozenset[str]) -> str:
    return "decimal number" if wanted == {"number"} else " or ".join(sorted(wanted))


def _wanted(matcher: Matcher, expected: Any) -> frozenset[str]:
    if matcher.kind in _TEXTUAL and expected is None:
        return frozenset({"string"})
    return _TYPES.get(matcher.kind, json_types(expected))


def _is_of(value: Any, wanted: frozenset[str]) -> bool:
    if isinstance(value, float) and not value.is_integer():
        return "number" in wanted
    return bool(json_types(value) & wanted)


def _predicate(matcher: Matcher, expected: Any, wanted: frozenset[str]) -> Callable[[Any], bool]:
    if matcher.kind in _TEXTUAL:
        pattern = _pattern(matcher)
        validator = None if pattern is None else text_validator(pattern)
        if validator is None:  # another language's syntax: only the example is known to match
            return lambda value: value == expected
        return lambda value: validator.is_valid(value if isinstance(value, str) else str(value))
    if matcher.kind == "notempty":
        return lambda value: value not in ("", None) and _is_of(value, wanted)
    return lambda value: _is_of(value, wanted)


def _pattern(matcher: Matcher) -> str | None:
    r"""Return an expression of what a matcher takes; a regular expression matches as a whole.

    So it does in pact_ffi 0.5.12: `\d{3}` does not match "x1234".
    """
    options = matcher.options
    match matcher.kind:
        case "include":
            return re.escape(str(options.get("value", "")))
        case "semver":
            return r"^\d+\.\d+\.\d+(-[\w.-]+)?(\+[\w.-]+)?$"
        case "date" | "time" | "datetime":
            stated = options.get("format") or options.get(matcher.kind) or options.get("timestamp")
            return date_pattern(str(stated) if stated else None, matcher.kind)
    return f"^(?:{options.get('regex', '')})$"


def _texts(matcher: Matcher, expected: str, known: Sequence[Any]) -> Iterator[str]:
    yield expected
    yield from (value for value in known if isinstance(value, str))
    yield from _SAMPLES
    if matcher.kind == "include":
        yield str(matcher.options.get("value", ""))
    for length in range(1, len(expected)):
        yield expected[:length]
    for length in (1, 2, 4, 8, 16, 32, 64):
        yield expected + (expected[-1:] or "a") * length


def _words(matcher: Matcher) -> str:
    match matcher.kind:
        case "regex":
            return f"text that matches {matcher.options.get('regex')}"
        case "include":
            return f"text that includes {matcher.options.get('value')}"
        case "semver":
            return "a semantic version"
        case "notempty":
            return "text that is not empty"
        case "date" | "time" | "datetime":
            stated = matcher.options.get("format") or matcher.options.get(matcher.kind)
            return f"a {matcher.kind} {stated or 'as in ISO 8601'}"
    return f"a value for the matcher {matcher.kind}"


_DEFAULTS: Final = {
    "date": "yyyy-MM-dd",
    "time": "HH:mm:ss",
    "datetime": "yyyy-MM-dd'T'HH:mm:ss",
}
_TOKEN: Final = re.compile(
    r"'(?P<quoted>[^']*)'|(?P<letters>([A-Za-z])\3*)|(?P<other>.)", re.DOTALL
)
_OFFSETS: Final = {"X": r"(Z|[+-]\d\d(:?\d\d)?)", "x": r"[+-]\d\d(:?\d\d)?", "Z": r"[+-]\d\d:?\d\d"}


_TWO_DIGITS: Final = {
    "M": "(0[1-9]|1[0-2])", "L": "(0[1-9]|1[0-2])", "d": "(0[1-9]|[12]\\d|3[01])",
    "H": "([01]\\d|2[0-3])", "h": "(0[1-9]|1[0-2])", "m": "[0-5]\\d", "s": "([0-5]\\d|60)",
}  # fmt: skip


def date_pattern(stated: str | None, kind: str) -> str:
    """The texts that a format describes; without one, the ISO 8601 form of the kind."""
    if not stated:
        return rf"^{_format(_DEFAULTS[kind])}(\.\d+)?(Z|[+-]\d\d:?\d\d)?$"
    return rf"^{_format(stated)}$"


_SAMPLE: Final = {
    "y": "2000", "u": "2000", "M": "02", "d": "29", "H": "12", "h": "12", "m": "30", "s": "00",
    "S": "123", "a": "PM", "E": "Tue", "X": "Z", "x": "+00:00", "Z": "+0000",
}  # fmt: skip


def date_sample(stated: str | None, kind: str) -> str | None:
    """A text that a format describes; None where it has letters of which no sample is known."""
    found = []
    for token in _TOKEN.finditer(stated or _DEFAULTS[kind]):
        letters = token["letters"]
        if letters is None:
            found.append(token["other"] or token["quoted"] or "'")
        elif letters[0] not in _SAMPLE or (letters[0] in "ME" and len(letters) > 3):
            return None
        elif letters == "MMM":
            found.append("Feb")
        elif letters in ("yy", "uu"):
            found.append("00")
        elif letters[0] == "S":
            found.append("123456789"[: len(letters)])
        else:
            found.append(_SAMPLE[letters[0]])
    return "".join(found)


def _format(stated: str) -> str:
    return "".join(_piece(found) for found in _TOKEN.finditer(stated))


def _piece(found: re.Match[str]) -> str:
    if found["letters"] is None:
        return re.escape(found["other"] or found["quoted"] or "'")
    letters = found["letters"]
    letter, count = letters[0], len(letters)
    if letter in _OFFSETS:
        return _OFFSETS[letter]
    if (letter in "MLEac" and count >= 3) or letter in "aEGVvOz":
        return r"[^\d]+?" if letter in "MLEaG" else r".+?"
    if letter in _TWO_DIGITS and count <= 2:
        return _TWO_DIGITS[letter] if count == 2 else rf"({_TWO_DIGITS[letter]}|\d)"
    if letter in "Sn" or count == 1:
        return r"\d+"
    return rf"\d{{{count}}}"
