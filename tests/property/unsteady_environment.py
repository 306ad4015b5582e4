"""A state machine whose surroundings go away: Cognito call by call, the database as a whole.

What the machines share; it knows outages, and no operation of the API.
"""

import contextlib
import re
import sys
from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import requests
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from apiproof.environment import Environment
from apiproof.strategies.reach import premise
from tests.property.api_driver import ApiDriver
from tests.property.repro_script import Script

CALLS = [
    "SignUp",
    "ConfirmSignUp",
    "ResendConfirmationCode",
    "InitiateAuth",
    "GetTokensFromRefreshToken",
    "ForgotPassword",
    "ConfirmForgotPassword",
    "ChangePassword",
    "GlobalSignOut",
    "AdminGetUser",
    "AdminDeleteUser",
    "AdminUserGlobalSignOut",
    "AdminDisableUser",
    "AdminEnableUser",
]
KINDS = ["time_out", "lose_answer", "TooManyRequestsException", "InternalErrorException"]
MOST_PLANNED = 2
LONGEST_OUTAGE = 3  # requests
# What the API says when something that it needs is away.
OPEN = frozenset({429, 503})

Effect = Callable[[requests.Response], object]


def count(reached: set[str], wanted: Mapping[str, float]) -> None:
    """Count what a life has reached.

    Args:
        reached: what has happened.
        wanted: what must have happened, and in which share of the lives.
    """
    for name, share in wanted.items():
        premise(name, name in reached, share=share)


def nothing(_: requests.Response) -> None:
    """The effect of an answer that changes nothing."""


class UnsteadyEnvironment(RuleBasedStateMachine):
    """Rules that take the surroundings away and give them back."""

    # What must have happened, and in which share of the lives: else nothing was tried.
    REACH: ClassVar[Mapping[str, float]] = {}

    def __init__(self, env: Environment) -> None:
        super().__init__()
        env.reset()
        self.env = env
        self.driver = ApiDriver(env, script=Script())
        self.away = contextlib.ExitStack()
        self.database_is_away = False
        self.patience = 0
        self.reached: set[str] = set()

    def teardown(self) -> None:
        """Put everything right, and see that it is; tell the story if it is not."""
        try:
            if sys.exc_info()[0] is None:
                self.mend()
                self.heal()
                count(self.reached, self.REACH)
        finally:
            self.away.close()
            self.env.cognito.outages.clear()
            note(self.driver.script.text)

    def heal(self) -> None:
        """See what users see who try again once all outages are over."""

    def mend(self) -> None:
        """End all outages."""
        self.env.cognito.outages.clear()
        self.driver.script.control("Cognito is well.", "outages", {}, "DELETE")
        self.away.close()
        self.database_is_away = False

    @precondition(lambda self: len(self.env.cognito.outages.planned) < MOST_PLANNED)
    @rule(kind=st.sampled_from(KINDS), call=st.sampled_from(CALLS))
    def cognito_will_fail(self, kind: str, call: str) -> None:
        outages = self.env.cognito.outages
        plan: dict[str, object] = {"kind": kind, "operation": call, "times": 1}
        if kind == "time_out":
            outages.time_out(call)
        elif kind == "lose_answer":
            outages.lose_answer(call)
        else:
            outages.fail(call, kind)
            plan |= {"kind": "fail", "code": kind}
        self.driver.script.control(f"The next {call} will fail.", "outages", plan)

    @precondition(lambda self: bool(self.env.cognito.outages.planned))
    @rule()
    def cognito_is_well_again(self) -> None:
        self.env.cognito.outages.clear()
        self.driver.script.control("Cognito is well again.", "outages", {}, "DELETE")

    @precondition(lambda self: not self.database_is_away)
    @rule()
    def database_goes(self) -> None:
        self.away.enter_context(self.env.database.outage())
        self.database_is_away = True
        self.patience = LONGEST_OUTAGE
        self.driver.script.act("PostgreSQL goes away.")

    @precondition(lambda self: self.database_is_away)
    @rule()
    def database_returns(self) -> None:
        """It also returns by itself after a few requests: more of the same would show nothing."""
        self.away.close()
        self.database_is_away = False
        self.driver.script.act("PostgreSQL is back.")

    @precondition(lambda self: not self.database_is_away)
    @rule()
    def connections_break(self) -> None:
        self.env.database.kill_connections()
        self.driver.script.act("All connections to PostgreSQL break.")

    def act(
        self,
        call: Callable[[], requests.Response],
        outcomes: Mapping[int, Effect],
        left_open: Callable[[], object] = lambda: None,
        *,
        database: Literal["first", "last", "never"] = "first",
    ) -> requests.Response:
        """Do one thing, and compare the answer with what the model expects.

        Args:
            call: sends the request.
            outcomes: the answers that are due, and what follows from each.
            left_open: what follows when an outage of Cognito met the request.
            database: when it is needed: before all else, after Cognito has agreed, or not at all.
        """
        planned = self.env.cognito.outages.planned
        met = [outage.triggered for outage in planned]
        answer = call()
        status = answer.status_code
        disturbed = met != [outage.triggered for outage in planned]
        due = set(outcomes)
        if self.database_is_away and database != "never":
            due = {503} if database == "first" else {503 if s < 300 else s for s in due}
        if disturbed:
            due |= OPEN
        self.reached.add(_step(answer))
        if disturbed:
            self.reached.add("an outage of Cognito meets a request")
        assert status in due, f"expected {sorted(due)}, got {status}: {answer.text}"
        if status in outcomes:
            outcomes[status](answer)
        elif disturbed:
            left_open()
        if self.database_is_away:
            self.patience -= 1
            if not self.patience:
                self.database_returns()
        return answer


def _step(answer: requests.Response) -> str:
    """Name a request and its answer, whatever item or user it is about."""
    path = re.sub("/[0-9][^/?]*|[?].*", "", answer.request.path_url)
    return f"{answer.request.method} {path} {answer.status_code}"
