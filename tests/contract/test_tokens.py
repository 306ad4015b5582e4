"""What a token signed by the pool may hold, and where the service draws the line."""

import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from apiproof.environment import Environment
from apiproof.jwt import decode_unverified
from apiproof.jwt.jws import encode
from apiproof.service import Account
from tests.contract.pool_changes import change
from tests.contract.valid_requests import bearer, resigned

SKEW = 5  # seconds that the pool's clock may be ahead
FAR = 2**40  # epoch seconds; no token is good for longer
LONGEST = 8192  # characters of a token


@pytest.fixture
def user(env: Environment) -> Account:
    return env.new_account()


def me(env: Environment, token: str) -> int:
    return int(env.client.request("GET", "/users/me", headers=bearer(token)).status_code)


@pytest.mark.parametrize(
    ("claims", "status"),
    [
        ({"exp": FAR}, 200),
        ({"exp": FAR + 1}, 401),
        ({"iat": 0, "nbf": 0, "auth_time": 0}, 200),
        ({"iat": -1}, 401),
        ({"nbf": -1}, 401),
        ({"auth_time": -1}, 401),
        ({"iat": True}, 401),
        ({"exp": f"{FAR}"}, 401),
        ({"exp": float(FAR)}, 401),
        ({"jti": "j" * 256, "origin_jti": "o" * 256}, 200),
        ({"jti": "j" * 257}, 401),
        ({"origin_jti": "o" * 257}, 401),
        ({"jti": ""}, 401),
        ({"origin_jti": ""}, 401),
        ({"username": ""}, 401),
        ({"username": "\0"}, 401),
        ({"jti": "\0"}, 401),
        ({"origin_jti": None, "auth_time": None}, 200),
        # Who else the token is for is not asked: Cognito adds it for resource servers.
        ({"aud": "https://elsewhere.example"}, 200),
        ({"cognito:groups": ["staff"], "version": 2, "unheard_of": {"a": [1]}}, 200),
    ],
    ids=lambda value: str(value)[:40],
)
def test_each_claim_has_its_bounds(
    env: Environment, user: Account, claims: dict[str, Any], status: int
) -> None:
    assert me(env, resigned(env, user.access_token, **claims)) == status


RELIED_UPON = {"exp", "iat", "iss", "sub", "client_id", "token_use", "username", "jti"}


def test_a_claim_that_is_relied_upon_may_not_be_missing(env: Environment, user: Account) -> None:
    """Of all claims that a token has: without one that says what it may, it may nothing."""
    parts = decode_unverified(user.access_token)
    assert parts is not None
    assert RELIED_UPON | {"scope", "origin_jti", "auth_time"} <= parts.claims.keys()
    key = env.cognito.keys.access
    assert me(env, key.sign(parts.claims)) == 200
    for name in parts.claims:
        rest = {claim: value for claim, value in parts.claims.items() if claim != name}
        due = 401 if name in RELIED_UPON else 403 if name == "scope" else 200
        assert me(env, key.sign(rest)) == due, name


@pytest.mark.parametrize("passed", [{}, {"iat": -1}, {"nbf": -1}], ids=str)
@pytest.mark.parametrize("name", ["iat", "nbf"])
@pytest.mark.parametrize(("ahead", "status"), [(SKEW - 1, 200), (SKEW + 60, 401)])
def test_the_pools_clock_may_be_a_little_ahead(
    env: Environment, *, name: str, passed: dict[str, int], ahead: int, status: int
) -> None:
    token = env.new_account().access_token
    now = int(time.time())
    times: dict[str, Any] = {
        claim: now + seconds for claim, seconds in {**passed, name: ahead}.items()
    }
    assert me(env, resigned(env, token, **times)) == status


@pytest.mark.parametrize(
    "changed",
    [
        {"alg": "none"},
        {"alg": "RS512"},
        {"alg": "HS256"},
        {"alg": None},
        {"kid": None},
        {"kid": 1},
        {"kid": ["a"]},
        {"crit": []},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"crit": ["b64"], "b64": True},  # PyJWT understands it
    ],
    ids=str,
)
def test_a_header_that_asks_for_more_than_rs256_is_refused(
    env: Environment, user: Account, changed: dict[str, Any]
) -> None:
    assert me(env, resigned(env, user.access_token, header={"typ": "JWT"})) == 200
    assert me(env, resigned(env, user.access_token, header=changed)) == 401


@pytest.mark.parametrize("part", ["header", "claims"])
@pytest.mark.parametrize("odd", ["[" * 2500, '{"a":' * 400, "9" * 5000, "[]", '"x"', "\ufeff{}"])
def test_json_that_no_parser_likes_is_no_token(
    env: Environment, user: Account, part: str, odd: str
) -> None:
    parts = dict(zip(("header", "claims", "signature"), user.access_token.split("."), strict=True))
    parts[part] = encode(odd.encode())
    assert me(env, ".".join(parts.values())) == 401
    sign_rsa = f"{parts['header']}.{parts['claims']}"
    key = env.cognito.keys.access.private_key
    signature = key.sign(sign_rsa.encode(), padding.PKCS1v15(), hashes.SHA256())
    assert me(env, f"{sign_rsa}.{encode(signature)}") == 401


@pytest.mark.parametrize(
    ("began", "issued", "status"),
    [(-20, 0, 401), (-20, -20, 401), (-10, 0, 401), (-5, 0, 200), (None, 0, 200), (None, -20, 401)],
)
def test_a_sign_out_ends_what_began_before_it_however_new_the_token(
    env: Environment, user: Account, began: int | None, issued: int, status: int
) -> None:
    now = int(time.time())
    change(env, "UPDATE users SET signed_out_at = %s", now - 10)
    auth_time = None if began is None else now + began
    token = resigned(env, user.access_token, auth_time=auth_time, iat=now + issued)
    assert me(env, token) == status


def test_a_minute_after_a_sign_out_sessions_opened_elsewhere_are_good(
    env: Environment, user: Account
) -> None:
    """The pool has other clients: their sessions are not among those that we keep."""
    headers = bearer(user.access_token)
    assert env.client.request("POST", "/users/logout", headers=headers).status_code == 200
    change(env, "UPDATE users SET signed_out_at = signed_out_at - 60")
    assert me(env, env.token(user.username)) == 200


def of_length(env: Environment, token: str, length: int) -> str:
    """Fill claims and header until a token has this length; base64 grows in steps."""
    for filled in range(4):
        header = {"fill": "h" * filled}
        short = resigned(env, token, header=header, fill="")
        for more in range((length - len(short)) * 3 // 4 - 2, length):
            longer = resigned(env, token, header=header, fill="c" * more)
            if len(longer) == length:
                return longer
            if len(longer) > length:
                break
    raise AssertionError(f"no token has {length} characters")


@pytest.mark.parametrize(("length", "status"), [(LONGEST, 200), (LONGEST + 1, 401)])
def test_a_token_has_a_greatest_length(
    env: Environment, user: Account, length: int, status: int
) -> None:
    assert me(env, of_length(env, user.access_token, length)) == status


def test_a_login_whose_token_we_cannot_verify_is_our_fault(env: Environment) -> None:
    """Issuer, client or clock are set wrongly: the user's password is not."""
    user = env.new_account()
    form = {"username": user.username, "password": user.password}
    refresh = {"username": user.username, "refresh_token": user.refresh_token}
    env.cognito.clock.advance(timedelta(hours=2))
    for answer in (
        env.client.request("POST", "/users/login", data=form),
        env.client.request("POST", "/users/refresh", json=refresh),
    ):
        assert answer.status_code == 503
        assert answer.json() == {"detail": "Identity service unavailable, try again later"}
