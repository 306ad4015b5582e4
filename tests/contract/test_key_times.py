"""How long keys are kept and looked for: as long as the settings say, by a clock that tests set."""

import time
from dataclasses import dataclass

import pytest

from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.service import Account
from tests.contract.events import until
from tests.contract.keyserver import KeyServer, is_fetching, service
from tests.contract.test_keys import me, with_kid

SLACK = 20.0  # seconds that a test may take on a busy machine without being found late


class Clock:
    """The clock by which the service counts seconds, to be put forward."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        unset = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: unset() + self._ahead)

    def advance(self, seconds: float) -> None:
        self._ahead += seconds


@dataclass(frozen=True)
class Keys:
    """A source of keys, a clock for those who keep them, and a user with a token."""

    server: KeyServer
    url: str
    clock: Clock
    user: Account
    env: Environment

    def me(self, client: HttpClient, kid: str = "") -> int:
        """Ask with the user's token, or with one that names another key."""
        token = self.user.access_token
        return me(client, with_kid(self.env, self.user, kid) if kid else token)


@pytest.fixture
def keys(
    env: Environment, key_server: KeyServer, key_url: str, monkeypatch: pytest.MonkeyPatch
) -> Keys:
    return Keys(key_server, key_url, Clock(monkeypatch), env.new_account(), env)


@pytest.mark.parametrize("away", [False, True], ids=["unknown", "away"])
@pytest.mark.parametrize("cooldown", [60, 3600])
def test_keys_are_looked_for_again_when_the_cooldown_of_the_settings_is_over(
    env: Environment, keys: Keys, cooldown: float, *, away: bool
) -> None:
    due, asked = (503, 1) if away else (401, 2)
    with service(env, keys.url, jwks_cooldown=cooldown) as client:
        keys.server.away = away
        assert keys.me(client) == (503 if away else 200)
        assert keys.me(client, "unknown-1") == due
        keys.clock.advance(cooldown - SLACK)
        assert keys.me(client, "unknown-2") == due
        assert keys.server.asked == asked
        keys.clock.advance(2 * SLACK)
        assert keys.me(client, "unknown-3") == due
        assert keys.server.asked == asked + 1


@pytest.mark.parametrize(
    ("settings", "lifespan"), [({}, 3600), *(({"jwks_lifespan": n}, n) for n in (60, 86_400))]
)
def test_keys_are_fetched_anew_and_withdrawn_when_the_lifespan_of_the_settings_is_over(
    env: Environment, keys: Keys, settings: dict[str, float], lifespan: float
) -> None:
    with service(env, keys.url, **settings) as client:
        assert keys.me(client) == 200
        keys.clock.advance(lifespan - SLACK)
        assert keys.me(client) == 200
        assert keys.server.asked == 1
        keys.clock.advance(2 * SLACK)
        assert keys.me(client) == 200  # who asks does not wait for it
        until(lambda: keys.server.asked == 2 and not is_fetching(), "they are fetched anew")
        env.cognito.keys.rotate()
        keys.clock.advance(lifespan - 2 * SLACK)
        assert keys.me(client) == 200
        keys.clock.advance(3 * SLACK)
        until(lambda: keys.me(client) == 401, "a withdrawn key ends")
        assert me(client, env.token(keys.user.username)) == 200


def test_a_withdrawn_key_for_which_nobody_came_opens_nothing_at_all(
    env: Environment, keys: Keys
) -> None:
    with service(env, keys.url, jwks_lifespan=600) as client:
        assert keys.me(client) == 200
        env.cognito.keys.rotate()
        keys.clock.advance(1200 + SLACK)
        assert keys.me(client) == 401
        assert keys.server.asked == 2
