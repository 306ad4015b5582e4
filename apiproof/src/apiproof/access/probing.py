"""The probe: every passport at every gate of a document, every object as somebody else.

    matrix = probe(document, identities, client)

It needs the document's `security`, a client and a source of identities, and knows no service.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import requests

from apiproof.access.assignment import Assignment
from apiproof.access.contents import Contents, Hints
from apiproof.access.endings import ends
from apiproof.access.exchange import Answer, Caller, Request
from apiproof.access.gates import Gate, Gatehouse
from apiproof.access.identities import Identities
from apiproof.access.inspection import Inspection
from apiproof.access.listings import Listings
from apiproof.access.lure import Lure, laid
from apiproof.access.manner import THOROUGH, Manner
from apiproof.access.matrix import Cell, Finding, Matrix, judged, untried
from apiproof.access.ownership import Ownership
from apiproof.access.passage import Passage
from apiproof.access.samples import Samples
from apiproof.access.scene import Unexercised
from apiproof.access.shadows import shadows
from apiproof.access.staging import Stage
from apiproof.access.writes import Writes
from apiproof.jwt import NOTHING, PASSPORTS, Ending, Presented
from apiproof.openapi.document import Operation

Result = tuple[Cell, list[Finding]]


class Probe:
    """Exercises the operations of one document, one at a time or all."""

    def __init__(
        self,
        document: Mapping[str, Any],
        identities: Identities,
        client: requests.Session,
        hints: Hints | None = None,
        manner: Manner = THOROUGH,
    ) -> None:
        """Prepare to probe a service.

        Args:
            document: Its OpenAPI document.
            identities: Where credentials come from.
            client: Sends requests; URLs that start with a slash are relative to the service.
            hints: What is known beside the document.
            manner: How far to go.
        """
        self._manner = manner
        self._turns: Counter[str] = Counter()
        self._gatehouse = Gatehouse(document)
        self._inspection = Inspection(document, self._gatehouse, identities)
        self._caller = Caller(client, self._inspection.see)
        self.hints = hints or Hints()
        contents = Contents(document, Samples(document), self.hints)
        self._stage = Stage(self._gatehouse, identities, self._caller, contents)
        self._identities = identities
        self._shadows = shadows(document)
        self.matrix = Matrix(
            {found.operation_id: found.label for found in self._gatehouse.operations}
        )
        self._exercised: set[str] = set()

    @property
    def exercised(self) -> set[str]:
        """The operationIds that were tried."""
        return self._exercised

    def adopt(self, matrix: Matrix) -> None:
        """Go on from what an earlier probe of the same service found."""
        if matrix is not self.matrix:
            matrix.requests.update(self.matrix.requests)
            self._exercised |= {cell.operation_id for cell in matrix.cells}
            self._exercised |= set(matrix.unexercised)
            if matrix.cells:
                self._turns.update(dict.fromkeys(self._gatehouse.schemes, 1))
            self.matrix = matrix

    @property
    def secrets(self) -> list[str]:
        """The secrets that were handed out: none may turn up in a log or a report."""
        return list(self._identities.secrets())

    @property
    def operations(self) -> dict[str, Operation]:
        """The document's operations by label, `GET /users/me`."""
        return {operation.label: operation for operation in self._gatehouse.operations}

    def inspect(self, request: Request, presented: Presented, answer: Answer) -> list[Finding]:
        """Return what is wrong with an answer that somebody else got."""
        return list(self._inspection.of(request, presented, answer))

    def finish(self) -> None:
        """Exercise what was not exercised yet."""
        for operation in sorted(self._gatehouse.operations, key=_last):
            if operation.operation_id not in self._exercised:
                self.exercise(operation)

    def run(self, skip: Iterable[str] = ()) -> Matrix:
        """Exercise every operation; those that end accounts come last."""
        self._exercised |= set(skip)
        self.finish()
        return self.matrix

    def exercise(self, operation: Operation) -> None:
        """Try everything on one operation and add what was found to the matrix."""
        self._exercised.add(operation.operation_id)
        before = set(self._inspection.findings)
        try:
            results = self._guarded(operation) if operation.security else self._public(operation)
            for cell, findings in results:
                self.matrix.cells.append(cell)
                self.matrix.add(findings)
        except Unexercised as reason:
            self._missed(operation, str(reason))
        self.matrix.requests.update(self._caller.counts)
        self._caller.counts.clear()
        found = self._inspection.findings
        self.matrix.add(found[name] for name in found if name not in before)

    def _spared(self, operation: Operation) -> bool:
        """Whether trying an operation would cost an account or a session for good."""
        if self._identities.renewable or self._manner.use_up:
            return False
        if ends(operation, Ending.DELETED):
            return True
        people = self._identities.people()
        return ends(operation, Ending.SIGNED_OUT) and not all(map(self._identities.lasting, people))

    def _guarded(self, operation: Operation) -> Iterator[Result]:
        if self._spared(operation):
            reason = "it would use up an account of the identities file (see --use-up)"
            yield untried(operation, "valid", reason), []
            return
        gates = self._gatehouse.gates(operation)
        if not gates:
            missing = ", ".join(self._gatehouse.undeclared(operation)) or "none"
            raise Unexercised(f"no declared security scheme is left to try (undeclared: {missing})")
        failures, entered = [], False
        for gate in gates:
            with laid() as lure:
                try:
                    passage = Passage(self._stage, lure.url, self._turn(gate))
                    yield from passage.walk(gate, PASSPORTS.values())
                    entered = True
                except Unexercised as reason:
                    failures.append(f"{gate.name}: {reason}")
                self.matrix.add(_lured(operation, lure))
        if failures:
            self._missed(operation, "; ".join(failures))
        if entered:
            for trial in (Ownership, Listings, Writes, Assignment):
                yield from self._beside(operation, trial(self._stage))

    def _turn(self, gate: Gate) -> int:
        turn = self._turns[gate.use.scheme.name] if self._manner.brief else 0
        self._turns[gate.use.scheme.name] += 1
        return turn

    def _beside(self, operation: Operation, trial: Any) -> Iterator[Result]:
        """Run what goes beyond passports; what cannot be staged there is not tried."""
        try:
            yield from trial.probe(operation)
        except Unexercised as reason:
            yield untried(operation, type(trial).__name__.lower(), str(reason)), []

    def _public(self, operation: Operation) -> Iterator[Result]:
        """Call an operation without a credential; with one, only if that is refused."""
        try:
            scene = self._stage.scene(operation)
        except Unexercised as reason:
            yield from self._hidden(operation, str(reason))
            return
        answer = self._stage.caller.send(scene.request, Presented(headers=scene.person.headers))
        yield judged(operation, "public_is_declared", "anonymous", (answer,), "")
        yield from self._beside(operation, Writes(self._stage))

    def _hidden(self, operation: Operation, reason: str) -> Iterator[Result]:
        """Tell an operation that is secured in secret from one that could not be called."""
        for alternative in self._everywhere():
            secured = Operation(**{**vars(operation), "security": alternative})
            try:
                scene = self._stage.scene(secured)
            except Unexercised:
                continue
            answer = self._stage.caller.send(scene.request, NOTHING)
            note = f"asks for a credential ({answer.status}) and is declared public"
            yield judged(operation, "public_is_declared", "anonymous", (answer,), note)
            return
        if shadow := self._shadows.get(operation.operation_id):
            self._missed(operation, f"{reason}; shadowed by {shadow.label}, declared before it")
        yield untried(operation, "anonymous", reason), []

    def _everywhere(self) -> list[Any]:
        """Return every combination of credentials that some operation asks for, once."""
        found = [operation.security for operation in self._gatehouse.operations]
        return list(dict.fromkeys(security for security in found if security))

    def _missed(self, operation: Operation, reason: str) -> None:
        shadow = self._shadows.get(operation.operation_id)
        if shadow is not None and shadow.label not in reason:
            reason += f"; {shadow.label}, declared before it, shadows it"
        self.matrix.unexercised[operation.operation_id] = reason


def _lured(operation: Operation, lure: Lure) -> Iterator[Finding]:
    if lure.visits:
        text = "fetches keys from a URL that the token names (RFC 8725, 3.10; CWE-918)"
        yield Finding("forged_tokens_rejected", operation.operation_id, "lure", text)


def _last(operation: Operation) -> int:
    ending = any(ends(operation, kind) for kind in (Ending.SIGNED_OUT, Ending.DELETED))
    return 2 if ending else int(operation.method == "DELETE")


def probe(
    document: Mapping[str, Any],
    identities: Identities,
    client: requests.Session,
    skip: Iterable[str] = (),
    manner: Manner = THOROUGH,
) -> Matrix:
    """Probe every operation of a document.

    Args:
        document: The OpenAPI document.
        identities: Where credentials come from.
        client: Sends requests; URLs that start with a slash are relative to the service.
        skip: operationIds to leave alone.
        manner: How far to go.
    """
    return Probe(document, identities, client, manner=manner).run(skip)
