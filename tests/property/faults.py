"""Everything that can go wrong at one call to Cognito while the API handles one request.

It stands between the API and the stand-in: what happens before a call acts, and whether the answer
arrives. Knows calls by number, and no operation of the API.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import pytest

from apiproof.cognito.outages import AnswerTimedOut, Outage
from apiproof.environment import Environment


class Fault(StrEnum):
    """What happens at the call."""

    REFUSED = "Cognito refuses the call"
    UNANSWERED = "no answer, and Cognito has not acted"
    LOST = "no answer, but Cognito has acted"
    LATE = "an answer later than anyone waits, and Cognito has acted"
    CONNECTIONS_KILLED = "Cognito acts, and the connections to PostgreSQL are dead"
    DATABASE_GONE = "Cognito acts, and PostgreSQL is away until the request ends"
    DEAD_BEFORE = "the process dies before Cognito acts"
    DEAD_AFTER = "the process dies after Cognito has acted"


class _Late(Outage):
    """To whoever waits it is like a call that has not acted."""

    def lose(self) -> None:
        raise AnswerTimedOut


Meet = Callable[[str], Outage | None]


class Interception:
    """What happens at the calls of one request.

    Args:
        env: whose Cognito and database they are.
        faults: by the number of the call that each happens at, from 0; none only listens.
    """

    def __init__(self, env: Environment, faults: Mapping[int, Fault]) -> None:
        self._env = env
        self._faults = faults
        self._rest = contextlib.ExitStack()
        self.calls: list[str] = []

    def meet(self, operation: str) -> Outage | None:
        """Stand in for `Outages.trigger`."""
        number = len(self.calls)
        self.calls.append(operation)
        earlier = {fault for at, fault in self._faults.items() if at < number}
        if not earlier.isdisjoint({Fault.DEAD_BEFORE, Fault.DEAD_AFTER}):
            # A dead process makes no further call: none of them may act.
            raise AnswerTimedOut
        fault = self._faults.get(number)
        return None if fault is None else self._happen(fault, operation)

    def _happen(self, fault: Fault, operation: str) -> Outage | None:
        outages, database = self._env.cognito.outages, self._env.database
        if fault is Fault.CONNECTIONS_KILLED:
            database.kill_connections()
            return None
        if fault in {Fault.DATABASE_GONE, Fault.DEAD_BEFORE, Fault.DEAD_AFTER}:
            self._rest.enter_context(database.outage())
        if fault in {Fault.UNANSWERED, Fault.DEAD_BEFORE}:
            raise AnswerTimedOut
        if fault is Fault.REFUSED:
            return Outage(outages, "fail", operation, "InternalErrorException", 1)
        if fault is Fault.LATE:
            return _Late(outages, "lose_answer", operation, None, 1)
        if fault in {Fault.LOST, Fault.DEAD_AFTER}:
            return Outage(outages, "lose_answer", operation, None, 1)
        return None

    def end(self) -> None:
        """Put the database back."""
        self._rest.close()


@contextlib.contextmanager
def intercepted(
    env: Environment, faults: Mapping[int, Fault] | None = None
) -> Iterator[Interception]:
    """Let faults happen at calls to Cognito within the block, by the calls' numbers from 0."""
    with pytest.MonkeyPatch.context() as patch:
        interception = Interception(env, faults or {})
        patch.setattr(env.cognito.outages, "trigger", interception.meet)
        patch.setattr(env.cognito.outages, "pending", [None])  # else nobody asks
        try:
            yield interception
        finally:
            interception.end()
