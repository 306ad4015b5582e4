"""Users of an environment: a token is handed out until its time is nearly over."""

import time
from types import SimpleNamespace
from typing import Any, cast

import pytest

from apiproof.access.users import User
from apiproof.access.users_environment import GeneratedUsers
from apiproof.jwt import NotApplicable, Scheme, sign_hmac

ADA = User("ada", {})
COOKIE = Scheme("session", "apiKey", "cookie", "access_token")


class Issuer:
    """Issues tokens that live for some seconds."""

    def __init__(self, lifetime: float) -> None:
        self.lifetime = lifetime
        self.issued = 0

    def token(self, _username: str, _scopes: Any) -> str:
        self.issued += 1
        claims = {"exp": time.time() + self.lifetime, "n": self.issued}
        return sign_hmac({"alg": "HS256"}, claims, b"secret")


@pytest.mark.parametrize(("lifetime", "issued"), [(3600, 1), (30, 2), (-1, 2)])
def test_a_token_is_renewed_before_it_expires(lifetime: float, issued: int) -> None:
    """A probe may take longer than the tokens of its pool live."""
    issuer = Issuer(lifetime)
    users = GeneratedUsers(cast("Any", issuer), cast("Any", SimpleNamespace()))
    for _ in range(2):
        assert users.credential(ADA, COOKIE, ())
    assert issuer.issued == issued


def test_a_password_scheme_takes_no_token() -> None:
    users = GeneratedUsers(cast("Any", Issuer(1)), cast("Any", SimpleNamespace()))
    with pytest.raises(NotApplicable, match="no credentials for the scheme basic"):
        users.credential(ADA, Scheme("basic", "basic"), ())
