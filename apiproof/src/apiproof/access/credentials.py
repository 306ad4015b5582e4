"""Credential cases tried on requests that succeed with the valid credential, and their results."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from apiproof.access.control_requests import ControlRequests
from apiproof.access.credential_results import (
    CredentialResult,
    RefusalControl,
    evaluated,
    let_in_bare,
    skipped,
    with_common_cause,
)
from apiproof.access.http import NotPrepared, Response, uncredentialed
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.public_reads import to_nobody
from apiproof.access.refresh_tokens import granted_by_login, refresh_member
from apiproof.access.report import AccessFinding, Cell
from apiproof.access.requirements import SecurityRequirement
from apiproof.access.safeguards import SAFE
from apiproof.access.users import User
from apiproof.access.users_file import FileUsers
from apiproof.jwt import (
    VALID,
    CredentialCase,
    CredentialContext,
    Expected,
    NotApplicable,
    RequestAuth,
    SessionEnd,
)
from apiproof.openapi.document import Operation

RARE = 6  # how many operations there are to one that each end of a session is tried at
GRACE = 6.0  # seconds after which the end of a session has reached everybody


class SessionEnder:
    """Ends users' sessions and accounts."""

    def __init__(self, preparer: RequestPreparer) -> None:
        self._preparer = preparer

    def check(self, ending: SessionEnd) -> None:
        """Tell whether anything can end a session that way, before anybody is created for it.

        Raises:
            NotApplicable: Nothing can.
        """
        if not self._may_end(ending):
            raise NotApplicable(
                f"no account can be {ending.value} without losing it for other probes"
            )
        if ending is SessionEnd.DISABLED:
            self._preparer.user_source.check_disable()
        elif not self._preparer.security.endings[ending]:
            raise NotApplicable(
                f"the document has no operation after which a caller is {ending.value}"
            )

    def _may_end(self, ending: SessionEnd) -> bool:
        """Whether it costs nothing: of lent users, only sessions that the run itself has opened."""
        user_source = self._preparer.user_source
        if user_source.can_create_users:
            return True
        lent = list(user_source.users()) if ending is SessionEnd.SIGNED_OUT else []
        return bool(lent) and all(
            one.is_learnt and user_source.can_log_in_again(one) for one in lent
        )

    def end(self, user: User, ending: SessionEnd, requirement: SecurityRequirement) -> None:
        """Sign a user out, or disable or delete the account.

        Args:
            user: Who.
            ending: How.
            requirement: By which credential, where the document asks for none there.

        Raises:
            NotApplicable: Nothing at hand does that.
        """
        if ending is SessionEnd.DISABLED:
            self._preparer.user_source.disable(user)
            return
        chosen = next(iter(self._preparer.security.endings[ending]), None)
        if chosen is None:
            raise NotApplicable(
                f"the document has no operation after which a caller is {ending.value}"
            )
        if ending is SessionEnd.SIGNED_OUT and self._is_about_refresh(chosen, user):
            raise NotApplicable("the sign-out is about a refresh token, and about no access token")
        # Where the document asks for no credential it is sent all the same.
        alternative = None if chosen.secured else requirement.alternative
        try:
            if not user.is_lent:
                self._preparer.prepared(chosen, alternative)  # so that its trial is somebody else's
            prepared = self._preparer.prepared(chosen, alternative, user)
        except NotPrepared as reason:
            raise NotApplicable(f"{chosen.operation_id}: {reason}") from None
        response = self._preparer.sender.send(prepared.request, prepared.auth)
        if not response.ok:
            raise NotApplicable(f"{chosen.operation_id} answered {response.status}")
        if ending is SessionEnd.DELETED:
            self._preparer.user_source.forget(user)
        elif user.is_learnt:
            self._preparer.user_source.invalidate(user)

    def _is_about_refresh(self, chosen: Operation, user: User) -> bool:
        """Whether a sign-out says, or is sent in a cookie, which refresh token is over.

        A short access token may then serve to its end (RFC 7009, 2.1: SHOULD).
        """
        source = self._preparer.user_source
        if not isinstance(source, FileUsers):
            return False
        if refresh_member(self._preparer.payloads, chosen):
            return True
        return not chosen.secured and bool(granted_by_login(*source.login_answer(user)).refresh)


class CredentialedRequest:
    """A prepared request at a requirement, with its user's credential cases, each made once."""

    def __init__(
        self, probe: "CredentialProbe", requirement: SecurityRequirement, prepared: PreparedRequest
    ) -> None:
        self._variant_index = probe.variant_index
        self.requirement = requirement
        self.prepared = prepared
        self._context = probe.context(requirement, prepared)
        self._companions = probe.companions(requirement, prepared)
        self._made: dict[str, list[RequestAuth]] = {}

    def variants(self, case: CredentialCase) -> list[RequestAuth]:
        """Return a case's variants as a request carries them.

        Raises:
            NotApplicable: It cannot be made with what is at hand.
        """
        if case.id not in self._made:
            variants = list(case.make(self._context))
            if self._variant_index and variants and case.expected is Expected.UNAUTHENTICATED:
                variants = [variants[self._variant_index % len(variants)]]
            self._made[case.id] = [self._companions.merged_with(variant) for variant in variants]
        return self._made[case.id]


class CredentialProbe:
    """Tries cases at the requirements of a preparer.

    With a `variant_index`, bad credentials are shown in one of their variants instead of all, a
    different one each time: for requirements after the first, where time is short.
    """

    def __init__(self, preparer: RequestPreparer, trap_url: str, variant_index: int = 0) -> None:
        self.variant_index = variant_index
        self._preparer = preparer
        self._session_ender = SessionEnder(preparer)
        self._trap_url = trap_url

    def run(
        self, requirement: SecurityRequirement, cases: Iterable[CredentialCase]
    ) -> Iterator[tuple[Cell, list[AccessFinding]]]:
        """Try cases at a requirement; yield a cell and its findings for each.

        Raises:
            NotPrepared: There is no request to replay.
        """
        first = CredentialedRequest(self, requirement, self._setting(requirement))
        results: dict[str, CredentialResult] = {}
        over: list[CredentialResult] = []
        for case in cases:
            try:
                count = len(first.variants(case))
            except NotApplicable as reason:
                yield skipped(requirement, case, str(reason)), []
                continue
            if case.ending is not None:
                if not self.variant_index or self.variant_index % RARE == list(SessionEnd).index(
                    case.ending
                ):
                    try:
                        over.append(self._ended(requirement, case))
                    except NotApplicable as reason:
                        yield skipped(requirement, case, str(reason)), []
            elif count:
                results[case.id] = CredentialResult(case)
        first = self._still_valid(requirement, first)
        opened = self._run(requirement, first, results)
        if not opened.ok and first.prepared.user.is_learnt:
            # Abroad, a request that does not succeed any more says nothing of what was refused.
            text = f"the valid credential got {opened.failure or opened.status} afterwards"
            for result in (CredentialResult(VALID), *results.values(), *over):
                yield skipped(requirement, result.case, text), []
            return
        tried = [*results.values(), *over]
        control = RefusalControl(opened)
        if first.prepared.user.is_learnt or requirement.optional or let_in_bare(tried):
            control = ControlRequests(self._preparer, requirement).control(
                opened, tried, first.prepared
            )
        yield evaluated(requirement, CredentialResult(VALID, [opened]), control)
        ended = replace(control, opened=None, shows=not opened.is_empty)
        yield from (evaluated(requirement, result, ended) for result in over)
        cells = [evaluated(requirement, result, control) for result in results.values()]
        yield from with_common_cause(cells)

    def _still_valid(
        self, requirement: SecurityRequirement, first: CredentialedRequest
    ) -> CredentialedRequest:
        """Prepare anew where the trial of what ends sessions ended that of the request's user."""
        user, auth = first.prepared.user, first.prepared.auth
        if not user.is_learnt:
            return first
        is_gone = self._preparer.user_source.is_gone(user)
        now = (
            None
            if is_gone
            else self._preparer.credential(requirement.operation, user, requirement.alternative)
        )
        if now == auth:
            return first
        return CredentialedRequest(self, requirement, self._setting(requirement))

    def _setting(self, requirement: SecurityRequirement) -> PreparedRequest:
        return self._preparer.prepared(requirement.operation, requirement.alternative)

    def _run(
        self,
        requirement: SecurityRequirement,
        credentialed: "CredentialedRequest",
        results: dict[str, CredentialResult],
    ) -> Response:
        """Send every variant of every trial, then the valid credential; return its answer."""
        for result in results.values():
            if self._accepted(credentialed, result):
                credentialed = CredentialedRequest(self, requirement, self._setting(requirement))
        opened = self._open(credentialed.prepared)
        if not opened.ok and requirement.operation.method not in SAFE:
            opened = self._open(self._setting(requirement))  # a control: a fresh one succeeds
            for result in results.values() if opened.ok else ():
                result.side_effect = self._has_side_effect(requirement, result)
        return opened

    def _open(self, prepared: PreparedRequest) -> Response:
        return self._preparer.send_valid(prepared)

    def _accepted(self, credentialed: "CredentialedRequest", result: CredentialResult) -> bool:
        """Send variants up to one that gets in; tell whether that used the request up."""
        for auth in credentialed.variants(result.case):
            response = self._preparer.sender.send(credentialed.prepared.request, auth)
            result.responses.append(response)
            if response.ok and not credentialed.requirement.optional:
                prepared = credentialed.prepared
                self._preparer.note_success(
                    prepared.request.operation, prepared.user, prepared.request
                )
                return credentialed.requirement.operation.method not in SAFE
        return False

    def _has_side_effect(self, requirement: SecurityRequirement, result: CredentialResult) -> bool:
        """Tell whether a refused case has its request carried out all the same."""
        if any(response.ok for response in result.responses):
            return False
        credentialed = CredentialedRequest(self, requirement, self._setting(requirement))
        for auth in credentialed.variants(result.case):
            self._preparer.sender.send(credentialed.prepared.request, auth)
        if self._open(credentialed.prepared).ok:
            return False
        # A control: the same without the bad credential, just before and after, does succeed.
        return all(self._open(self._setting(requirement)).ok for _ in range(2))

    def _ended(self, requirement: SecurityRequirement, case: CredentialCase) -> CredentialResult:
        """Try a genuine credential whose session or account is over.

        Raises:
            NotApplicable: Nothing ends one that way.
        """
        assert case.ending is not None  # noqa: S101  # the caller's condition, for the types
        if case.ending is SessionEnd.SIGNED_OUT and requirement.use.scheme.kind == "basic":
            raise NotApplicable("a name and a password outlive every session")
        self._session_ender.check(case.ending)
        try:
            prepared = self._preparer.prepared(
                requirement.operation, requirement.alternative, self._preparer.new_user()
            )
        except NotPrepared as reason:  # what only users of the file have: the rest is tried
            raise NotApplicable(str(reason)) from None
        self._session_ender.end(prepared.user, case.ending, requirement)
        response = self._preparer.sender.send(prepared.request, prepared.auth)
        if response.ok and prepared.user.is_learnt:
            response = self._after_grace(prepared, case.ending) or response
        is_alike = response.ok and not prepared.user.is_learnt
        nobody = to_nobody(self._preparer, prepared) if is_alike else ()
        return CredentialResult(case, [response], nobody=nobody)

    def _after_grace(self, prepared: PreparedRequest, ending: SessionEnd) -> Response | None:
        """Ask again a little later, once in a run: requests under way may have been spared.

        Raises:
            NotApplicable: Sessions are known to serve for a few seconds after their end.
        """
        known = self._preparer.ends_late.get(ending)
        if known:
            raise NotApplicable(f"a credential serves for some seconds after it is {ending.value}")
        if known is None:
            time.sleep(GRACE)
        response = self._preparer.sender.send(prepared.request, prepared.auth)
        self._preparer.ends_late[ending] = not response.ok
        return response

    def context(
        self, requirement: SecurityRequirement, prepared: PreparedRequest
    ) -> CredentialContext:
        """Return what cases for a requirement are made of, for a prepared request's user."""
        user_source, use = self._preparer.user_source, requirement.use
        return CredentialContext(
            scheme=use.scheme,
            credential=user_source.credential(prepared.user, use.scheme, use.scopes),
            required=use.scopes,
            known=requirement.known_scopes,
            other_scope_sets=requirement.other_scope_sets,
            material=user_source.material(prepared.user, use.scheme, self._trap_url),
        )

    def companions(
        self, requirement: SecurityRequirement, prepared: PreparedRequest
    ) -> RequestAuth:
        """Return what accompanies the credential in question, all of it valid."""
        auth = uncredentialed(prepared.user)
        for place, use in enumerate(requirement.alternative):
            if place != requirement.index:
                credential = self._preparer.user_source.credential(
                    prepared.user, use.scheme, use.scopes
                )
                auth = auth.merged_with(use.scheme.present(credential))
        return auth
