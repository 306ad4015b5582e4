"""What a verification finds, as data: reports are drawn from it, and it knows no report.

Every text and value in here has been through `redaction`: no token reaches a report.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from apiproof.pacts.reading import Interaction
from apiproof.redaction import KnownSecrets
from apiproof.reporting import Finding, HttpRequest, counted

EMBEDDED_URL = "http://127.0.0.1:8000"
"""Where reports say that an embedded provider is: there, `apiproof serve` brings it back."""


class InteractionStatus(StrEnum):
    """What is known of an interaction after it was verified.

    `PENDING` is one that did not pass and that the pact or the Broker marks as pending: it is
    shown and fails nothing. `ERROR` means that the question could not be asked.
    """

    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"
    ERROR = "error"


@dataclass(frozen=True)
class RecordedExchange:
    """A request that was really sent and the answer that really came.

    Attributes:
        method: of the request.
        target: path and query, as sent.
        headers: of the request, as the provider got them.
        body: of the request, as text.
        token_replaced: the consumer's bearer token was replaced by one of the user of its states.
        status: of the answer; None where the provider gave none.
        answer_headers: of the answer.
        answer_body: of the answer, as text.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: str
    token_replaced: bool
    status: int | None
    answer_headers: Mapping[str, str]
    answer_body: str

    def redacted(self, secrets: KnownSecrets) -> "RecordedExchange":
        """The request and its answer without secrets."""
        return replace(
            self,
            target=secrets.text(self.target),
            headers=secrets.headers(self.headers),
            body=secrets.text(self.body),
            answer_headers=secrets.headers(self.answer_headers),
            answer_body=secrets.body(self.answer_body),
        )

    def request_at(self, base_url: str) -> HttpRequest:
        """The request as reports show it, sent to a provider elsewhere."""
        return HttpRequest(self.method, base_url + self.target, self.headers, self.body)


@dataclass(frozen=True)
class Mismatch:
    """One thing in which the answer differs from what is expected.

    Attributes:
        path: the JSON path in the answer: `$.status`, `$.headers['Location']`, `$.body.items[0]`.
        where: the JSON path of the expectation in the pact file.
        rule: what the pact demands there, in words: `equal`, `matches regex ^a$`, `same type`.
        expected: the example of the pact, a JSON value.
        actual: what came, a JSON value; None where nothing did.
        text: one sentence.
    """

    path: str
    where: str
    rule: str
    expected: Any
    actual: Any
    text: str


@dataclass(frozen=True)
class InteractionResult:
    """An interaction that was verified.

    Attributes:
        interaction: as the pact has it.
        status: what is known now.
        mismatches: where the answer differs.
        exchange: what went over the wire; None where nothing was sent.
        error: one line, where mismatches do not tell what is wrong.
        hint: one line that says what to do next, or nothing.
        curl: a command that sends the same request, the token as `$TOKEN`.
        seconds: how long it took.
    """

    interaction: Interaction
    status: InteractionStatus
    mismatches: tuple[Mismatch, ...] = ()
    exchange: RecordedExchange | None = None
    error: str = ""
    hint: str = ""
    curl: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class PactResult:
    """A pact, every chosen interaction of which was verified.

    Attributes:
        source: its path or URL.
        consumer: who expects.
        provider: of whom.
        version: the major version of the Pact specification.
        interactions: one result for each interaction that was chosen.
        total: how many HTTP interactions the file holds.
        not_verified: a line for each message, which only a message provider could answer.
        notices: what a Broker says of it, with the moment.
    """

    source: str
    consumer: str
    provider: str
    version: int
    interactions: tuple[InteractionResult, ...]
    total: int
    not_verified: tuple[str, ...] = ()
    notices: tuple[tuple[str, str], ...] = ()

    def count(self, status: InteractionStatus) -> int:
        """How many interactions ended so."""
        return sum(result.status is status for result in self.interactions)

    @property
    def executed(self) -> int:
        """How many interactions the provider really answered."""
        return sum(
            result.exchange is not None and result.exchange.status is not None
            for result in self.interactions
        )

    @property
    def is_success(self) -> bool:
        """Whether everything in the file was verified and answered as expected."""
        passed = self.count(InteractionStatus.PASSED)
        return passed == self.executed == self.total > 0 and not self.not_verified


@dataclass(frozen=True)
class Verification:
    """The whole run.

    Attributes:
        provider: the provider's name.
        base_url: where it was, as reports show it.
        pacts: one result a pact.
        findings: what the pacts expect and the OpenAPI document does not promise.
        seconds: how long everything took.
        problems: a line for each pact that was named and could not be verified at all.
        unpublished: why a Broker did not take a result that it was to have.
    """

    provider: str
    base_url: str
    pacts: tuple[PactResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    unpublished: str = ""

    @property
    def hindrances(self) -> tuple[str, ...]:
        """A line for everything that keeps the run from being whole, whatever was answered."""
        return (*self.problems, *self.unpublished.splitlines())

    @property
    def statuses(self) -> Counter[InteractionStatus]:
        """How many interactions ended how."""
        return Counter(result.status for pact in self.pacts for result in pact.interactions)

    @property
    def verified(self) -> int:
        """How many interactions the provider really answered."""
        return sum(pact.executed for pact in self.pacts)

    @property
    def exit_code(self) -> int:
        """0 passed, 1 failed, 2 error: something could not be asked, or nothing was."""
        statuses = self.statuses
        if statuses[InteractionStatus.FAILED] or any(each.is_failing for each in self.findings):
            return 1
        # What is pending fails nothing, not even where it could not be asked.
        expected = sum(statuses.values()) - statuses[InteractionStatus.PENDING]
        answered = sum(
            result.exchange is not None and result.exchange.status is not None
            for pact in self.pacts
            for result in pact.interactions
            if result.status is not InteractionStatus.PENDING
        )
        is_whole = answered == expected and statuses and not self.hindrances
        return 0 if is_whole and not statuses[InteractionStatus.ERROR] else 2

    @property
    def summary(self) -> str:
        """One line with the result and its evidence."""
        statuses = self.statuses
        verdict = ("passed", "failed", "error")[self.exit_code]
        counts = ", ".join(
            f"{statuses[each]} {each}" for each in InteractionStatus if statuses[each]
        )
        messages = sum(len(pact.not_verified) for pact in self.pacts)
        rest = f"; {counted(messages, 'message')} not verified here" if messages else ""
        rest += (
            f"; {counted(len(self.problems), 'pact')} could not be verified"
            if self.problems
            else ""
        )
        rest += "; results are not published" if self.unpublished else ""
        rest += "; what is pending fails nothing" if statuses[InteractionStatus.PENDING] else ""
        return (
            f"{verdict}: {self.verified} of {counted(sum(statuses.values()), 'interaction')} of "
            f"{counted(len(self.pacts), 'pact')} verified in {self.seconds:.1f} s "
            f"({counts or 'none'}; "
            f"{counted(len(self.findings), 'finding')} against the document{rest})"
        )
