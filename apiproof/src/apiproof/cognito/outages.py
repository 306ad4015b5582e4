"""Planned trouble: the next calls fail, stay unanswered, lose their answer, or are overtaken.

Knows operation names and AWS error codes; how a transport times out is the transport's business.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from threading import Lock
from types import TracebackType
from typing import Self

from apiproof.cognito.validation import operations

# Errors that are the service's own fault answer 500, the others 400 (API reference).
_SERVER_FAULTS = {
    "InternalErrorException": 500,
    "InternalFailure": 500,
    "InternalServerException": 500,
    "ServiceUnavailable": 503,
}
_TEXTS = {"TooManyRequestsException": "Rate exceeded"}

# What every AWS service may answer (API reference, "Common error types").
_COMMON_ERRORS = frozenset(
    {
        "AccessDeniedException", "ExpiredTokenException", "IncompleteSignature", "InternalFailure",
        "InvalidClientTokenId", "OptInRequired", "RequestExpired", "ServiceUnavailable",
        "ThrottlingException", "UnrecognizedClientException", "ValidationError",
    }
)  # fmt: skip


@cache
def error_codes() -> frozenset[str]:
    """Give the codes of all errors: the service's own and those common to all of AWS."""
    raised = (shape for each in operations().values() for shape in each.error_shapes)
    return _COMMON_ERRORS | {shape.name for shape in raised}


class AnswerTimedOut(Exception):
    """No answer comes, and the call has not acted."""


class AnswerLost(Exception):
    """No answer comes, but the call has acted."""


class OutageNotTriggered(AssertionError):
    """A `with` block planned an outage and no call triggered it, so it proved nothing."""


class Outage:
    """One planned outage; as a context manager it ends with the block.

    Leaving the block raises `OutageNotTriggered` when no call triggered it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - made in one place
        self,
        owner: "Outages",
        kind: str,
        operation: str,
        code: str | None,
        times: int,
        act: Callable[[], object] | None = None,
    ) -> None:
        self._owner = owner
        self.kind = kind
        self.operation = operation
        self.code = code
        self.left = times
        self.triggered = 0
        self._act = act
        self._broken: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._owner.forget(self)
        if kind is None and not self.triggered:
            raise OutageNotTriggered(
                f"Planned: {self.kind} {self.operation}. No call of it came before the block ended:"
                " the code under test never saw the outage."
            )
        if kind is None and self._broken is not None:
            raise self._broken

    def response(self) -> tuple[int, dict[str, str], str]:
        """Give status, headers and body of the planned error."""
        code = self.code or ""
        body = {"__type": code, "message": _TEXTS.get(code, "Planned outage.")}
        headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
        return _SERVER_FAULTS.get(code, 400), headers, json.dumps(body)

    def lose(self) -> None:
        """Raise what stands for a lost answer."""
        raise AnswerLost

    def act(self) -> None:
        """Let happen what is planned to happen at the call."""
        if self._act is not None:
            self._do(self._act)

    def finish(self) -> None:
        """Do what is planned between what the call has done and its answer.

        Raises:
            AnswerLost: there is no answer.
        """
        self.act()
        if self.kind == "lose_answer":
            self.lose()

    def _do(self, act: Callable[[], object]) -> None:
        try:
            # A thread of its own: whoever calls may be within an event loop.
            with ThreadPoolExecutor(1) as thread:
                thread.submit(act).result()
        except Exception as error:  # noqa: BLE001 - raised at the end of the block, not in the call
            self._broken = error


class Outages:
    """All planned outages of one emulator; the oldest that fits a call is triggered by it."""

    def __init__(self) -> None:
        self.pending: list[Outage] = []
        self._lock = Lock()

    def fail(self, operation: str, code: str, times: int = 1) -> Outage:
        """Let the next calls fail without acting.

        Args:
            operation: e.g. SignUp, or "*" for any.
            code: an AWS error code, e.g. TooManyRequestsException.
            times: how many calls.

        Raises:
            ValueError: Cognito has no such operation or error, or `times` is below 1.
        """
        return self._plan("fail", operation, code, times)

    def time_out(self, operation: str, times: int = 1) -> Outage:
        """Let the next calls wait for an answer in vain, without acting; as `fail` otherwise."""
        return self._plan("time_out", operation, None, times)

    def lose_answer(self, operation: str, times: int = 1) -> Outage:
        """Let the next calls act, then break the connection; as `fail` otherwise."""
        return self._plan("lose_answer", operation, None, times)

    def meanwhile(
        self, operation: str, act: Callable[[], object], *, is_answered: bool = True
    ) -> Outage:
        """Let something happen after the next call has acted and before it is answered.

        What `act` raises is raised at the end of the outage's block.

        Args:
            operation: e.g. InitiateAuth, or "*" for any.
            act: runs in a thread of its own; it may call Cognito as well.
            is_answered: whether the answer comes then; else it is lost.

        Raises:
            ValueError: Cognito has no such operation.
        """
        kind = "meanwhile" if is_answered else "lose_answer"
        return self._plan(kind, operation, None, 1, act)

    def beforehand(self, operation: str, act: Callable[[], object]) -> Outage:
        """Let something happen before the next call acts; as `meanwhile` otherwise."""
        return self._plan("beforehand", operation, None, 1, act)

    def _plan(
        self,
        kind: str,
        operation: str,
        code: str | None,
        times: int,
        act: Callable[[], object] | None = None,
    ) -> Outage:
        if operation != "*" and operation not in operations():
            raise ValueError(
                f"Cognito has no operation {operation!r}: write it as in the API reference, "
                'e.g. "SignUp", or "*" for any.'
            )
        if code is not None and code not in error_codes():
            raise ValueError(
                f"Cognito has no error {code!r}: write it as in the API reference, "
                'e.g. "TooManyRequestsException".'
            )
        if times < 1:
            raise ValueError(f"An outage happens at least once, not {times} times.")
        outage = Outage(self, kind, operation, code, times, act)
        with self._lock:
            self.pending.append(outage)
        return outage

    def trigger(self, operation: str) -> Outage | None:
        """Find the outage planned for a call, if any, and count it.

        Raises:
            AnswerTimedOut: that is the outage.
        """
        with self._lock:
            fitting = (each for each in self.pending if each.operation in {"*", operation})
            outage = next(fitting, None)
            if outage is None:
                return None
            outage.triggered += 1
            outage.left -= 1
            if not outage.left:
                self.pending.remove(outage)
        if outage.kind == "time_out":
            raise AnswerTimedOut
        if outage.kind == "beforehand":
            outage.act()
            return None
        return outage

    @property
    def planned(self) -> tuple[Outage, ...]:
        """What is still to come, oldest first."""
        with self._lock:
            return tuple(self.pending)

    def forget(self, outage: Outage) -> None:
        """Cancel what is left of an outage."""
        with self._lock:
            if outage in self.pending:
                self.pending.remove(outage)

    def clear(self) -> None:
        """Cancel everything."""
        with self._lock:
            self.pending.clear()
