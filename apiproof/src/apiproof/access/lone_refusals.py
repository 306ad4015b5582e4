"""Operations that refuse nobody's requests with 403 where all others of the service say 401.

A service that forbids throughout is consistent (RFC 6750, 3.1 only recommends 401); one operation
that does so among others that do not was written by another hand. Only the end of a run tells.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from apiproof.access.checks import Impact
from apiproof.access.http import Response
from apiproof.access.report import REFUSED_OTHERWISE, Result, evaluated
from apiproof.access.requirements import SecurityRequirement
from apiproof.openapi.document import Operation

CHECK, CASE = "anonymous_rejected", "anonymous"
UNAUTHENTICATED, FORBIDDEN = 401, 403
FEWEST = 3  # operations that answer 401, to one that does not


@dataclass
class LoneRefusals:
    """Notes how operations refuse requests without a credential, by the scheme they ask for."""

    _seen: dict[str, dict[str, tuple[Operation, Response]]] = field(default_factory=dict)

    def note(self, requirement: SecurityRequirement, response: Response) -> None:
        """Take note of a refusal.

        Args:
            requirement: By which credential it would not have been refused.
            response: The refusal.
        """
        if requirement.use.scheme.is_http and response.status in {UNAUTHENTICATED, FORBIDDEN}:
            by_label = self._seen.setdefault(requirement.use.scheme.name, {})
            by_label[requirement.operation.label] = (requirement.operation, response)

    def results(self) -> Iterator[Result]:
        """Yield what forbids among many that do not, and is not declared to say 401."""
        for by_label in self._seen.values():
            forbidding = [one for one in by_label.values() if one[1].status == FORBIDDEN]
            rest = len(by_label) - len(forbidding)
            for operation, response in forbidding:
                is_declared = set(operation.statuses) & {str(UNAUTHENTICATED), "4XX", "default"}
                if is_declared or rest < FEWEST * len(forbidding):
                    continue  # told already, or the service's way
                note = f"no credential: answered 403, and {rest} other operations answer 401"
                kind, cause = f"answered {FORBIDDEN}", f"{REFUSED_OTHERWISE}: answered {FORBIDDEN}"
                impact = Impact.DEVIATION
                yield evaluated(
                    operation, CHECK, CASE, (response,), note, kind=kind, impact=impact, cause=cause
                )
