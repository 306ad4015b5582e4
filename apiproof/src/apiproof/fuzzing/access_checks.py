"""The probes beside a Schemathesis run: each operation's first success sets off one access probe.

What the probe finds is kept, so that a check gives the same verdict however often Hypothesis
replays a case. The probe uses accounts of its own; the run's objects and sessions stay untouched.
"""

import threading
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any
from weakref import WeakKeyDictionary

from schemathesis.core import NOT_SET
from schemathesis.core.transport import Response
from schemathesis.generation.modes import GenerationMode

from apiproof.access import AccessFinding, AccessReport, Probe, http
from apiproof.jwt import RequestAuth
from apiproof.openapi.document import Operation

_matrices: WeakKeyDictionary[object, AccessReport] = WeakKeyDictionary()


class SuccessProbe:
    """One access probe beside a Schemathesis run."""

    def __init__(
        self,
        build: Callable[[], Probe],
        owner: object,
        labels: AbstractSet[str] | None = None,
    ) -> None:
        """Prepare a probe.

        Args:
            build: Makes the probe when it is first needed.
            owner: What the results hold for, an environment say: it is not probed twice.
            labels: The operations to probe (`GET /users`); None for all.
        """
        self._build = build
        self._owner = owner
        self._labels = labels
        self._probe: Probe | None = None
        self._lock = threading.RLock()
        self._seen: Response | None = None
        self._wrong: list[AccessFinding] = []

    @property
    def probe(self) -> Probe:
        """The probe, with what is known of its owner from earlier tests."""
        if self._probe is None:
            self._probe = self._build()
            known = _matrices.setdefault(self._owner, self._probe.report)
            self._probe.continue_from(known)
        return self._probe

    def findings(self, check: str, case: Any, response: Response) -> list[AccessFinding]:
        """Return what a check says of an operation that has just succeeded."""
        if not 200 <= response.status_code < 300:
            return []
        with self._lock:
            operation = self._operation(case)
            if operation is None or not self._is_ours(operation):
                return []
            if operation.operation_id not in self.probe.exercised:
                self._record(operation, case)
                self.probe.exercise(operation)
            return self.probe.report.of(operation.operation_id, check)

    def inspect(self, check: str, case: Any, response: Response) -> list[AccessFinding]:
        """Return what is wrong with one answer by itself."""
        with self._lock:
            if self._seen is not response:  # several checks look at the same answer in turn
                self._seen, self._wrong = response, self._inspect(case, response)
            return [finding for finding in self._wrong if finding.check == check]

    def _inspect(self, case: Any, response: Response) -> list[AccessFinding]:
        operation = self._operation(case)
        if operation is None:
            return []
        sent = http.Request(operation, {}, http.RequestContent(body=_body(case)))
        auth = RequestAuth(headers=dict(response.request.headers))
        return self.probe.inspect(sent, auth, answer_of(response))

    def finish(self) -> list[AccessFinding]:
        """Probe what never succeeded in the run; return everything found on those operations."""
        with self._lock:
            rest = set(self.probe.report.labels) - self.probe.exercised
            self.probe.finish(self._labels)
            return [found for found in self.probe.report.findings if found.operation_id in rest]

    def _is_ours(self, operation: Operation) -> bool:
        return self._labels is None or operation.label in self._labels

    def _operation(self, case: Any) -> Operation | None:
        return self.probe.operations.get(case.operation.label)

    def _record(self, operation: Operation, case: Any) -> None:
        """Keep a generated request that succeeded, to be replayed."""
        guided = operation.operation_id in self.probe.hints.request_overrides
        meta = case.meta
        if guided or meta is None or meta.generation.mode != GenerationMode.POSITIVE:
            return
        body = _body(case)
        content = http.RequestContent(
            query=dict(case.query or {}),
            body=body,
            media=(case.media_type or "") if body is not None else "",
        )
        self.probe.hints.recorded[operation.operation_id] = content


def answer_of(response: Response) -> http.Response:
    """Return a Schemathesis response as the probe sees answers."""
    headers = {name.lower(): ", ".join(values) for name, values in response.headers.items()}
    text = response.content.decode(response.encoding or "utf-8", errors="replace")
    return http.Response(response.status_code, headers, text)


def _body(case: Any) -> Any:
    return None if case.body is NOT_SET else case.body
