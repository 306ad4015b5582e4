"""The probe: every credential case at every operation, every object as another user."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from apiproof.access.credentials import CredentialProbe
from apiproof.access.http import Request, Response, Sender
from apiproof.access.inspection import Inspection
from apiproof.access.jwks_trap import JwksTrap, serve_jwks_trap
from apiproof.access.mass_assignment import MassAssignmentProbe
from apiproof.access.objects import ListAccessProbe, ObjectAccessProbe
from apiproof.access.payloads import ExampleValues, Hints, PayloadSource
from apiproof.access.prepare import NotPrepared, RequestPreparer
from apiproof.access.read_after_write import ReadAfterWriteProbe
from apiproof.access.report import AccessReport, Cell, Finding, evaluated, skipped
from apiproof.access.requirements import (
    SecurityModel,
    SecurityRequirement,
    is_session_ending,
    shadowed_routes,
)
from apiproof.access.users import UserSource
from apiproof.access.users_environment import GeneratedUsers, Powers, hints_of
from apiproof.control import ControlClient, TokenForger
from apiproof.environment import Environment
from apiproof.jwt import CREDENTIAL_CASES, NO_AUTH, RequestAuth, SessionEnd
from apiproof.openapi.document import Operation
from apiproof.service import Document, Service

Result = tuple[Cell, list[Finding]]


@dataclass(frozen=True)
class ProbeOptions:
    """How far a probe goes.

    Attributes:
        destructive: Whether to call what ends a given account or session for good.
        quick: Whether bad credentials are shown in all variants at the first requirement of a
            scheme only, and in a single one, each time another, at the rest.
    """

    destructive: bool = False
    quick: bool = False


THOROUGH, QUICK = ProbeOptions(), ProbeOptions(quick=True)


class Probe:
    """Exercises the operations of one document, one at a time or all."""

    def __init__(
        self,
        document: Mapping[str, Any],
        user_source: UserSource,
        client: requests.Session,
        hints: Hints | None = None,
        options: ProbeOptions = THOROUGH,
    ) -> None:
        """Prepare to probe a service.

        Args:
            document: Its OpenAPI document.
            user_source: Where credentials come from.
            client: Sends requests; URLs that start with a slash are relative to the service.
            hints: What is known beside the document.
            options: How far to go.
        """
        self._options = options
        self._seen_schemes: Counter[str] = Counter()
        self._security = SecurityModel(document)
        self._inspection = Inspection(document, self._security, user_source)
        self._sender = Sender(client, self._inspection.see)
        self.hints = hints or Hints()
        payloads = PayloadSource(document, ExampleValues(document), self.hints)
        self._preparer = RequestPreparer(self._security, user_source, self._sender, payloads)
        self._user_source = user_source
        self._shadowed_routes = shadowed_routes(document)
        self.report = AccessReport(
            {found.operation_id: found.label for found in self._security.operations}
        )
        self._exercised: set[str] = set()

    @property
    def exercised(self) -> set[str]:
        """The operationIds that were tried."""
        return self._exercised

    def continue_from(self, report: AccessReport) -> None:
        """Go on from what an earlier probe of the same service found."""
        if report is not self.report:
            report.requests.update(self.report.requests)
            self._exercised |= {cell.operation_id for cell in report.cells}
            self._exercised |= set(report.not_exercised)
            if report.cells:
                self._seen_schemes.update(dict.fromkeys(self._security.schemes, 1))
            self.report = report

    @property
    def secrets(self) -> list[str]:
        """The secrets that were handed out: none may turn up in a log or a report."""
        return list(self._user_source.secrets())

    @property
    def operations(self) -> dict[str, Operation]:
        """The document's operations by label, `GET /users/me`."""
        return {operation.label: operation for operation in self._security.operations}

    def inspect(self, request: Request, auth: RequestAuth, response: Response) -> list[Finding]:
        """Return what is wrong with an answer that somebody else got."""
        return list(self._inspection.of(request, auth, response))

    def finish(self) -> None:
        """Exercise what was not exercised yet."""
        for operation in sorted(self._security.operations, key=_last):
            if operation.operation_id not in self._exercised:
                self.exercise(operation)

    def run(self, skip: Iterable[str] = ()) -> AccessReport:
        """Exercise every operation; those that end accounts come last."""
        self._exercised |= set(skip)
        self.finish()
        return self.report

    def exercise(self, operation: Operation) -> None:
        """Try everything on one operation and add what was found to the report."""
        self._exercised.add(operation.operation_id)
        before = set(self._inspection.findings)
        try:
            results = self._guarded(operation) if operation.security else self._public(operation)
            for cell, findings in results:
                self.report.cells.append(cell)
                self.report.add(findings)
        except NotPrepared as reason:
            self._missed(operation, str(reason))
        self.report.requests.update(self._sender.counts)
        self._sender.counts.clear()
        found = self._inspection.findings
        self.report.add(found[name] for name in found if name not in before)

    def _spared(self, operation: Operation) -> bool:
        """Whether trying an operation would cost an account or a session for good."""
        if self._user_source.can_create_users or self._options.destructive:
            return False
        if is_session_ending(operation, SessionEnd.DELETED):
            return True
        users = self._user_source.users()
        return is_session_ending(operation, SessionEnd.SIGNED_OUT) and not all(
            map(self._user_source.can_log_in_again, users)
        )

    def _guarded(self, operation: Operation) -> Iterator[Result]:
        if self._spared(operation):
            reason = "it would use up an account of the identities file (see --use-up)"
            yield skipped(operation, "valid", reason), []
            return
        requirements = self._security.requirements(operation)
        if not requirements:
            missing = ", ".join(self._security.undeclared(operation)) or "none"
            raise NotPrepared(f"no declared security scheme is left to try (undeclared: {missing})")
        failures, entered = [], False
        for requirement in requirements:
            with serve_jwks_trap() as trap:
                try:
                    probe = CredentialProbe(
                        self._preparer, trap.url, self._variant_index(requirement)
                    )
                    yield from probe.walk(requirement, CREDENTIAL_CASES.values())
                    entered = True
                except NotPrepared as reason:
                    failures.append(f"{requirement.name}: {reason}")
                self.report.add(_trapped(operation, trap))
        if failures:
            self._missed(operation, "; ".join(failures))
        if entered:
            for result in (
                ObjectAccessProbe,
                ListAccessProbe,
                ReadAfterWriteProbe,
                MassAssignmentProbe,
            ):
                yield from self._beside(operation, result(self._preparer))

    def _variant_index(self, requirement: SecurityRequirement) -> int:
        variant_index = (
            self._seen_schemes[requirement.use.scheme.name] if self._options.quick else 0
        )
        self._seen_schemes[requirement.use.scheme.name] += 1
        return variant_index

    def _beside(self, operation: Operation, result: Any) -> Iterator[Result]:
        """Run what goes beyond cases; what cannot be prepared there is not tried."""
        try:
            yield from result.probe(operation)
        except NotPrepared as reason:
            yield skipped(operation, type(result).__name__.lower(), str(reason)), []

    def _public(self, operation: Operation) -> Iterator[Result]:
        """Call an operation without a credential; with one, only if that is refused."""
        try:
            prepared = self._preparer.prepared(operation)
        except NotPrepared as reason:
            yield from self._hidden(operation, str(reason))
            return
        response = self._preparer.sender.send(
            prepared.request, RequestAuth(headers=prepared.user.headers)
        )
        yield evaluated(operation, "public_is_declared", "anonymous", (response,), "")
        yield from self._beside(operation, ReadAfterWriteProbe(self._preparer))

    def _hidden(self, operation: Operation, reason: str) -> Iterator[Result]:
        """Tell an operation that is secured in secret from one that could not be called."""
        for alternative in self._everywhere():
            secured = Operation(**{**vars(operation), "security": alternative})
            try:
                prepared = self._preparer.prepared(secured)
            except NotPrepared:
                continue
            response = self._preparer.sender.send(prepared.request, NO_AUTH)
            note = f"asks for a credential ({response.status}) and is declared public"
            yield evaluated(operation, "public_is_declared", "anonymous", (response,), note)
            return
        if shadow := self._shadowed_routes.get(operation.operation_id):
            self._missed(operation, f"{reason}; shadowed by {shadow.label}, declared before it")
        yield skipped(operation, "anonymous", reason), []

    def _everywhere(self) -> list[Any]:
        """Return every combination of credentials that some operation asks for, once."""
        found = [operation.security for operation in self._security.operations]
        return list(dict.fromkeys(security for security in found if security))

    def _missed(self, operation: Operation, reason: str) -> None:
        shadow = self._shadowed_routes.get(operation.operation_id)
        if shadow is not None and shadow.label not in reason:
            reason += f"; {shadow.label}, declared before it, shadows it"
        self.report.not_exercised[operation.operation_id] = reason


def _trapped(operation: Operation, trap: JwksTrap) -> Iterator[Finding]:
    if trap.requests_seen:
        text = "fetches keys from a URL that the token names (RFC 8725, 3.10; CWE-918)"
        yield Finding("forged_tokens_rejected", operation.operation_id, "trap", text)


def _last(operation: Operation) -> int:
    ending = any(
        is_session_ending(operation, kind) for kind in (SessionEnd.SIGNED_OUT, SessionEnd.DELETED)
    )
    return 2 if ending else int(operation.method == "DELETE")


def probe(
    document: Mapping[str, Any],
    user_source: UserSource,
    client: requests.Session,
    skip: Iterable[str] = (),
    options: ProbeOptions = THOROUGH,
) -> AccessReport:
    """Probe every operation of a document.

    Args:
        document: The OpenAPI document.
        user_source: Where credentials come from.
        client: Sends requests; URLs that start with a slash are relative to the service.
        skip: operationIds to leave alone.
        options: How far to go.
    """
    return Probe(document, user_source, client, options=options).run(skip)


def powers_over(backstage: Environment | ControlClient) -> Powers:
    """Return what the owner of a backstage's user pool can do."""
    return TokenForger(backstage) if isinstance(backstage, Environment) else backstage


def probe_of(
    service: Service,
    backstage: Environment | ControlClient,
    document: Document | None = None,
    options: ProbeOptions = THOROUGH,
) -> Probe:
    """Return a probe of a service, whose identities are strangers of its environment.

    Args:
        service: The service.
        backstage: Its environment, in this process or behind its control door.
        document: The service's document, if it is at hand: making it takes a while.
        options: How far to go.
    """
    user_source = GeneratedUsers(backstage, powers_over(backstage))
    hints = hints_of(service, backstage)
    return Probe(document or backstage.document, user_source, backstage.client, hints, options)


def probe_service(
    service: Service, backstage: Environment | ControlClient, skip: Iterable[str] = ()
) -> AccessReport:
    """Probe every operation of a service in its environment.

    Args:
        service: The service.
        backstage: Its environment, in this process or behind its control door.
        skip: operationIds to leave alone.
    """
    return probe_of(service, backstage).run(skip)
