"""What the answers to a credential case amount to: a cell, and findings by how they went wrong."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from apiproof.access.checks import Impact
from apiproof.access.http import Response
from apiproof.access.report import (
    NOT_VERIFIED,
    OPEN,
    PUBLIC,
    REFUSED_OTHERWISE,
    AccessFinding,
    Cell,
)
from apiproof.access.requirements import SecurityRequirement, is_session_ending
from apiproof.access.response_diff import diff, normalize
from apiproof.jwt import (
    CredentialCase,
    Expected,
    SessionEnd,
)
from apiproof.openapi.document import Operation
from apiproof.reporting.model import Status

ADMITTED = range(200, 300)
UNAUTHENTICATED, FORBIDDEN, NOT_FOUND = 401, 403, 404
MALFORMED = {400, 431}  # invalid_request (RFC 6750, 3.1); a header that a server takes for too long


BARE = {"anonymous", "gateway-headers"}
UNNAMED = {*BARE, "empty"}  # no credential at all
NOBODYS = {*UNNAMED, "wrong-scheme"}  # or none that is looked at


UNCLEAR = {"valid", "empty", "wrong-scheme"}  # whether that is a bearer token may be argued


# Accepted, these let nobody in who has no valid credential: they only break a rule.
HARMLESS = {"wrong-scheme", "other-algorithm", "unknown-crit"}


SIGNATURE = {
    *("alg-none", "other-pool", "changed-payload", "stripped-signature", "broken-signature"),
    *("weak-secret", "hs256-public-key", "unknown-kid", "missing-kid", "kid-path", "kid-url"),
    *("jwk-injection", "jku-injection", "x5u-injection"),
}


UNSIGNED = {"changed-payload", "broken-signature"}
_PARAMETER = re.compile(r'([A-Za-z_]+)\s*=\s*(?:"([^"]*)"|([^\s,"]+))')


@dataclass
class CredentialResult:
    """What one case met at a requirement.

    Attributes:
        case: The case.
        responses: The answers to its variants.
        side_effect: Whether it was refused, but carried out all the same.
        nobody: What no credential gets for the same, twice, where the control is about another.
    """

    case: CredentialCase
    responses: list[Response] = field(default_factory=list)
    side_effect: bool = False
    nobody: tuple[Response, ...] = ()


TAKES_ANY = "signing out takes any token"


@dataclass(frozen=True)
class RefusalControl:
    """What the answers to a case are compared with.

    Attributes:
        opened: What the valid credential gets, if that was tried on the same request.
        reference: What no credential gets, where none is needed.
        is_abroad: Whether the service is somebody else's, judged by what a standard demands.
        forbids: Whether it refuses every bad credential, and none, with 403.
        public: Why a read needs no credential, whatever the document says; empty where it does.
        nobody: What no credential gets, twice, where bad ones may be answered like none.
        takes_any: Whether it signs out whoever asks, with whatever token: RFC 7009, 2.2.
        shows: Whether the valid credential is shown something: an empty answer is a refusal then.
    """

    opened: Response | None
    reference: Response | None = None
    is_abroad: bool = False
    forbids: bool = False
    public: str = ""
    nobody: tuple[Response, ...] = ()
    shows: bool = False
    takes_any: bool = False

    def is_public(self, result: CredentialResult, response: Response) -> bool:
        """Whether an answer is what everybody may read: a bad credential counts as none there."""
        if not self.public or result.case.id in UNNAMED:
            return bool(self.public)
        answers = [normalize(one, ()) for one in result.nobody or self.nobody]
        if not answers:
            return False
        moved = {name for one in answers for name in diff(answers[0], one)}
        return diff(answers[0], normalize(response, ())) <= moved


def hides(operation: Operation) -> bool:
    """Whether an operation may hide what it is about from nobody in particular (RFC 9110, 15.5.5).

    Where a credential is optional, what needs one is as good as absent to those who have none.
    """
    return "{" in operation.path and str(NOT_FOUND) in operation.statuses


def forbids_alike(requirement: SecurityRequirement, results: Iterable[CredentialResult]) -> bool:
    """Whether whatever was refused was refused with 403, and the document promises no 401.

    401 takes an HTTP authentication scheme, and RFC 6750, 3.1 only recommends it (SHOULD): a
    service that forbids throughout is consistent, one that mixes the two is not.
    """
    if set(requirement.operation.statuses) & {str(UNAUTHENTICATED), "4XX", "default"}:
        return False
    refused = {
        response.status
        for result in results
        if result.case.expected is Expected.UNAUTHENTICATED
        for response in result.responses
        if 400 <= response.status < 500 and response.status != 429
    }
    return refused == {FORBIDDEN}


def let_in_bare(results: Iterable[CredentialResult]) -> bool:
    """Whether somebody without any credential was let in."""
    return any(one.ok for result in results if result.case.id in BARE for one in result.responses)


def refused_bare(results: Iterable[CredentialResult]) -> Response | None:
    """Return the answer with which nobody's request was refused; None where it was not."""
    answers = (
        one for result in results if result.case.id == "anonymous" for one in result.responses
    )
    return next((one for one in answers if 400 <= one.status < 500 and one.status != 429), None)


def evaluated(
    requirement: SecurityRequirement, result: CredentialResult, control: RefusalControl
) -> tuple[Cell, list[AccessFinding]]:
    """Return the cell of a case, and its findings: one for each way in which it went wrong.

    Args:
        requirement: Where it was tried.
        result: What was tried and answered.
        control: What its answers are compared with.
    """
    opened, reference = control.opened, control.reference
    expected = expected_statuses(requirement, result.case)
    is_keyed = control.is_abroad and not requirement.use.scheme.is_http  # no scheme to challenge by
    if (control.forbids or is_keyed) and result.case.expected is Expected.UNAUTHENTICATED:
        expected |= {FORBIDDEN}
    if control.is_abroad and result.case.id == "garbage":
        expected |= MALFORMED
    if control.is_abroad and result.case.id in NOBODYS and hides(requirement.operation):
        expected |= {NOT_FOUND}
    wrong = [
        response
        for response in result.responses
        if (response.status not in expected or response.is_refused_in_body)
        and response.status != 429
        and not _as_anonymous(response, reference, opened)
    ]
    findings = list(_findings(requirement, result, wrong, control, expected))
    if result.side_effect:
        note = f"{result.case.title}: refused, but carried out all the same"
        findings.append(_finding(requirement, result, result.responses[-1], note, "carried out"))
    findings.sort(key=lambda finding: finding.severity.rank)
    worst = findings[0] if findings else None
    last = result.responses[-1] if result.responses else None
    shown = worst.response if worst else last
    cell = Cell(
        operation_id=requirement.operation.operation_id,
        requirement=requirement.name,
        case=result.case.id,
        expected=result.case.expected.value,
        got=tuple(response.status for response in result.responses),
        status=Status.FAILED if worst else Status.PASSED,
        note=worst.text if worst else "",
        evidence=shown.evidence if shown else "",
        check=result.case.check,
    )
    if not control.is_abroad:  # RFC 6750 recommends error codes, it does not demand them
        findings += _challenged(requirement, result)
    return cell, findings


def _findings(
    requirement: SecurityRequirement,
    result: CredentialResult,
    wrong: list[Response],
    control: RefusalControl,
    expected: set[int],
) -> Iterator[AccessFinding]:
    """Yield a finding for each kind of wrong answer; the first answer of a kind shows it."""
    wanted = " or ".join(str(status) for status in sorted(expected)) if len(expected) < 5 else "2xx"
    case, seen = result.case, set()
    for response in wrong:
        is_in = response.ok and case.expected is not Expected.ACCEPTED
        is_in = is_in and _alike(response, control.opened)
        is_in = is_in and not (control.shows and response.is_empty)
        kind = "let in" if is_in else f"answered {response.failure or response.status}"
        if kind in seen:
            continue
        seen.add(kind)
        if is_in:
            note = f"{case.title}: let in with {response.status}, {wanted} is due ({case.source})"
            is_public = control.is_public(result, response)
            is_harmless = case.id in HARMLESS or is_public
            is_harmless = is_harmless or control.takes_any or _deletes_again(requirement, case)
            impact = Impact.DEVIATION if is_harmless else Impact.LET_IN
            note += f": {control.public}, so {PUBLIC}" if is_public else ""
        else:
            got = response.failure or response.status
            note = f"{case.title}: answered {got}, {wanted} is due ({case.source})"
            impact = Impact.DEVIATION
        found = _finding(requirement, result, response, note, kind, impact, wanted)
        if is_in and control.takes_any:
            found = replace(found, cause=TAKES_ANY)
        elif is_in and control.is_public(result, response):
            found = replace(found, cause=PUBLIC)
        yield found


def _deletes_again(requirement: SecurityRequirement, case: CredentialCase) -> bool:
    """Whether an account that is gone asks to be deleted: nothing is left that it could do."""
    ends = is_session_ending(requirement.operation, SessionEnd.DELETED)
    return ends and case.ending is SessionEnd.DELETED


def _finding(  # noqa: PLR0913, PLR0917 - the parts of a finding
    requirement: SecurityRequirement,
    result: CredentialResult,
    response: Response,
    note: str,
    kind: str,
    impact: Impact = Impact.LET_IN,
    expected: str = "401 and nothing done",
) -> AccessFinding:
    case = result.case
    # The same wrong status, whatever the credential, has one cause: how the service refuses.
    is_refusal = impact is Impact.DEVIATION and kind != "let in"
    cause = f"{REFUSED_OTHERWISE}: {kind}" if is_refusal else f"{case.id}/{kind}"
    return AccessFinding(
        case.check,
        requirement.operation.operation_id,
        f"{case.id}@{requirement.name}",
        note,
        response.evidence,
        kind=kind,
        impact=impact,
        expected=expected,
        source=case.source,
        response=response,
        cause=cause,
    )


def _alike(response: Response, opened: Response | None) -> bool:
    """Whether an answer is of the kind that the valid credential gets: no error in a 200."""
    if opened is None or not opened.ok:
        return True
    one, other = response.json, opened.json
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return bool(set(one) & set(other) - {"status", "message", "detail"}) or set(one) == set(
            other
        )
    return type(one) is type(other)


def _challenged(
    requirement: SecurityRequirement, result: CredentialResult
) -> Iterator[AccessFinding]:
    """Yield what is wrong with the challenges in refusals of a bearer token."""
    if not requirement.use.scheme.bears_tokens or result.case.id in UNCLEAR:
        return
    expected = expected_statuses(requirement, result.case)
    for response in result.responses:
        if response.status in expected & {401, 403}:
            shown = result.case.id not in BARE
            for name, text in challenge_faults(
                response, shown=shown, scopes=requirement.use.scopes
            ):
                operation_id = requirement.operation.operation_id
                yield AccessFinding(
                    "errors_conform",
                    operation_id,
                    name,
                    text,
                    response.evidence,
                    response=response,
                    cause=name,
                )


def challenge_faults(
    response: Response, *, shown: bool, scopes: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the challenge to a bearer token (RFC 6750, 3).

    Args:
        response: A refusal of a credential, for no other reason than the credential.
        shown: Whether a bearer token was sent.
        scopes: What the operation asks for.
    """
    header = response.headers.get("www-authenticate", "")
    status = response.status
    if not header:
        yield f"challenge-{status}", f"the {status} has no WWW-Authenticate (RFC 6750, 3)"
        return
    if not header.lower().startswith("bearer"):
        return
    given = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(header)}
    expected = {401: "invalid_token" if shown else None, 403: "insufficient_scope"}[status]
    if given.get("error") != expected:
        wanted = f'error="{expected}"' if expected else "no error code, because no token was sent"
        yield f"challenge-error-{status}", f"the {status} takes {wanted} (RFC 6750, 3.1)"
    if status == 403 and "scope" in given and set(given["scope"].split()) != set(scopes):
        yield "challenge-scopes", "the scopes named are not those that the operation declares"


def expected_statuses(requirement: SecurityRequirement, case: CredentialCase) -> set[int]:
    """Return the statuses with which a case may be met.

    Where the document declares no 401 (403) for the operation but another refusal that hides what
    is there, it is believed.
    """
    if case.expected is Expected.ACCEPTED:
        return set(ADMITTED)
    first, others = {
        Expected.UNAUTHENTICATED: (401, [403, 404]),
        Expected.FORBIDDEN: (403, [404]),
    }[case.expected]
    declared = set(requirement.operation.statuses)
    moved = {status for status in (302, 303, 307) if str(status) in declared}  # to a login page
    if declared & {str(first), "4XX", "default"}:
        return {first, *moved}
    return {first, *moved, *(status for status in others if str(status) in declared)}


def _as_anonymous(response: Response, reference: Response | None, opened: Response | None) -> bool:
    """Whether an optional requirement treated a bad credential as none."""
    if reference is None or response.status != reference.status:
        return False
    return response.text == reference.text or opened is None or response.text != opened.text


def skipped(requirement: SecurityRequirement, case: CredentialCase, reason: str) -> Cell:
    """Return the cell of a case that could not be made."""
    return Cell(
        requirement.operation.operation_id,
        requirement.name,
        case.id,
        case.expected.value,
        status=Status.SKIPPED,
        note=reason,
        check=case.check,
    )


def with_common_cause(
    cells: list[tuple[Cell, list[AccessFinding]]],
) -> Iterator[tuple[Cell, list[AccessFinding]]]:
    """Give findings one cause: where nothing is asked for, where no signature is verified."""
    let_in = {
        finding.case.partition("@")[0]
        for _, findings in cells
        for finding in findings
        if finding.kind == "let in" and finding.severity is Impact.LET_IN
    }
    for cell, found in cells:
        findings = found
        if "anonymous" in let_in:
            findings = [
                replace(finding, cause=OPEN) if finding.kind == "let in" else finding
                for finding in found
            ]
        elif let_in & UNSIGNED:
            findings = [
                replace(finding, cause=NOT_VERIFIED, text=f"{NOT_VERIFIED}: {finding.text}")
                if finding.kind == "let in" and cell.case in SIGNATURE
                else finding
                for finding in found
            ]
        yield cell, findings
