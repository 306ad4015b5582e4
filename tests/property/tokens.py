"""Access tokens taken apart and spoilt: what the pool never made, for the properties of sessions.

Knows compact tokens and the claims that Cognito makes, and no operation.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from apiproof.control import TokenForger
from apiproof.environment import Environment
from apiproof.jwt import CREDENTIAL_CASES, decode_unverified, sign_rsa, untrusted_key
from apiproof.jwt.cases import CredentialContext, Expected, ForgeryMaterial, NotApplicable
from apiproof.jwt.jws import encode
from apiproof.jwt.schemes import Scheme
from tests.contract import valid_requests

HOUR = 3600
# What a header can carry and a server does not trim.
_VISIBLE = st.characters(codec="ascii", min_codepoint=0x21, max_codepoint=0x7E)
_VALUES: list[Any] = [None, True, False, 0, 1, -(2**70), 2**70, "", "\x00", "x", [], {}]
JSON: st.SearchStrategy[Any] = st.sampled_from(_VALUES) | st.integers() | st.text(max_size=5)


@dataclass(frozen=True)
class Edit:
    """A change of a token's text, drawn without the token, so that no failure shows one."""

    way: str
    permille: int
    text: str

    def of(self, token: str) -> str:
        """Apply it."""
        place = self.permille * (len(token) - 1) // 1000
        old = token[place]
        header, payload, signature = token.split(".")
        # Where the drawn character stands already, its neighbour will do.
        new = self.text[0] if self.text[0] != old else chr(33 + (ord(old) - 32) % 94)
        return {
            "change": token[:place] + new + token[place + 1 :],
            "insert": token[:place] + self.text + token[place:],
            "delete": token[:place] + token[place + 1 :],
            "cut": token[: place or 1],
            "append": token + self.text,
            "swap": f"{payload}.{header}.{signature}",
            "double": f"{token}.{signature}",
        }[self.way]


EDITS = st.builds(
    Edit,
    st.sampled_from(["change", "insert", "delete", "cut", "append", "swap", "double"]),
    st.integers(0, 1000) | st.sampled_from([0, 999, 1000]),
    st.text(_VISIBLE, min_size=1, max_size=4),
)


@dataclass(frozen=True)
class Change:
    """A header member or a claim changed, under the old signature or a stranger's."""

    part: str
    name: str
    value: Any
    by_stranger: bool

    def of(self, token: str) -> str:
        """Apply it; what has the value already is left out instead."""
        parts = decode_unverified(token)
        assert parts is not None
        members = {"header": parts.header, "claims": parts.claims}
        changed = {**members[self.part], self.name: self.value}
        if changed == members[self.part]:
            del changed[self.name]
        members[self.part] = changed
        if self.by_stranger:
            return sign_rsa(members["header"], members["claims"], untrusted_key())
        first, second = (encode(json.dumps(member).encode()) for member in members.values())
        return f"{first}.{second}.{parts.signature}"


_MEMBERS = {
    "header": "alg kid typ crit jku extra",
    "claims": "iss client_id token_use sub username scope exp iat nbf jti auth_time origin_jti "
    "cognito:groups extra",
}
CHANGES = st.sampled_from(
    [(part, name) for part, names in _MEMBERS.items() for name in names.split()]
).flatmap(lambda place: st.builds(Change, *map(st.just, place), JSON, st.booleans()))


@dataclass(frozen=True)
class FromNow:
    """A time, in seconds from the moment at which a token is signed."""

    seconds: int


def _wrong_values() -> dict[str, st.SearchStrategy[Any]]:
    """Say for each claim what the pool itself would never sign, for this client at this time."""
    not_text: st.SearchStrategy[Any] = st.sampled_from([None, True, 0, 2**70, [], {}])
    not_time: st.SearchStrategy[Any] = st.sampled_from([None, True, "", "1", 0.5, 2**65, -1, []])
    return {
        "iss": not_text | st.text(max_size=20),
        "client_id": not_text | st.text(max_size=20),
        "token_use": not_text | st.sampled_from(["id", "refresh", "ACCESS", "access ", ""]),
        "exp": not_time | st.builds(FromNow, st.integers(-(2**40), 0)),
        "iat": not_time | st.builds(FromNow, st.integers(HOUR, 2**32)),
        "nbf": st.text(max_size=5) | st.builds(FromNow, st.integers(HOUR, 2**32)),
        "sub": not_text | st.uuids().map(str) | st.sampled_from(["", "\x00", "a" * 300]),
        "username": not_text | st.just(""),
        "jti": not_text | st.just(""),
    }


@st.composite
def wrong_claims(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a claim with a value that no token of this pool for this client bears now."""
    name, values = draw(st.sampled_from(sorted(_wrong_values().items())))
    return {name: draw(values)}


def resigned(env: Environment, token: str, claims: dict[str, Any]) -> str:
    """Sign changed claims with the pool's own key."""
    now = int(time.time())
    written: dict[str, Any] = {
        name: now + value.seconds if isinstance(value, FromNow) else value
        for name, value in claims.items()
    }
    return valid_requests.resigned(env, token, **written)


def forgeries(env: Environment, username: str, token: str) -> Iterator[tuple[str, str | bytes]]:
    """Give every forged credential case of the kit that is a bearer token, with its id."""
    powers = TokenForger(env)
    forgery = ForgeryMaterial(
        sign=powers.sign, jwks=tuple(powers.jwks()), id_token=lambda: powers.id_token(username)
    )
    context = CredentialContext(Scheme("Cognito", "bearer"), token, material=forgery)
    for case in CREDENTIAL_CASES.values():
        if case.expected is not Expected.UNAUTHENTICATED or case.ending is not None:
            continue
        try:
            presented = list(case.make(context))
        except NotApplicable:
            continue
        for each in presented:
            value = each.headers.get("Authorization", "")
            text = value if isinstance(value, str) else value.decode("latin-1")
            if text.removeprefix("Bearer ").strip() and text.startswith("Bearer "):
                yield case.id, value[len("Bearer ") :]
