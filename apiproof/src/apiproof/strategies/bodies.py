"""Bodies that no honest client sends, each tagged with what is wrong with it.

Made from one good JSON object, so that exactly one thing is wrong. It knows JSON and HTTP, and no
operation.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st


class Fault(StrEnum):
    """What is wrong with a body."""

    NUL = "nul"
    SURROGATE = "surrogate"
    WRONG_TYPE = "wrong-type"
    MISSING = "missing"
    EXTRA = "extra"
    HUGE = "huge"
    DUPLICATE_KEYS = "duplicate-keys"
    DEEP = "deep"
    WRONG_CONTENT_TYPE = "wrong-content-type"
    BROKEN_UTF8 = "broken-utf8"
    NOT_JSON = "not-json"
    NOT_AN_OBJECT = "not-an-object"


@dataclass(frozen=True, repr=False)
class HostileBody:
    """A request body with its headers; `data` goes over the wire as it is.

    Attributes:
        fault: what is wrong.
        data: the bytes.
        headers: the content type.
        key: the member that is wrong, where it is one.
    """

    fault: Fault
    data: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    key: str | None = None

    def __repr__(self) -> str:
        """Show the beginning only: some bodies are huge."""
        shown = self.data if len(self.data) <= _SHOWN else self.data[:_SHOWN] + b"..."
        return f"HostileBody({self.fault.value!r}, {shown!r}, {dict(self.headers)!r})"

    def _repr_pretty_(self, printer: Any, _cycle: Any) -> None:
        # Hypothesis prints dataclasses by their members, whatever their repr.
        printer.text(repr(self))


_IN_TEXTS = (Fault.NUL, Fault.SURROGATE, Fault.BROKEN_UTF8)
_SHOWN = 300  # bytes
_OTHER_TYPES: tuple[Any, ...] = (None, True, 0, -1, 1.5, 2**63, [], {}, ["text"], {"a": 1})
_CONTENT_TYPES = (
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/xml",
    "multipart/form-data",
)


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def possible_faults(good: Mapping[str, Any]) -> tuple[Fault, ...]:
    """Say what can be wrong with a body: some faults need a text that they spoil."""
    texts = any(isinstance(value, str) for value in good.values())
    return tuple(fault for fault in Fault if texts or fault not in _IN_TEXTS)


@st.composite
def hostile_bodies(  # noqa: D417 - draw is Hypothesis's
    draw: st.DrawFn, good: Mapping[str, Any], fault: Fault | None = None, *, huge: int = 100_000
) -> HostileBody:
    """Draw a body that is wrong in exactly one way.

    Args:
        good: a body that the operation takes, with at least one member.
        fault: what shall be wrong, one of `possible_faults(good)`; None for any of them.
        huge: how many bytes a huge one has at least; more than the service takes.
    """
    fault = fault or draw(st.sampled_from(possible_faults(good)))
    key = draw(st.sampled_from(sorted(good)))
    if fault in _WHOLE:
        return draw(_WHOLE[fault](good, huge))
    if fault in _IN_TEXTS:
        texts = sorted(name for name, value in good.items() if isinstance(value, str))
        return draw(_spoilt(good, fault, draw(st.sampled_from(texts))))
    if fault is Fault.WRONG_TYPE:
        value = draw(st.sampled_from([v for v in _OTHER_TYPES if type(v) is not type(good[key])]))
        return HostileBody(fault, _dumped({**good, key: value}), key=key)
    return HostileBody(fault, _dumped({k: v for k, v in good.items() if k != key}), key=key)


@st.composite
def _spoilt(draw: st.DrawFn, good: Mapping[str, Any], fault: Fault, key: str) -> HostileBody:
    value = str(good[key])
    place = draw(st.integers(0, len(value)))
    bad = (
        "\x00"
        if fault is Fault.NUL
        else draw(st.sampled_from(["\ud800", "\udfff", "\udc00\ud800"]))
    )
    return HostileBody(fault, _dumped({**good, key: value[:place] + bad + value[place:]}), key=key)


@st.composite
def _extra(draw: st.DrawFn, good: Mapping[str, Any], _: int) -> HostileBody:
    name = draw(st.sampled_from(["admin", "sub", "id", "__proto__", "", "\x00"]))
    value = draw(st.sampled_from([True, "admin", 0, None]))
    return HostileBody(Fault.EXTRA, _dumped({**good, name: value}), key=name)


@st.composite
def _huge(draw: st.DrawFn, good: Mapping[str, Any], huge: int) -> HostileBody:
    if draw(st.booleans()):
        return HostileBody(Fault.HUGE, _dumped(dict(good)) + b" " * huge)
    key = draw(st.sampled_from(sorted(good)))
    return HostileBody(Fault.HUGE, _dumped({**good, key: "a" * huge}), key=key)


@st.composite
def _duplicated(draw: st.DrawFn, good: Mapping[str, Any], _: int) -> HostileBody:
    """Say a member twice; JSON parsers take the last one (RFC 8259, 4: unpredictable)."""
    key = draw(st.sampled_from(sorted(good)))
    first = _dumped({key: draw(st.sampled_from(_OTHER_TYPES))})[1:-1]
    return HostileBody(Fault.DUPLICATE_KEYS, b"{" + first + b"," + _dumped(dict(good))[1:], key=key)


@st.composite
def _deep(draw: st.DrawFn, good: Mapping[str, Any], _: int) -> HostileBody:
    depth = draw(st.sampled_from([100, 1000, 10_000]))
    opening, closing = draw(st.sampled_from([(b"[", b"]"), (b'{"a":', b"}")]))
    nest = opening * depth + b"1" + closing * depth
    key = draw(st.sampled_from(sorted(good)))
    rest = _dumped({k: v for k, v in good.items() if k != key})
    member = _dumped(key) + b":" + nest
    whole = b"{" + member + (b"," if len(good) > 1 else b"") + rest[1:]
    return HostileBody(Fault.DEEP, draw(st.sampled_from([nest, whole])), key=key)


@st.composite
def _mislabelled(draw: st.DrawFn, good: Mapping[str, Any], _: int) -> HostileBody:
    headers = {"Content-Type": draw(st.sampled_from(_CONTENT_TYPES))}
    return HostileBody(Fault.WRONG_CONTENT_TYPE, _dumped(dict(good)), headers)


@st.composite
def _broken_utf8(draw: st.DrawFn, good: Mapping[str, Any], _: int) -> HostileBody:
    data = _dumped(dict(good))
    bad = draw(
        st.sampled_from([b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\x80"])
    )
    # Behind the first quote of a value, so that it stands inside of a text.
    place = data.index(b'": "') + 4
    return HostileBody(Fault.BROKEN_UTF8, data[:place] + bad + data[place:])


@st.composite
def _not_json(draw: st.DrawFn, good: Mapping[str, Any], _: int) -> HostileBody:
    data = _dumped(dict(good))
    broken = [b"", data[:-1], data + b"}", b"'" + data, data.replace(b'"', b"'"), b"\xef\xbb\xbf{"]
    return HostileBody(Fault.NOT_JSON, draw(st.sampled_from(broken)))


@st.composite
def _not_an_object(draw: st.DrawFn, good: Mapping[str, Any], _: int) -> HostileBody:
    others = [None, True, 1, "text", [], [dict(good)], json.dumps(dict(good))]
    return HostileBody(Fault.NOT_AN_OBJECT, _dumped(draw(st.sampled_from(others))))


_WHOLE = {
    Fault.EXTRA: _extra,
    Fault.HUGE: _huge,
    Fault.DUPLICATE_KEYS: _duplicated,
    Fault.DEEP: _deep,
    Fault.WRONG_CONTENT_TYPE: _mislabelled,
    Fault.BROKEN_UTF8: _broken_utf8,
    Fault.NOT_JSON: _not_json,
    Fault.NOT_AN_OBJECT: _not_an_object,
}
