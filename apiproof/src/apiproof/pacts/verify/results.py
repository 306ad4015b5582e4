"""What a verification finds, as data: reports are drawn from it, and it knows no report.

Every text and value in here has been through `redaction`: no token reaches a report.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from apiproof.contract_diff.pact import Finding, Severity
from apiproof.pacts.reading import Interaction
from apiproof.redaction import KnownSecrets
from apiproof.reporting.exchange import HttpRequest


class Outcome(StrEnum):
    """What is known of an interaction after it was played.

    `PENDING` is a broken one that the pact or the Broker marks as pending: shown, not counted
    against the provider. `UNTOLD` means that the question could not be asked.
    """

    HONOURED = "honoured"
    BROKEN = "broken"
    PENDING = "pending"
    UNTOLD = "untold"


@dataclass(frozen=True)
class Exchange:
    """A request that was really sent and the answer that really came.

    Attributes:
        method: of the request.
        target: path and query, as sent.
        headers: of the request, as the provider got them.
        body: of the request, as text.
        impersonated: the consumer's bearer token was replaced by one of the user of its states.
        status: of the answer; None where the provider gave none.
        answer_headers: of the answer.
        answer_body: of the answer, as text.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: str
    impersonated: bool
    status: int | None
    answer_headers: Mapping[str, str]
    answer_body: str

    def redacted(self, secrets: KnownSecrets) -> "Exchange":
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
    """One thing that the answer does not honour.

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
    """An interaction that was played.

    Attributes:
        interaction: as the pact has it.
        outcome: what is known now.
        mismatches: where the answer differs.
        exchange: what went over the wire; None where nothing was sent.
        error: one line, where the outcome is not told by mismatches.
        hint: one line that says what to do next, or nothing.
        curl: a command that sends the same request, the token as `$TOKEN`.
        seconds: how long it took.
    """

    interaction: Interaction
    outcome: Outcome
    mismatches: tuple[Mismatch, ...] = ()
    exchange: Exchange | None = None
    error: str = ""
    hint: str = ""
    curl: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class PactResult:
    """A pact, every chosen interaction of which was played.

    Attributes:
        source: its path or URL.
        consumer: who expects.
        provider: of whom.
        version: the major version of the Pact specification.
        interactions: one result for each interaction that was chosen.
        total: how many interactions the file holds.
        untold: lines on what could not be asked at all (messages), which make the exit code 2.
    """

    source: str
    consumer: str
    provider: str
    version: int
    interactions: tuple[InteractionResult, ...]
    total: int
    untold: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many interactions ended so."""
        return sum(result.outcome is outcome for result in self.interactions)

    @property
    def played(self) -> int:
        """How many interactions the provider really answered."""
        return sum(
            result.exchange is not None and result.exchange.status is not None
            for result in self.interactions
        )


@dataclass(frozen=True)
class Verification:
    """The whole run.

    Attributes:
        provider: the provider's name.
        base_url: where it was, as reports show it.
        pacts: one result a pact.
        findings: what the pacts expect and the OpenAPI document does not promise.
        seconds: how long everything took.
    """

    provider: str
    base_url: str
    pacts: tuple[PactResult, ...] = ()
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How many interactions ended how."""
        return Counter(result.outcome for pact in self.pacts for result in pact.interactions)

    @property
    def verified(self) -> int:
        """How many interactions were played and judged."""
        return sum(pact.played for pact in self.pacts)

    @property
    def exit_code(self) -> int:
        """0 honoured, 1 broken, 2 could not tell (or nothing was played)."""
        outcomes = self.outcomes
        errors = any(finding.severity is Severity.ERROR for finding in self.findings)
        if outcomes[Outcome.BROKEN] or errors:
            return 1
        untold = outcomes[Outcome.UNTOLD] or any(pact.untold for pact in self.pacts)
        missed = self.verified != sum(outcomes.values())
        return 2 if untold or missed or not outcomes else 0

    @property
    def summary(self) -> str:
        """One line with the verdict and its evidence."""
        outcomes = self.outcomes
        verdict = ("honoured", "broken", "could not tell")[self.exit_code]
        told = ", ".join(f"{outcomes[each]} {each}" for each in Outcome if outcomes[each])
        return (
            f"{verdict}: {self.verified} of {sum(outcomes.values())} interactions of "
            f"{len(self.pacts)} pacts verified in {self.seconds:.1f} s ({told}; "
            f"{len(self.findings)} findings against the document)"
        )
