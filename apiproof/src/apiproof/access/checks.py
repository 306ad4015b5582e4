"""The checks of a probe: what each is about, how bad its findings are, and who says so."""

import enum
from dataclasses import dataclass

from apiproof.reporting.finding import Severity


class Impact(enum.Enum):
    """What a finding means for the service, the worst first."""

    LET_IN = "let in"
    LEAK = "leaks"
    EXISTENCE = "tells existence"
    DEVIATION = "deviates"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Impact).index(self)

    @property
    def severity(self) -> Severity:
        """The severity in reports."""
        return list(Severity)[self.rank]


@dataclass(frozen=True)
class Check:
    """One check.

    Attributes:
        impact: What a finding of it means, where the finding itself does not say.
        expected: The answer that is due, in words.
        source: RFC, CWE and OWASP API Security Top 10 (2023).
    """

    impact: Impact
    expected: str
    source: str


CHECKS: dict[str, Check] = {
    "anonymous_rejected": Check(Impact.LET_IN, "401", "RFC 9110, 15.5.2; CWE-306; OWASP API2:2023"),
    "scopes_enforced": Check(Impact.LET_IN, "403", "RFC 6750, 3.1; CWE-285; OWASP API5:2023"),
    "forged_tokens_rejected": Check(Impact.LET_IN, "401", "RFC 8725; CWE-347; OWASP API2:2023"),
    "keys_are_strong": Check(
        Impact.LET_IN, "a random key", "RFC 8725, 3.5; CWE-521; OWASP API2:2023"
    ),
    "ownership_enforced": Check(Impact.LET_IN, "no trace", "CWE-639; OWASP API1:2023"),
    "privileges_enforced": Check(
        Impact.LET_IN, "unchanged", "CWE-269, CWE-915; OWASP API3:2023, API5:2023"
    ),
    "functions_enforced": Check(Impact.LET_IN, "403", "CWE-285; OWASP API5:2023"),
    "urls_not_fetched": Check(Impact.LEAK, "no request", "CWE-918; OWASP API7:2023"),
    "secrets_not_leaked": Check(Impact.LEAK, "no secret", "CWE-200, CWE-522; OWASP API3:2023"),
    "users_not_enumerable": Check(
        Impact.EXISTENCE, "the same answer", "CWE-204, CWE-208; OWASP API2:2023"
    ),
    "logins_limited": Check(
        Impact.EXISTENCE, "429 or a lock-out", "CWE-307; OWASP API2:2023, API4:2023"
    ),
    "writes_are_readable": Check(Impact.DEVIATION, "as written", "RFC 9110, 9.3"),
    "boundaries_handled": Check(Impact.DEVIATION, "no 500", "CWE-20, CWE-755; RFC 9110, 15.6.1"),
    "errors_conform": Check(Impact.DEVIATION, "as declared", "RFC 9110, 11.6.1; RFC 6750, 3"),
    "security_kept": Check(Impact.LET_IN, "as before", "the baseline; CWE-306; OWASP API2:2023"),
    "members_only": Check(Impact.LET_IN, "as before", "the baseline; CWE-285; OWASP API5:2023"),
    "public_is_declared": Check(
        Impact.DEVIATION, "open", "OpenAPI 3.1, Security Requirement Object"
    ),
    "accepted": Check(Impact.DEVIATION, "2xx", "the document"),
    "exercised": Check(Impact.DEVIATION, "exercised", "no green without evidence"),
}
