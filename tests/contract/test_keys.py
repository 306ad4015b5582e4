"""The keys that verify tokens: fetched once, kept, and away is not the same as invalid."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.http.server import run_server
from apiproof.jwt.jws import encode
from apiproof.service import Account
from tests.contract.events import PATIENCE, until
from tests.contract.keyserver import KeyServer, is_fetching, no_http, service, with_keys
from tests.contract.valid_requests import bearer, resigned
from tests.service import application

AGES = 3600.0  # seconds
AT_ONCE = 1e-9  # seconds


@pytest.fixture
def user(env: Environment) -> Account:
    return env.new_account()


def me(client: HttpClient, token: str) -> int:
    return int(client.request("GET", "/users/me", headers=bearer(token)).status_code)


def with_kid(env: Environment, user: Account, kid: object) -> str:
    return resigned(env, user.access_token, header={"kid": kid})


def test_keys_that_cannot_be_fetched_are_503_and_no_sign_out(
    env: Environment, user: Account
) -> None:
    with run_server(KeyServer(env)) as key_url:
        pass  # nothing listens there any more
    with service(env, key_url) as client:
        for path in ("/users/me", "/randoms", "/ready"):
            response = client.request("GET", path, headers=bearer(user.access_token))
            assert response.status_code == 503, path
            assert int(response.headers["Retry-After"]) >= 1


def test_a_key_server_that_speaks_no_http_is_away(env: Environment, user: Account) -> None:
    with no_http() as key_url, service(env, key_url) as client:
        assert me(client, user.access_token) == 503


NO_KEY_SETS = {
    "empty": " ",
    "no JSON": "no JSON",
    "cut off": '{"keys": [',
    "a list": "[]",
    "null": "null",
    "a number of keys": '{"keys": 1}',
    "an object of keys": '{"keys": {"kty": "RSA"}}',
    "an empty key": '{"keys": [{}]}',
    "deep lists": "[" * 100_000,
    "deep objects": '{"keys":' * 100_000,
    "a deep key": '{"keys": [' + "[" * 100_000 + "]" * 100_000 + "]}",
    "a long number": '{"keys": ' + "9" * 100_000 + "}",
}


@pytest.mark.parametrize("text", NO_KEY_SETS.values(), ids=NO_KEY_SETS)
def test_what_is_no_key_set_counts_as_away(
    env: Environment, user: Account, key_server: KeyServer, key_url: str, text: str
) -> None:
    key_server.published = text
    with service(env, key_url) as client:
        assert me(client, user.access_token) == 503
        assert client.request("GET", "/ready").status_code == 503
        key_server.published = None
        assert me(client, user.access_token) == 200
        assert client.request("GET", "/ready").status_code == 200


def test_readiness_fetches_the_keys_that_tokens_will_need(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    with service(env, key_url) as client:
        for _ in range(3):
            assert client.request("GET", "/ready").status_code == 200
        assert me(client, user.access_token) == 200
    assert key_server.asked == 1


def test_keys_are_at_the_issuer_where_no_other_place_is_set(
    env: Environment, key_server: KeyServer, key_url: str
) -> None:
    settings = {"aws_cognito_issuer": f"{key_url}/pool", "aws_cognito_jwks_url": None}
    with AsgiClient(application(env.config, **settings)) as client:
        assert client.request("GET", "/ready").status_code == 200
    assert key_server.asked == 1


def test_keys_are_fetched_once_and_serve_on_while_their_source_is_away(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    with service(env, key_url) as client:
        for _ in range(5):
            assert me(client, user.access_token) == 200
        assert key_server.asked == 1
        key_server.away = True
        assert me(client, user.access_token) == 200
        assert me(client, with_kid(env, user, "unknown")) == 503
        assert client.request("GET", "/ready").status_code == 200
        key_server.away = False
        assert me(client, with_kid(env, user, "unknown")) == 401


def test_new_keys_are_fetched_when_a_token_names_them(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    with service(env, key_url) as client:
        assert me(client, user.access_token) == 200
        env.cognito.keys.rotate()
        new = env.token(user.username)
        for token in (new, user.access_token, new):
            assert me(client, token) == 200
        assert key_server.asked == 2


def test_a_new_key_is_fetched_at_once_however_lately_others_were(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    """The cooldown follows a look in vain, not one that found what it looked for."""
    with service(env, key_url, jwks_cooldown=AGES) as client:
        for _ in range(3):
            assert me(client, env.token(user.username)) == 200
            env.cognito.keys.rotate()
        assert me(client, env.token(user.username)) == 200
        assert key_server.asked == 4


def test_after_an_outage_an_unknown_key_is_unknown_and_a_new_one_is_found(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    with service(env, key_url) as client:
        assert me(client, user.access_token) == 200
        for _ in range(2):
            key_server.away = True
            assert me(client, with_kid(env, user, "unknown")) == 503
            assert me(client, user.access_token) == 200
            key_server.away = False
            assert me(client, with_kid(env, user, "unknown")) == 401
            env.cognito.keys.rotate()
            assert me(client, env.token(user.username)) == 200


def test_unknown_keys_are_looked_for_once_per_cooldown(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    """Or whoever invents key ids makes the service knock at Cognito's door for each."""
    with service(env, key_url, jwks_cooldown=AGES) as client:
        assert me(client, user.access_token) == 200
        for number in range(5):
            assert me(client, with_kid(env, user, f"unknown-{number}")) == 401
        assert key_server.asked == 2
        env.cognito.keys.rotate()
        new = env.token(user.username)
        assert me(client, new) == 401
        assert key_server.asked == 2
        # What Cognito itself has just sent is worth a look.
        form = {"username": user.username, "password": user.password}
        assert client.request("POST", "/users/login", data=form).status_code == 200
        assert me(client, new) == 200
        assert key_server.asked == 3


def test_a_source_that_is_away_is_asked_once_per_cooldown(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    key_server.away = True
    with service(env, key_url, jwks_cooldown=AGES) as client:
        for number in range(5):
            assert me(client, with_kid(env, user, f"unknown-{number}")) == 503
    assert key_server.asked == 1


def test_old_keys_are_fetched_anew_and_withdrawn_ones_end(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    with service(env, key_url, jwks_lifespan=AT_ONCE) as client:
        for asked in (1, 2, 3):
            assert me(client, user.access_token) == 200
            # Who asks waits a moment for them at most, which a busy machine may need longer for.
            until(lambda: not is_fetching(), "they are fetched")
            assert key_server.asked == asked
        env.cognito.keys.rotate()
        until(lambda: me(client, user.access_token) == 401, "a withdrawn key ends")
        assert me(client, env.token(user.username)) == 200


def test_old_keys_serve_on_while_their_source_is_away(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    with service(env, key_url, jwks_lifespan=AT_ONCE, jwks_cooldown=AGES) as client:
        assert me(client, user.access_token) == 200
        key_server.away = True
        for _ in range(3):
            assert me(client, user.access_token) == 200
        assert key_server.asked == 2


def test_nobody_waits_for_keys_that_another_request_renews(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    app = application(with_keys(env, key_url), jwks_lifespan=AT_ONCE)
    with run_server(app) as live, HttpClient(live) as client, ThreadPoolExecutor(1) as pool:
        assert me(client, user.access_token) == 200
        key_server.entered.clear()
        key_server.gate.clear()
        try:
            first = pool.submit(me, client, user.access_token)
            assert key_server.entered.wait(PATIENCE)
            assert me(client, user.access_token) == 200
        finally:
            key_server.gate.set()
        assert first.result(PATIENCE) == 200
        assert key_server.asked == 2


@pytest.mark.parametrize("seconds", [600, -600])
def test_a_clock_that_is_set_while_a_request_waits_takes_no_time_from_it(
    env: Environment,
    key_server: KeyServer,
    key_url: str,
    monkeypatch: pytest.MonkeyPatch,
    seconds: int,
) -> None:
    """Deadlines go by a clock that nobody sets; the rest of the request would be too late."""
    user = env.new_account()
    app, unset = application(with_keys(env, key_url), request_deadline=60), time.time
    key_server.gate.clear()
    with run_server(app) as live, ThreadPoolExecutor(1) as pool:
        sent = pool.submit(me, HttpClient(live), user.access_token)
        try:
            assert key_server.entered.wait(PATIENCE)
            monkeypatch.setattr(time, "time", lambda: unset() + seconds)
        finally:
            key_server.gate.set()
        assert sent.result(PATIENCE) == 200


def test_requests_at_once_share_one_fetch(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    rivals = 5
    arrived = threading.Semaphore(0)
    app = application(with_keys(env, key_url))

    async def announced(scope: Any, receive: Any, send: Any) -> None:
        if scope.get("path") == "/users/me":
            arrived.release()
        await app(scope, receive, send)

    key_server.gate.clear()
    with run_server(announced) as live, ThreadPoolExecutor(rivals) as pool:
        sent = [pool.submit(me, HttpClient(live), user.access_token) for _ in range(rivals)]
        try:
            assert all(arrived.acquire(timeout=PATIENCE) for _ in range(rivals))
            assert key_server.entered.wait(PATIENCE)
            for _ in range(20):  # by then the others wait for the first one's keys
                assert HttpClient(live).request("GET", "/health").status_code == 200
        finally:
            key_server.gate.set()
        assert {future.result(PATIENCE) for future in sent} == {200}
    assert key_server.asked == 1


@pytest.mark.parametrize("use", ["enc", "tls"])
def test_keys_for_another_use_or_of_another_kind_are_left_alone(
    env: Environment, user: Account, key_server: KeyServer, key_url: str, use: str
) -> None:
    identity, access = key_server.keys
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    elliptic = {"kty": "EC", "crv": "P-256", "kid": "elliptic", "use": "sig"}
    elliptic |= {name: encode(getattr(numbers, name).to_bytes(32, "big")) for name in "xy"}
    secret = {"kty": "oct", "kid": "secret", "k": encode(b"secret" * 8)}
    token = user.access_token
    with service(env, key_url) as client:
        key_server.publish(elliptic, secret, identity, access | {"use": use})
        assert me(client, token) == 401
        assert me(client, with_kid(env, user, "elliptic")) == 401
        key_server.publish(
            elliptic, {name: access[name] for name in ("kty", "kid", "n", "e")}, secret
        )
        assert me(client, token) == 200


# What is changed of a good key so that it is none (RFC 7517, 5); None: it is left out.
ODD: dict[str, Any] = {
    **{f"no {name}": {name: None} for name in ("kid", "kty", "n", "e")},
    **{f"{name} null": {name: "null"} for name in ("kid", "kty", "n", "e")},
    **{f"{name} a list": {name: [[]]} for name in ("kid", "kty", "use", "alg", "n", "e")},
    **{f"{name} a number": {name: 65537} for name in ("kid", "kty", "use", "alg", "n", "e")},
    "kty unknown": {"kty": "AKP"},
    "another curve": {"kty": "EC", "crv": "P-1", "x": "AQAB", "y": "AQAB"},
    "alg of another kind": {"alg": "RS512"},
    "n empty": {"n": ""},
    "n no base64": {"n": "!"},
    "n not ASCII": {"n": "\u00fc"},
    "n even": {"n": "AAAA"},
    "n long": {"n": "A" * 100_000},
    "e zero": {"e": "AA"},
    "d no number": {"d": "!"},
}


def odd_key(key: dict[str, str], changes: dict[str, Any]) -> Any:
    """Change a good key."""
    kept = {name: value for name, value in key.items() if name not in changes}
    changed = {name: None if value == "null" else value for name, value in changes.items() if value}
    return kept | changed


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD)
def test_an_odd_key_hides_no_other(
    env: Environment, user: Account, key_server: KeyServer, key_url: str, changes: dict[str, Any]
) -> None:
    identity, access = key_server.keys
    odd = odd_key(access, changes)
    for keys in ([odd, identity, access], [identity, access, odd]):
        key_server.published = json.dumps({"keys": keys})
        with service(env, key_url) as client:
            assert me(client, user.access_token) == 200
            assert client.request("GET", "/ready").status_code == 200
    key_server.published = json.dumps({"keys": [identity, odd]})
    with service(env, key_url) as client:
        assert me(client, user.access_token) == 401


@pytest.mark.parametrize("odd", [None, 1, "key", [], [[]], True], ids=repr)
def test_an_entry_that_is_no_key_hides_no_other(
    env: Environment, user: Account, key_server: KeyServer, key_url: str, odd: Any
) -> None:
    key_server.published = json.dumps({"keys": [odd, *key_server.keys, odd]})
    with service(env, key_url) as client:
        assert me(client, user.access_token) == 200


def test_old_keys_serve_at_once_while_unknown_ones_are_waited_for(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    """Nobody came for two lifespans, then many with invented key ids, while the source hangs."""
    waiting = 8
    app = application(with_keys(env, key_url), jwks_lifespan=AT_ONCE)
    forged = with_kid(env, user, "unknown")
    with run_server(app) as live, ThreadPoolExecutor(waiting) as pool:
        client = HttpClient(live)
        assert me(client, user.access_token) == 200
        key_server.entered.clear()
        key_server.gate.clear()
        try:
            sent = [pool.submit(me, HttpClient(live), forged) for _ in range(waiting)]
            assert key_server.entered.wait(PATIENCE)
            begun = time.monotonic()
            for _ in range(20):
                assert me(client, user.access_token) == 200
            assert time.monotonic() - begun < 4  # 20 x 0.5 s, if each one waited a moment
            assert not any(future.done() for future in sent)
        finally:
            key_server.gate.set()
        assert {future.result(PATIENCE) for future in sent} <= {401, 503}


def test_a_key_set_of_a_megabyte_is_read_and_a_longer_one_is_not(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    for length, status in ((1_000_001, 503), (1_000_000, 200)):
        key_server.publish(*key_server.keys, padding="")
        key_server.publish(
            *key_server.keys, padding="x" * (length - len(key_server.published or ""))
        )
        with AsgiClient(application(with_keys(env, key_url))) as client:
            assert me(client, user.access_token) == status
