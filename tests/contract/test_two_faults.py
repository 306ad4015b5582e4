"""A fault, and a second one while the first is made good: no false success, and it heals.

Two at once meet the request that takes note of the first one; two in turn meet whoever asks again.
"""

from dataclasses import dataclass
from itertools import product

import pytest

from apiproof.environment import Environment
from apiproof.service import Account
from tests.contract.pool_changes import rows
from tests.contract.test_meanwhile import account_of, login, me, refresh
from tests.contract.test_two_at_once import prepared
from tests.property.faults import Fault, intercepted
from tests.service import OTHER_PASSWORD

# Of the dead the answer is lost and the database is away: two faults in one request.
FIRST = (Fault.LOST, Fault.DATABASE_GONE, Fault.DEAD_BEFORE, Fault.DEAD_AFTER)
SECOND = (Fault.UNANSWERED, Fault.DATABASE_GONE, Fault.DEAD_BEFORE)
# What is refused because an earlier attempt has done it after all.
DONE_BEFORE = {"logout_user": 401, "delete_me": 401, "change_password": 403}


@dataclass(frozen=True)
class Attempts:
    """One request or command again and again, for one user."""

    env: Environment
    name: str
    user: Account

    def ask(self, faults: dict[int, Fault]) -> int:
        """Ask, while faults happen at calls to Cognito of these numbers; returns the status."""
        act = prepared(self.env, self.name, self.user)
        with intercepted(self.env, faults):
            try:
                return act(self.env.client).status
            except Exception as error:
                # By name: no class of the service is known here.
                if type(error).__name__ not in {"IdentityAnswerLost", "DatabaseUnavailable"}:
                    raise
                return 503

    def require_done(self) -> None:
        """Hold what a success promises against what is there."""
        user, env = self.user, self.env
        if self.name == "change_password":
            assert login(env, user, user.password).status_code == 401
            assert login(env, user, OTHER_PASSWORD).status_code == 200
            return
        assert (me(env, user.access_token), refresh(env, user).status_code) == (401, 401)
        is_in = login(env, user, user.password).status_code
        assert is_in == (200 if self.name == "logout_user" else 401)
        left = rows(env, "SELECT sub FROM users WHERE sub = %s", user.sub)
        is_left = (bool(left), account_of(env, user.username) is not None)
        assert is_left == ((self.name != "delete_me",) * 2)


# At which calls to Cognito the faults happen.
@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("logout_user", (0, 0)),
        ("change_password", (0, 0)),
        ("delete_me", (0, 0)),
        ("disable", (0, 1)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_while_a_fault_is_made_good_is_no_success_and_heals(
    env: Environment, name: str, calls: tuple[int, int]
) -> None:
    done, refused = {200, 204}, DONE_BEFORE.get(name)
    for faults in product(FIRST, SECOND):
        attempts, statuses = Attempts(env, name, env.new_account()), list[int]()
        try:
            for call, fault in zip(calls, faults, strict=True):
                statuses.append(attempts.ask({call: fault}))
                if statuses[-1] in done:
                    attempts.require_done()
            assert statuses[0] in {*done, 503}
            assert statuses[1] in {*done, 503, refused}
            statuses.append(attempts.ask({}))
            assert statuses[2] in {*done, refused}
            attempts.require_done()
        except AssertionError as error:
            error.add_note(f"{[str(fault) for fault in faults]}: {statuses}")
            raise
