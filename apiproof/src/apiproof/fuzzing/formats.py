"""Values of the formats that pydantic declares, such that its validators take them.

Schemathesis' own e-mail addresses may end in `.test`, which email-validator refuses, or have 255
characters, one more than an address may have; formats that it does not know (`uuid4`,
`ipvanynetwork`) are any text to it. What a validator then refuses is no fault of the service.

Source: pydantic 2.14, json_schema.py and networks.py; pydantic-extra-types 2.11; email-validator
2.4, SPECIAL_USE_DOMAIN_NAMES; RFC 5321, 4.5.3.1 (64 and 254 octets); RFC 2606 (`.example`).
"""

import base64
import contextlib
import ipaddress
import json
import string
import uuid
from collections.abc import Iterator
from typing import Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis import openapi
from schemathesis.specs.openapi import formats as schemathesis_formats

_TOP: Final = ("com", "org", "net", "io", "dev", "info", "example")
_LABEL: Final = string.ascii_lowercase + string.digits
_LOCAL: Final = string.ascii_lowercase + string.digits + "!#$%&'*+-/=?^_`{|}~"
_LONGEST_LABEL: Final = 63
_LONGEST_EMAIL: Final = 254
_LONGEST_URL: Final = 2083  # pydantic's HttpUrl


def _domains() -> SearchStrategy[str]:
    labels = st.lists(st.text(_LABEL, min_size=1, max_size=8), min_size=1, max_size=2)
    return st.builds(lambda names, top: ".".join([*names, top]), labels, st.sampled_from(_TOP))


def _filled(length: int) -> str:
    """Return the beginning of a domain: labels, each as long as it may be, and a dot at the end."""
    labels = []
    while length > 0:
        size = min(_LONGEST_LABEL, length - 1 if length != _LONGEST_LABEL + 2 else length - 3)
        labels.append("a" * size)
        length -= size + 1
    return "".join(f"{label}." for label in labels)


def _email() -> SearchStrategy[str]:
    plain = st.builds("{}@{}".format, st.text(_LOCAL, min_size=1, max_size=10), _domains())
    # Any length that a schema may ask for is met; the shortest is `a@b.io`.
    padded = st.builds(
        lambda local, length: f"{local}@{_filled(length)}example.com",
        st.text(_LOCAL, min_size=1, max_size=1),
        st.integers(2, _LONGEST_EMAIL - len("a@example.com")),
    )
    return st.one_of(plain, padded)


def _url() -> SearchStrategy[str]:
    host = _domains().map("https://{}/".format)
    long = st.builds(
        lambda start, length: start + "a" * max(0, length - len(start)),
        host,
        st.integers(1, _LONGEST_URL),
    )
    return st.one_of(host.map(lambda text: text[:-1]), host, long)


def _networks(version: int) -> SearchStrategy[str]:
    longest = 32 if version == 4 else 128  # bits of an address
    kind = ipaddress.IPv4Network if version == 4 else ipaddress.IPv6Network

    def masked(bits: int, length: int) -> str:
        return str(kind((bits >> (longest - length) << (longest - length), length)))

    return st.builds(masked, st.integers(0, 2**longest - 1), st.integers(0, longest))


def _interfaces(version: int) -> SearchStrategy[str]:
    longest = 32 if version == 4 else 128  # bits of an address
    addresses = st.ip_addresses(v=4 if version == 4 else 6)
    return st.builds("{}/{}".format, addresses, st.integers(0, longest))


def _uuids(version: int) -> SearchStrategy[str]:
    def versioned(drawn: uuid.UUID) -> str:
        bits = drawn.int & ~(0xF000 << 64) & ~(0xC000 << 48)
        return str(uuid.UUID(int=bits | version << 76 | 0x8000 << 48))

    return st.builds(versioned, st.uuids())


def _encoded(*, urlsafe: bool) -> SearchStrategy[str]:
    # Text, since `Base64Str` decodes what it gets.
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return st.text(max_size=30).map(lambda text: encode(text.encode()).decode())


def _json() -> SearchStrategy[str]:
    simple = st.none() | st.booleans() | st.integers() | st.text(max_size=10)
    return st.one_of(simple, st.lists(simple, max_size=3), st.just({})).map(json.dumps)


def _phones() -> SearchStrategy[str]:
    # Numbers for use in fiction, which are nobody's; `tel:` is how pydantic-extra-types writes it.
    return st.integers(0, 99).map("tel:+1-202-555-01{:02d}".format)


def strategies() -> dict[str, SearchStrategy[str]]:
    """Return the strategies by the name of the format."""
    email = _email()
    four, six = st.ip_addresses(v=4).map(str), st.ip_addresses(v=6).map(str)
    host = st.text(_LABEL, min_size=1, max_size=8)
    return {
        "email": email,
        "idn-email": email,
        "name-email": email,
        "uri": _url(),
        "multi-host-uri": host.map("postgresql://user:secret@{}.example:5432/db".format),
        "ipvanyaddress": st.one_of(four, six),
        "ipvanyinterface": st.one_of(_interfaces(4), _interfaces(6)),
        "ipvanynetwork": st.one_of(_networks(4), _networks(6)),
        "ipv4network": _networks(4),
        "ipv6network": _networks(6),
        "ipv4interface": _interfaces(4),
        "ipv6interface": _interfaces(6),
        **{f"uuid{version}": _uuids(version) for version in (1, 3, 4, 5, 6, 7, 8)},
        "base64": _encoded(urlsafe=False),
        "base64url": _encoded(urlsafe=True),
        "json-string": _json(),
        "phone": _phones(),
        "mac-address": st.binary(min_size=6, max_size=6).map(lambda octets: octets.hex(":")),
    }


def register_formats() -> list[str]:
    """Generate such values from now on; formats that a project has registered stay its own.

    Returns:
        The formats that were registered.
    """
    known = schemathesis_formats.STRING_FORMATS
    added = {name: made for name, made in strategies().items() if name not in known}
    for name, strategy in added.items():
        openapi.format(name, strategy)
    return list(added)


@contextlib.contextmanager
def accepted_formats() -> Iterator[None]:
    """Generate such values for the block; see `register_formats`."""
    added = register_formats()
    try:
        yield
    finally:
        for name in added:
            schemathesis_formats.unregister_string_format(name)
