"""Requests that tell what the answers to bad credentials are compared with."""

from dataclasses import replace

from apiproof.access.credential_results import (
    FORBIDDEN,
    CredentialResult,
    RefusalControl,
    forbids_alike,
    let_in_bare,
    refused_bare,
)
from apiproof.access.http import NotPrepared, Response, uncredentialed
from apiproof.access.prepare import RequestPreparer
from apiproof.access.prepared import PreparedRequest
from apiproof.access.public_reads import shown_by_open_list, to_nobody
from apiproof.access.requirements import SecurityRequirement, is_session_ending
from apiproof.access.resources import adds_to
from apiproof.access.response_diff import diff, differ_as_counted, normalize, says_no_more
from apiproof.access.safeguards import SAFE
from apiproof.jwt import NotApplicable, SessionEnd


class ControlRequests:
    """Sends what a control of one requirement takes."""

    def __init__(self, preparer: RequestPreparer, requirement: SecurityRequirement) -> None:
        self._preparer = preparer
        self._requirement = requirement

    def control(
        self, opened: Response, results: list[CredentialResult], prepared: PreparedRequest
    ) -> RefusalControl:
        """Return what the answers to bad credentials are compared with.

        Args:
            opened: What the valid credential gets.
            results: What was tried and answered.
            prepared: The request that it was tried with.
        """
        requirement, is_abroad = self._requirement, prepared.user.is_learnt
        if requirement.optional:
            return RefusalControl(opened, self._reference(), is_abroad=is_abroad)
        if not is_abroad:
            return self._opened_by_lists(prepared, RefusalControl(opened), results)
        # What nobody was refused, just now, they are refused still.
        reference = refused_bare(results) or self._reference()
        forbids = forbids_alike(requirement, results) and (
            reference.ok or reference.status == FORBIDDEN
        )
        self._preparer.refusals.note(requirement, reference)
        is_public = reference.ok and self._is_public(results)
        public = "nobody is told more than whoever asks" if is_public else ""
        nobody = to_nobody(self._preparer, prepared) if is_public else ()  # a bad one may be none
        takes_any = is_session_ending(requirement.operation, SessionEnd.SIGNED_OUT) and any(
            one.ok for result in results if result.case.id == "garbage" for one in result.responses
        )
        return RefusalControl(opened, None, True, forbids, public, nobody, takes_any=takes_any)  # noqa: FBT003

    def _opened_by_lists(
        self, tried: PreparedRequest, control: RefusalControl, results: list[CredentialResult]
    ) -> RefusalControl:
        """Return a control that knows whether a list without security shows what is read."""
        operation = self._requirement.operation
        if not let_in_bare(results) or operation.method not in SAFE or adds_to(operation):
            return control
        fresh = self._setting()  # the newest stands where a list begins
        public = shown_by_open_list(self._preparer, fresh)
        if not public:
            return control
        return replace(control, public=public, nobody=to_nobody(self._preparer, tried))

    def _is_public(self, results: list[CredentialResult]) -> bool:
        """Whether a read tells nobody no more than any two users, and refuses bad credentials.

        Frameworks declare a credential that is optional like one that is not.
        """
        if self._requirement.operation.method not in SAFE:
            return False
        prepared = self._setting()
        tried = [one for each in results if each.case.id == "garbage" for one in each.responses]
        if not tried:  # other checks were asked for
            no_credential = self._requirement.use.scheme.present("garbage")
            tried = [self._preparer.sender.send(prepared.request, no_credential)]
        if all(one.ok for one in tried):
            return False
        try:
            other = self._preparer.user_source.other(prepared.user)
            auth = self._preparer.credential(self._requirement.operation, other)
        except (NotApplicable, NotPrepared):
            return False
        answers = [
            self._preparer.sender.send(prepared.request, one)
            for one in (uncredentialed(prepared.user), prepared.auth, auth)
        ]
        first = answers[0]
        if not all(one.ok for one in answers):
            return False
        if all(
            not diff(normalize(one, ()), normalize(first, ()), times=False)
            or (first.json is not None and says_no_more(first.json, one.json))
            for one in answers
        ):
            return True
        answers.append(self._preparer.sender.send(prepared.request, prepared.auth))
        return answers[-1].ok and differ_as_counted(answers)

    def _setting(self) -> PreparedRequest:
        requirement = self._requirement
        return self._preparer.prepared(requirement.operation, requirement.alternative)

    def _reference(self) -> Response:
        """Return what a caller without a credential gets."""
        prepared = self._setting()
        return self._preparer.sender.send(prepared.request, uncredentialed(prepared.user))
