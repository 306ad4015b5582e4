"""Any two who act on one account at once: nobody's success is lost, and no ended session lives on.

The order is forced. `before` and `after`: the second one begins and ends while Cognito has not yet
acted, or not yet answered, for the first. `queued`: both wait for the user's row, which somebody
holds, so that each has read what it reads before; the first one has it first.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from apiproof.service import Account
from tests.contract.events import PATIENCE
from tests.contract.pool_changes import changing, rows
from tests.contract.test_meanwhile import account_of, login, me
from tests.contract.valid_requests import valid
from tests.service import OTHER_PASSWORD, application, disable, enable

# Each with the call to Cognito that it makes, and those whose success explains that it is refused.
PASSWORDS = frozenset({"change_password", "reset_password"})
ENDINGS = frozenset({"logout_user", "reset_password", "delete_me", "disable"})
CALLS = {
    "login_user": "InitiateAuth",
    "refresh_session": "GetTokensFromRefreshToken",
    "logout_user": "GlobalSignOut",
    "reset_password": "ConfirmForgotPassword",
    "change_password": "ChangePassword",
    "delete_me": "AdminDeleteUser",
    "disable": "AdminDisableUser",
    "enable": "AdminEnableUser",
}
ACTS = [*CALLS, "update_me", "create_random"]
EXPLAINED_BY = {
    "login_user": ENDINGS | PASSWORDS,
    "change_password": ENDINGS | PASSWORDS,
    "reset_password": {"reset_password", "delete_me", "disable"},
    "disable": {"delete_me"},
    "enable": {"delete_me"},
}
COMMANDS = {"disable": disable, "enable": enable}
POINTS = ["before", "after", "queued"]
PATIENT = {  # seconds
    "request_deadline": 60,
    "database_lock_timeout": 60,
    "database_statement_timeout": 60,
}


@dataclass(frozen=True)
class Outcome:
    name: str
    status: int
    token: str = ""

    @property
    def is_done(self) -> bool:
        return self.status < 300


Act = Callable[[HttpClient], Outcome]
Outcomes = list[Outcome]


def prepared(env: Environment, name: str, user: Account) -> Act:
    """Prepare everything that an act needs."""
    if name in COMMANDS:
        return lambda _client: commanded(env, name, user)
    request = valid(env, name, user)

    def act(client: HttpClient) -> Outcome:
        answer = request.send(client)
        token = answer.json()["access_token"] if "access_token" in answer.text else ""
        return Outcome(name, answer.status_code, token)

    return act


def commanded(env: Environment, name: str, user: Account) -> Outcome:
    try:
        COMMANDS[name](env.config, user.username, **PATIENT)
    except Exception as error:
        if type(error).__name__ != "UserNotFound":  # by name: no class of the service is known here
            raise
        return Outcome(name, 404)
    return Outcome(name, 200)


def wait_for_the_row(env: Environment, number: int, answer: "Future[Outcome]") -> None:
    """Wait until so many sessions wait for a row, or the last one has its answer without it."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = %s AND cardinality(pg_blocking_pids(pid)) > 0"
    )
    deadline = time.monotonic() + PATIENCE
    while not answer.done() and rows(env, query, env.database.name)[0][0] < number:
        assert time.monotonic() < deadline, "nobody waits for the row"


@dataclass(frozen=True)
class Processes:
    """Two of the service, which wait for locks as long as a test does.

    Args:
        env: Their surroundings.
        first: Serves who acts first.
        second: Serves who acts second.
    """

    env: Environment
    first: HttpClient
    second: HttpClient

    def at_once(self, point: str, user: Account, first: Act, second: Act, call: str) -> Outcomes:
        """Let two act in the order of a point; returns how each ended."""
        if point == "queued":
            return self._queued(user, first, second)
        outages, inner = self.env.cognito.outages, list[Outcome]()
        plan = outages.beforehand if point == "before" else outages.meanwhile
        with plan(call, lambda: inner.append(second(self.second))):
            outer = first(self.first)
        return [outer, *inner]

    def _queued(self, user: Account, first: Act, second: Act) -> Outcomes:
        with ThreadPoolExecutor(2) as threads:
            with changing(self.env, "SELECT 1 FROM users WHERE sub = %s FOR UPDATE", user.sub):
                one = threads.submit(first, self.first)
                wait_for_the_row(self.env, 1, one)
                two = threads.submit(second, self.second)
                wait_for_the_row(self.env, 2, two)
            return [one.result(PATIENCE), two.result(PATIENCE)]


@pytest.fixture
def processes(env: Environment) -> Iterator[Processes]:
    with (
        AsgiClient(application(env.config, **PATIENT)) as first,
        AsgiClient(application(env.config, **PATIENT)) as second,
    ):
        yield Processes(env, first, second)


def require_sense(env: Environment, user: Account, point: str, outcomes: Outcomes) -> None:
    """Hold the answers and what is left against each other."""
    done = [each.name for each in outcomes if each.is_done]
    tokens = [user.access_token, *(each.token for each in outcomes if each.token)]
    is_over = not ENDINGS.isdisjoint(done)
    for each, other in (outcomes, reversed(outcomes)):
        assert each.status in {200, 201, 204, 401, 403, 404, 409, 503}
        explained = other.is_done and other.name in EXPLAINED_BY.get(each.name, ENDINGS)
        assert each.is_done or explained, f"{each.name} is refused for nothing"
    answers = {me(env, token) for token in tokens}
    assert answers == {401 if is_over else 200}, "a session outlives its end, or ends for nothing"
    if point != "queued" and outcomes[0].token:
        # The second one was done before the first one had its tokens.
        ends = ENDINGS | PASSWORDS if outcomes[0].name == "login_user" else ENDINGS
        assert outcomes[1].name not in ends or not outcomes[1].is_done
    left = rows(env, _LEFT, user.username.lower())
    if "delete_me" in done:
        assert (left, account_of(env, user.username)) == ([], None)
        return
    name = "Ada Lovelace" if "update_me" in done else None
    assert [row[:4] for row in left] == [(user.sub, name, None, done.count("create_random"))]
    if {"disable", "enable"} <= set(done):
        # Of both at once either may be last, and one more command decides (docs/how-to/deploy.md).
        enable(env.config, user.username)
    is_shut = left[0][4] and "enable" not in done
    assert is_shut is ("disable" in done and "enable" not in done)
    is_new = not PASSWORDS.isdisjoint(done)
    right, wrong = (OTHER_PASSWORD, user.password) if is_new else (user.password, OTHER_PASSWORD)
    assert login(env, user, wrong).status_code == 401
    again = login(env, user, right)
    assert again.status_code == (401 if is_shut else 200)
    assert is_shut or me(env, again.json()["access_token"]) == 200


_LEFT = (
    "SELECT sub, full_name, reserved_until, "
    "(SELECT count(*) FROM random_items WHERE owner_id = users.id), disabled_at IS NOT NULL "
    "FROM users WHERE username_key = %s"
)


# Of all pairs those that each point tells apart; `whole` tries every one.
PAIRS = {
    ("login_user", "before"): ["disable"],
    ("login_user", "after"): ["logout_user", "change_password", "delete_me"],
    ("login_user", "queued"): ["logout_user", "delete_me"],
    ("refresh_session", "before"): ["logout_user"],
    ("refresh_session", "after"): ["reset_password", "disable"],
    ("refresh_session", "queued"): ["disable"],
    ("logout_user", "before"): ["login_user"],
    ("logout_user", "after"): ["login_user", "refresh_session", "delete_me"],
    ("logout_user", "queued"): ["update_me", "login_user"],
    ("reset_password", "before"): ["login_user"],
    ("reset_password", "after"): ["reset_password", "disable"],
    ("reset_password", "queued"): ["login_user", "delete_me"],
    ("change_password", "before"): ["change_password"],
    ("change_password", "after"): ["reset_password", "delete_me"],
    ("change_password", "queued"): ["login_user", "update_me"],
    ("delete_me", "before"): ["login_user"],
    ("delete_me", "after"): ["login_user", "create_random", "delete_me"],
    ("delete_me", "queued"): ["disable", "login_user"],
    ("disable", "before"): ["login_user"],
    ("disable", "after"): ["refresh_session", "enable", "delete_me"],
    ("disable", "queued"): ["enable", "delete_me"],
    ("enable", "after"): ["disable", "delete_me"],
    ("update_me", "queued"): ["delete_me", "logout_user"],
    ("create_random", "queued"): ["delete_me"],
}


def whole() -> dict[tuple[str, str], list[str]]:
    """Every pair at every point: for who looks for something; it takes half a minute."""
    points = [(first, point) for first in CALLS for point in POINTS]
    return dict.fromkeys([*points, *((each, "queued") for each in ACTS if each not in CALLS)], ACTS)


@pytest.mark.parametrize("point", POINTS)
def test_of_two_at_once_each_is_done_or_refused_for_what_the_other_did(
    env: Environment, processes: Processes, point: str
) -> None:
    pairs = whole() if os.environ.get("EVERY_PAIR") else PAIRS
    for first, second in ((one, two) for one in ACTS for two in pairs.get((one, point), [])):
        user = env.new_account()
        acts = prepared(env, first, user), prepared(env, second, user)
        outcomes = processes.at_once(point, user, *acts, CALLS.get(first, ""))
        try:
            require_sense(env, user, point, outcomes)
        except AssertionError as error:
            error.add_note(f"{point}: {[(each.name, each.status) for each in outcomes]}")
            raise
