"""The probe: every credential case at every operation, every object as another user."""

import re
import secrets
import traceback
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import requests

from apiproof.access.abroad_run import AbroadRun
from apiproof.access.accounts import Accounts
from apiproof.access.boundaries import BoundaryProbe
from apiproof.access.budget import LEFT_OUT, left_out, limited
from apiproof.access.case_sample import CaseSample
from apiproof.access.credential_results import skipped as skipped_case
from apiproof.access.credentials import CredentialProbe
from apiproof.access.disclosures import PrivateValues
from apiproof.access.error_conformance import ErrorConformance
from apiproof.access.example_values import ExampleValues
from apiproof.access.http import NotPrepared, Request, Response, Sender, Unreachable, uncredentialed
from apiproof.access.jwks_trap import serve_jwks_trap
from apiproof.access.keys import ShownKeys
from apiproof.access.lists import ListAccessProbe
from apiproof.access.logins import with_open_logins
from apiproof.access.mass_assignment import MassAssignmentProbe
from apiproof.access.memberships import MembershipProbe
from apiproof.access.objects import ObjectAccessProbe
from apiproof.access.options import THOROUGH, ProbeOptions
from apiproof.access.own_profile import OwnProfileProbe
from apiproof.access.parameter_credentials import with_undeclared_schemes, with_unnamed_scheme
from apiproof.access.payloads import Hints, PayloadSource
from apiproof.access.prepare import RequestPreparer
from apiproof.access.read_after_write import ReadAfterWriteProbe
from apiproof.access.report import (
    INTERRUPTED,
    AccessFinding,
    AccessReport,
    Result,
    Trial,
    evaluated,
    skipped,
    trapped,
)
from apiproof.access.requirements import (
    SecurityModel,
    SecurityRequirement,
    shadowed_routes,
    turn_of,
)
from apiproof.access.safeguards import Safeguards, would_use_up
from apiproof.access.secret_leaks import SecretLeaks
from apiproof.access.shares import ShareProbe
from apiproof.access.url_fetch import UrlFetchProbe
from apiproof.access.users import PoolUsers, UserSource
from apiproof.access.withheld_rows import WithheldRowsProbe
from apiproof.errors import UserError
from apiproof.jwt import (
    CREDENTIAL_CASES,
    NO_AUTH,
    CredentialCase,
    NotApplicable,
    RequestAuth,
)
from apiproof.openapi.document import Operation


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
        self._asked = options.asked
        self._sample = CaseSample()
        self._accounts = user_source if isinstance(user_source, Accounts) else None
        declared, is_abroad = document, self._accounts is not None
        if self._accounts is not None:
            named = with_unnamed_scheme(with_undeclared_schemes(document), self._accounts.place)
            document = with_open_logins(named)
        self._security = SecurityModel(document)
        self._safeguards = Safeguards(
            destructive=options.destructive, read_only=options.read_only, named=options.only
        )
        self._sender = Sender(client, self._see, self._safeguards.reason)
        self._budget = limited(
            self._sender, options.max_requests, lambda: getattr(user_source, "logins_sent", 0)
        )
        self.hints = hints or Hints()
        nonce = secrets.token_hex(3) if self._accounts else ""
        self._private = PrivateValues(self._accounts, nonce) if self._accounts else None
        inspectors = (
            ErrorConformance(document, self._security, is_abroad=is_abroad),
            SecretLeaks(document, self._security, user_source),
            self._private,
            ShownKeys() if is_abroad else None,
        )
        self._inspectors = [one for one in inspectors if one and one.check in self._asked]
        self._inspected: dict[str, AccessFinding] = {}
        payloads = PayloadSource(document, ExampleValues(document, nonce), self.hints)
        self._preparer = RequestPreparer(
            self._security, user_source, self._sender, payloads, self._safeguards
        )
        self._abroad = None
        if self._accounts and self._private:
            self._abroad = AbroadRun(self._accounts, self._preparer, self._private, options)
        self._lists = ListAccessProbe(self._preparer)
        self._user_source = user_source
        self._shadowed_routes = shadowed_routes(document)
        self.report = AccessReport(
            {found.operation_id: found.label for found in self._security.operations},
            is_strict=options.is_strict,
            document=declared,
        )
        self._exercised: set[str] = set()
        self.operations = {one.label: one for one in self._security.operations}

    def _see(self, request: Request, auth: RequestAuth, response: Response) -> None:
        for finding in self.inspect(request, auth, response):
            self._inspected.setdefault(finding.id, finding)
        if self._abroad is not None:
            self._abroad.see(request, auth, response)

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
                self._sample.note_schemes(self._security.schemes)
            self.report = report

    @property
    def secrets(self) -> list[str]:
        """The secrets that were handed out: none may turn up in a log or a report."""
        return list(self._user_source.secrets())

    def inspect(
        self, request: Request, auth: RequestAuth, response: Response
    ) -> list[AccessFinding]:
        """Return what is wrong with one answer by itself, as far as it is asked for."""
        # As the document has it: a probe may try a public operation as if it were secured.
        operation = self.operations.get(request.operation.label, request.operation)
        return [
            finding
            for inspector in self._inspectors
            for finding in inspector.findings(operation, request, auth, response)
        ]

    def finish(self, labels: Container[str] | None = None) -> None:
        """Exercise what was not exercised yet.

        Args:
            labels: Of the operations that are meant (`GET /users`); None for all.
        """
        ordered = sorted(self._security.operations, key=turn_of)
        for place, operation in enumerate(ordered):
            if self._budget is not None:
                self._budget.begin(len(ordered) - place)
            if labels is not None and operation.label not in labels:
                continue
            is_asked = not self._options.only or {operation.label, operation.operation_id} & set(
                self._options.only
            )
            if operation.operation_id not in self._exercised and is_asked:
                self.exercise(operation)
                for missed in self._abroad.missed(self.report) if self._abroad else ():
                    self.exercise(missed)

    def run(self, skip: Iterable[str] = ()) -> AccessReport:
        """Exercise every operation; those that end accounts come last.

        Whatever ends the run early, the report holds what was found until then.
        """
        self._exercised |= set(skip)
        try:
            if self._abroad is not None:
                self._abroad.begin(self._sender, self._safeguards, self.report)
            self.finish()
            if self._abroad is not None:
                tried = self._exercised - set(skip)
                chosen = [one for one in self._security.operations if one.operation_id in tried]
                self._keep(self._abroad.beyond_operations(chosen, self.report))
        except KeyboardInterrupt:
            self.report.interrupted = INTERRUPTED
        except UserError as reason:
            self.report.interrupted = str(reason)
        except Exception:  # noqa: BLE001  # whatever it is, what was found must not be lost
            self.report.interrupted = f"An error of the probe's own:\n{traceback.format_exc()}"
        if self._abroad is not None:
            if self._budget is not None:
                self._budget.lift()
            self._abroad.end(self._sender, self.report)
            limits = left_out(self.report) if self._budget is not None else self._sample.note_of
            notes = (self.report.note, limits)
            self.report.note = "; ".join(filter(None, notes))
        self._note_seen()
        return self.report

    def _keep(self, results: Iterable[Result]) -> None:
        for cell, findings in results:
            self.report.cells.append(cell)
            self.report.add(findings)

    def _note_seen(self) -> None:
        self.report.requests.update(self._sender.counts)
        self._sender.counts.clear()
        self.report.add(self._inspected.values())

    def exercise(self, operation: Operation) -> None:
        """Try everything on one operation and add what was found to the report."""
        operation = self.operations.get(operation.label, operation)  # with all that secures it
        self._exercised.add(operation.operation_id)
        try:
            self._keep(self._guarded(operation) if operation.security else self._public(operation))
        except NotPrepared as reason:
            self._missed(operation, str(reason))
        except (UserError, requests.RequestException) as error:
            self._missed(operation, f"{type(error).__name__}: {error}")
            if isinstance(error, Unreachable):
                raise
        finally:
            self._note_seen()

    def _guarded(self, operation: Operation) -> Iterator[Result]:
        if would_use_up(operation, self._user_source, destructive=self._options.destructive):
            reason = "it would use up an account of the identities file (see --use-up)"
            yield skipped(operation, "valid", reason), []
            return
        requirements = self._security.requirements[operation.label]
        if not requirements:
            missing = ", ".join(self._security.undeclared(operation)) or "none"
            raise NotPrepared(f"no declared security scheme is left to try (undeclared: {missing})")
        failures, entered = [], False
        cases = [one for one in CREDENTIAL_CASES.values() if one.check in self._asked]
        for requirement in requirements:
            with serve_jwks_trap() as trap:
                try:
                    turn, shown, unshown = self._shown(requirement, cases)
                    yield from ((skipped_case(requirement, one, LEFT_OUT), []) for one in unshown)
                    probe = CredentialProbe(self._preparer, trap.url, turn)
                    for cell, findings in probe.run(requirement, shown):
                        if self._options.quick and findings:
                            self._sample.note(requirement, findings)
                        yield cell, findings
                    entered = True
                except NotPrepared as reason:
                    failures.append(f"{requirement.name}: {reason}")
                self.report.add(trapped(operation.operation_id, trap.requests_seen))
        if failures:
            self._missed(operation, "; ".join(failures))
        if entered:
            yield from self._beside_credentials(operation)
        else:
            yield from self._url_fetches(operation)

    def _shown(
        self, requirement: SecurityRequirement, cases: list[CredentialCase]
    ) -> tuple[int, list[CredentialCase], list[CredentialCase]]:
        """Return the turn of a requirement, the cases that it is shown, and what is left out."""
        turn = self._sample.turn_of(requirement) if self._options.quick else 0
        whole = self._sample.of(requirement, cases, turn) if turn else cases
        if self._budget is None:
            return turn, whole, []
        shown = self._sample.within(whole, turn, self._budget.share)
        # One variant of each, from the first operation on.
        return turn + 1, shown, [case for case in whole if case not in shown]

    def _trials(self) -> Iterator[Trial]:
        if "ownership_enforced" in self._asked:
            yield ObjectAccessProbe(self._preparer)
            yield self._lists
            yield OwnProfileProbe(self._preparer)
            yield ShareProbe(self._preparer)
            yield WithheldRowsProbe(self._preparer)
        if "writes_are_readable" in self._asked:
            yield ReadAfterWriteProbe(self._preparer)
        if "ownership_enforced" in self._asked:
            yield MassAssignmentProbe(self._preparer)
        if "boundaries_handled" in self._asked and not self._options.read_only:
            yield BoundaryProbe(self._preparer)
        if "functions_enforced" in self._asked and isinstance(self._user_source, PoolUsers):
            yield MembershipProbe(self._preparer, self._user_source)

    def _beside_credentials(self, operation: Operation) -> Iterator[Result]:
        """Try whose objects are whose; where requests are few, what tells less comes last."""
        trials = list(self._trials())
        lesser = (ReadAfterWriteProbe, BoundaryProbe) if self._budget is not None else ()
        for trial in trials:
            if not isinstance(trial, lesser):
                yield from self._beside(operation, trial)
        yield from self._with_accounts(operation)
        for trial in trials:
            if isinstance(trial, lesser):
                yield from self._beside(operation, trial)

    def _with_accounts(self, operation: Operation) -> Iterator[Result]:
        """Try what takes accounts of the run's own, or does no harm to any other."""
        if self._abroad is None or self._options.read_only:
            return
        for trial in self._abroad.trials():
            yield from self._beside(operation, trial)
        yield from self._url_fetches(operation)

    def _url_fetches(self, operation: Operation) -> Iterator[Result]:
        is_asked = "urls_not_fetched" in self._asked and not self._options.read_only
        if self._accounts is not None and is_asked:
            yield from self._beside(operation, UrlFetchProbe(self._preparer))

    def _beside(self, operation: Operation, trial: Trial) -> Iterator[Result]:
        """Run what goes beyond credentials; what cannot be prepared there is not tried."""
        if self._budget is not None and self._budget.is_spent:
            yield skipped(operation, type(trial).__name__.lower(), LEFT_OUT), []
            return
        try:
            yield from trial.probe(operation)
        except (NotPrepared, NotApplicable) as reason:
            yield skipped(operation, type(trial).__name__.lower(), str(reason)), []

    def _public(self, operation: Operation) -> Iterator[Result]:
        """Call an operation without a credential; with one, only if that is refused."""
        yield from self._with_accounts(operation)
        try:
            prepared = self._preparer.prepared(operation)
        except NotPrepared as reason:
            yield from self._hidden(operation, str(reason))
            return
        response = self._preparer.sender.send(prepared.request, uncredentialed(prepared.user))
        if response.status in {401, 403} and self._security.is_unnamed:
            yield from self._hidden(operation, f"answered {response.status}")
            return
        yield evaluated(operation, "public_is_declared", "anonymous", (response,), "")
        if "writes_are_readable" in self._asked:
            yield from self._beside(operation, ReadAfterWriteProbe(self._preparer))
        if "boundaries_handled" in self._asked and not self._options.read_only:
            yield from self._beside(operation, BoundaryProbe(self._preparer))

    def _hidden(self, operation: Operation, reason: str) -> Iterator[Result]:
        """Tell an operation that is secured in secret from one that could not be called."""
        for alternative in self._security.known if re.search("answered 40[13]", reason) else ():
            secured = replace(operation, security=alternative)
            if operation.method == "GET":  # a login is not tried twice
                self._preparer.try_anew(operation)
            try:
                prepared = self._preparer.prepared(secured)
            except NotPrepared:
                continue
            response = self._preparer.sender.send(prepared.request, NO_AUTH)
            note = f"asks for a credential ({response.status}) and is declared public"
            if self._security.is_unnamed:
                note = ""  # nothing is declared, neither public nor secured
            yield evaluated(operation, "public_is_declared", "anonymous", (response,), note)
            if self._security.is_unnamed:  # only calls could tell: it is tried as if declared
                self._security.secure(secured)
                yield from self._guarded(secured)
                return
            for trial in self._trials() if self._accounts is not None else ():
                yield from self._beside(secured, trial)
            yield from self._with_accounts(secured)
            return
        if shadow := self._shadowed_routes.get(operation.operation_id):
            self._missed(operation, f"{reason}; shadowed by {shadow.label}, declared before it")
        yield skipped(operation, "anonymous", reason), []

    def _missed(self, operation: Operation, reason: str) -> None:
        shadow = self._shadowed_routes.get(operation.operation_id)
        if shadow is not None and shadow.label not in reason:
            reason += f"; {shadow.label}, declared before it, shadows it"
        self.report.not_exercised[operation.operation_id] = reason
