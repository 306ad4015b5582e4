"""What a key set may hold: each key that could have signed a token of the pool serves, no other."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from apiproof.environment import Environment
from apiproof.jwt.jws import encode
from apiproof.service import Account
from tests.contract.keyserver import KeyServer, service
from tests.contract.valid_requests import bearer, valid


@pytest.fixture
def user(env: Environment) -> Account:
    return env.new_account()


def statuses(env: Environment, key_url: str, user: Account) -> tuple[int, int, int]:
    """The answers to a token, to a login and to who asks whether the service is ready."""
    with service(env, key_url) as client:
        me = client.request("GET", "/users/me", headers=bearer(user.access_token))
        login = valid(env, "login_user", user).send(client)
        return (
            me.status_code,
            login.status_code,
            client.request("GET", "/ready").status_code,
        )


def number(value: int) -> str:
    """Base64urlUInt (RFC 7518, 2)."""
    return encode(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def another(key: dict[str, str], bits: int) -> dict[str, str]:
    """A stranger's key with the id of a good one."""
    numbers = rsa.generate_private_key(65_537, bits).public_key().public_numbers()
    return key | {"n": number(numbers.n), "e": number(numbers.e)}


@pytest.mark.parametrize("bits", [1024, 2048, 3072])
def test_a_strangers_key_of_the_same_id_hides_no_other(
    env: Environment, user: Account, key_server: KeyServer, key_url: str, bits: int
) -> None:
    for place in range(3):
        keys = key_server.keys
        keys.insert(place, another(keys[-1], bits))
        key_server.publish(*keys)
        assert statuses(env, key_url, user) == (200, 200, 200)
        # What none of them has signed is nobody's, though.
        head, _, signature = user.access_token.split(".")
        forged = ".".join((head, env.token(user.username).split(".")[1], signature))
        with service(env, key_url) as client:
            answer = client.request("GET", "/users/me", headers=bearer(forged))
            assert answer.status_code == 401


@pytest.mark.parametrize("odd", [{"n": number(2**100_000 - 1)}, {"e": number(2**4000 + 1)}])
def test_a_key_that_nobody_can_verify_by_hides_no_other_of_its_id(
    env: Environment, user: Account, key_server: KeyServer, key_url: str, odd: dict[str, str]
) -> None:
    identity, access = key_server.keys
    for keys in ([access | odd, access], [access, access | odd]):
        key_server.publish(identity, *keys)
        assert statuses(env, key_url, user) == (200, 200, 200)


def test_keys_of_strangers_alone_verify_nothing(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    """The control: several keys of an id are tried, and none is taken for granted."""
    identity, access = key_server.keys
    key_server.publish(identity, another(access, 2048), another(access, 3072))
    assert statuses(env, key_url, user) == (401, 503, 200)


@pytest.mark.parametrize("bits", [1024, 1536, 2040])
def test_keys_too_short_for_rs256_are_none(
    env: Environment, user: Account, key_server: KeyServer, key_url: str, bits: int
) -> None:
    """RFC 7518, 3.3: 2,048 bits or more."""
    key_server.publish(another(key_server.keys[-1], bits))
    assert statuses(env, key_url, user) == (503, 503, 503)


@pytest.mark.parametrize(
    ("bits", "status"), [(2047, 503), (2048, 200), (16_384, 200), (16_385, 503)]
)
def test_a_key_is_one_by_its_size_to_the_bit(
    env: Environment, key_server: KeyServer, key_url: str, bits: int, status: int
) -> None:
    """No shorter one is to be used, and OpenSSL verifies by no longer one."""
    key_server.publish(key_server.keys[-1] | {"n": number(2 ** (bits - 1) + 1)})
    with service(env, key_url) as client:
        assert client.request("GET", "/ready").status_code == status


def test_keys_that_a_proxy_has_compressed_are_read(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    key_server.compressed = True
    assert statuses(env, key_url, user) == (200, 200, 200)


def test_what_grows_beyond_a_megabyte_when_it_is_unpacked_is_no_key_set(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    key_server.compressed = True
    key_server.publish(*key_server.keys, padding="x" * 1_000_000)
    assert statuses(env, key_url, user) == (503, 503, 503)


def test_a_number_with_thousands_of_digits_hides_no_key(
    env: Environment, user: Account, key_server: KeyServer, key_url: str
) -> None:
    """Python refuses to make an int of it."""
    digits = "9" * 5000
    keys = json.dumps([{"kty": "EC", "x": 7}, *key_server.keys]).replace("7", digits, 1)
    key_server.published = f'{{"keys": {keys}, "version": {digits}}}'
    assert statuses(env, key_url, user) == (200, 200, 200)
