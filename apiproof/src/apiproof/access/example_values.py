"""One plausible value of a JSON schema: an example when there is one, else the simplest that fits.

The same seed gives the same value; another seed gives another text where the schema leaves room.
"""

import functools
import random
import re
import string
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from hypothesis import Phase, find, settings, strategies

from apiproof.access.fields import EMAIL_FIELD
from apiproof.access.http import Upload
from apiproof.openapi.references import flattened

Schema = Mapping[str, Any]


DEPTH = 8
FAR = 7  # steps to another number: a version counts up by itself


class ExampleValues:
    """Makes values of the schemas of one document."""

    def __init__(self, document: Mapping[str, Any], nonce: str = "") -> None:
        """Prepare.

        Args:
            document: The document.
            nonce: What texts hold, so that those of two runs differ.
        """
        self._document = document
        self._nonce = nonce

    def resolve(self, schema: Any) -> dict[str, Any]:
        """Follow `$ref` and merge `allOf`; the first alternative of `anyOf` and `oneOf` counts."""
        return flattened(self._document, schema)

    def different_from(self, schema: Any, value: Any, seed: int) -> Any:
        """Return a value that a schema admits and that differs; the same where none is known."""
        found = self.resolve(schema)
        choices = [item for item in found.get("enum", ()) if item != value]
        if choices or isinstance(value, bool):
            return choices[0] if choices else not value
        if isinstance(value, int | float):
            step = found.get("multipleOf", 1) * FAR
            high = found.get("maximum", value + step)
            near = found.get("multipleOf", 1)
            further = value + step if value + step <= high else value + near
            return further if further <= high else value - near
        if isinstance(value, str) and "const" not in found:
            return text({**found, "minLength": found.get("minLength", 0)}, seed, self._nonce)
        return value

    def sample(self, schema: Any, seed: int = 0, *, full: bool = False, depth: int = 0) -> Any:
        """Return a value.

        Args:
            schema: A schema of the document.
            seed: Texts of different seeds differ; 0 takes examples where there are any.
            full: Whether optional properties are filled too.
            depth: How deep this is in another value.
        """
        found = self.resolve(schema)
        if "const" in found:
            return found["const"]
        given = [*found.get("examples", []), *([found["example"]] if "example" in found else [])]
        if given and not (seed and is_free_text(found)):
            return given[seed % len(given)]
        if found.get("enum"):
            return found["enum"][0]
        return self._made(found, seed, full=full, depth=depth)

    def _made(self, found: Schema, seed: int, *, full: bool, depth: int) -> Any:
        kind = type_of(found)
        if kind == "object" or "properties" in found:
            return self._object(found, seed, full=full, depth=depth)
        if kind == "array":
            count = 0 if depth >= DEPTH else max(found.get("minItems", 0), 1 if full else 0)
            items = found.get("items", {})
            return [
                self.sample(items, seed + place, full=full, depth=depth + 1)
                for place in range(count)
            ]
        simple: dict[Any, Callable[[], Any]] = {
            "string": lambda: _string(found, seed, self._nonce),
            "integer": lambda: int(_number(found)),
            "number": lambda: _number(found),
            "boolean": lambda: True,
        }
        return simple.get(kind, lambda: None)()

    def _object(self, found: Schema, seed: int, *, full: bool, depth: int) -> dict[str, Any]:
        required = set(found.get("required", ()))
        return {
            name: self.sample(self._called(name, part), seed, full=full, depth=depth + 1)
            for name, part in found.get("properties", {}).items()
            if (name in required or (full and depth < 2)) and not self.resolve(part).get("readOnly")
        }

    def _called(self, name: str, schema: Any) -> Any:
        """Return a member's schema: an address of mail where only the member's name says so."""
        found = self.resolve(schema)
        is_address = is_free_text(found) and EMAIL_FIELD.search(name)
        is_said = {"format", "pattern", "maxLength"} & set(found)
        return {**found, "format": "email"} if is_address and not is_said else schema


def type_of(schema: Schema) -> str | None:
    """Return the type that a schema takes, of a list (OpenAPI 3.1) the first that is not null."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((str(name) for name in kind if name != "null"), "null")
    return None if kind is None else str(kind)


def is_free_text(schema: Schema) -> bool:
    """Whether a schema leaves a text to the caller."""
    return type_of(schema) == "string" and "enum" not in schema


def _string(schema: Schema, seed: int, nonce: str) -> str:
    """Return a text, or a file's content (OpenAPI 3.0, `format: binary`; 3.1, a media type)."""
    is_file = schema.get("format") == "binary" or "contentMediaType" in schema
    return Upload(f"content {nonce}{seed}") if is_file else text(schema, seed, nonce)


def fits(schema: Schema, value: str) -> bool:
    """Whether a text has a schema's length and pattern."""
    low, high = schema.get("minLength", 0), schema.get("maxLength", len(value))
    pattern = schema.get("pattern")
    return low <= len(value) <= high and (pattern is None or bool(re.search(pattern, value)))


def text(schema: Schema, seed: int, nonce: str = "") -> str:
    """Return a text by format, pattern and length."""
    formatted = _formatted(str(schema.get("format", "")), seed, nonce)
    if formatted is not None:
        return formatted
    low, high = schema.get("minLength", 0), schema.get("maxLength", 4096)
    pattern = schema.get("pattern")
    for plain in (
        f"sample-{nonce}{seed}",
        f"sample{nonce}{seed}",
        f"Sample {nonce}{seed}",
        f"SAMPLE-{nonce}{seed}".upper(),
        str(seed),
    ):
        fitted = plain.ljust(low, "x")[-high:] if high else ""
        if pattern is None or re.search(pattern, fitted):
            return fitted
    return _varied(_matching(str(pattern), low, high), str(pattern), f"{nonce}/{seed}")


def _varied(fitted: str, pattern: str, salt: str) -> str:
    """Return another text of a pattern: letters and digits change where it allows that."""
    drawn = random.Random(salt)  # noqa: S311  # variety, no secret
    for place, letter in enumerate(fitted):
        kinds = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
        kind = next((one for one in kinds if letter in one), "")
        changed = fitted[:place] + drawn.choice(kind or letter) + fitted[place + 1 :]
        if re.search(pattern, changed):
            fitted = changed
    return fitted


@functools.lru_cache(maxsize=512)
def _matching(pattern: str, low: int, high: int) -> str:
    # Without the phase that explains a failure, which traces every line for what nobody reads.
    phases = (Phase.generate, Phase.shrink)
    quiet = settings(database=None, max_examples=500, derandomize=True, phases=phases)
    try:
        return find(
            strategies.from_regex(pattern), lambda value: low <= len(value) <= high, settings=quiet
        )
    except Exception:  # noqa: BLE001  # a pattern of another dialect: the request will show it
        return "sample"


def _formatted(name: str, seed: int, nonce: str = "") -> str | None:
    known = {
        "email": f"sample-{nonce}{seed}@example.com",
        "uuid": str(uuid.UUID(int=_uuid_bits(seed, nonce))),
        "date": "2026-01-31",
        "date-time": "2026-01-31T12:00:00Z",
        "time": "12:00:00Z",
        "uri": f"https://example.com/{seed}",
        "hostname": f"host-{seed}.example.com",
        "ipv4": "192.0.2.1",
        "ipv6": "2001:db8::1",
        "byte": "c2FtcGxl",
    }
    return known.get(name)


def _uuid_bits(seed: int, nonce: str) -> int:
    return (0x4000 << 64) | (0x8 << 60) | (int(nonce or "0", 16) << 20) | seed


def _number(schema: Schema) -> Any:
    low = schema.get("minimum")
    if isinstance(schema.get("exclusiveMinimum"), int | float):
        low = schema["exclusiveMinimum"] + 1
    high = schema.get("maximum")
    if isinstance(schema.get("exclusiveMaximum"), int | float):
        high = schema["exclusiveMaximum"] - 1
    if type_of(schema) == "number" and "multipleOf" not in schema:
        return float(low if low is not None else high if high is not None else 1)
    step = schema.get("multipleOf", 1)
    if low is not None:
        wanted = max(low, min(1, high if high is not None else 1))
        return -(-wanted // step) * step
    return min(step, high // step * step) if high is not None else step
