"""One Cognito: its pools, clock, outbox, outages and trigger, and the answering of a call.

Both ways in, in-process and HTTP, end in `CognitoService.answer`. It knows no transport.
"""

import contextlib
import uuid
from collections.abc import Iterator
from random import Random
from threading import Lock
from typing import NamedTuple

from moto.core.request import Request

from apiproof.cognito.backend import Backend
from apiproof.cognito.clock import CognitoClock
from apiproof.cognito.operations import Operations
from apiproof.cognito.outages import Outages
from apiproof.cognito.outbox import Outbox
from apiproof.cognito.trigger import Handler


class Answer(NamedTuple):
    """What goes back to the caller."""

    status: int
    headers: dict[str, str]
    body: str


class CognitoService:
    """What a region's Cognito endpoint would be, for one stand-in."""

    account_id = "123456789012"

    def __init__(self, region: str, *, hourly_limits: bool) -> None:
        self.name = self.new_id()
        self.region = region
        self.hourly_limits = hourly_limits
        # Where tokens claim to come from, without the pool's id; None for AWS.
        self.issuer: str | None = None
        self.clock = CognitoClock()
        self.outages = Outages()
        self.outbox = Outbox(self._fold)
        self.trigger: Handler | None = None
        # One call at a time acts; `unlocked` lets go of it while a trigger runs.
        self.lock = Lock()
        # Codes are the same in every run, so that a failing run can be repeated.
        self.random = Random(0)  # noqa: S311 - codes of a stand-in guard nothing
        self.backend = Backend(self)

    def _fold(self, username: str) -> str:
        pools = tuple(self.backend.user_pools.values())
        return username if any(pool.case_sensitive for pool in pools) else username.lower()

    @contextlib.contextmanager
    def unlocked(self) -> Iterator[None]:
        """Let other calls in meanwhile: a trigger may well call Cognito itself."""
        self.lock.release()
        try:
            yield
        finally:
            self.lock.acquire()

    @staticmethod
    def new_id() -> str:
        """Make an identifier for a token or an event."""
        return str(uuid.uuid4())

    def answer(self, request: Request) -> Answer:
        """Answer one call of the AWS JSON protocol.

        Raises:
            AnswerLost: an outage swallows the answer, after the call has acted.
            AnswerTimedOut: an outage leaves the call unanswered; it has not acted.
        """
        operation = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        outage = self.outages.meet(operation)
        if outage is not None and outage.code is not None:
            return Answer(*outage.refusal())
        with self.lock:
            status, headers, body = Operations(self).answer(request)
        if outage is not None:
            outage.lose()
        return Answer(status, headers, body)

    def reset(self) -> None:
        """Forget users, tokens, codes, messages, outages and the moved clock."""
        with self.lock:
            for pool in self.backend.user_pools.values():
                pool.clear()
            self.backend.sessions.clear()
            self.backend.challenged_at.clear()
            self.outbox.clear()
            self.outages.clear()
            self.clock.reset()
            self.random.seed(0)
