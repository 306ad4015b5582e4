"""Which credential cases an operation is shown: all at first, then those that tell most.

One place verifies the tokens of most services. What was refused at a score of operations is not
shown at hundreds more; what was let in anywhere is shown everywhere.
"""

from collections import Counter
from collections.abc import Iterable, Sequence

from apiproof.access.report import AccessFinding
from apiproof.access.requirements import SecurityRequirement
from apiproof.jwt import CredentialCase, Expected

ENOUGH = 20  # operations of a scheme that are shown everything
# Who asks for nothing at all lets these in, and who verifies nothing these.
TELLING = frozenset({"anonymous", "garbage", "alg-none", "broken-signature", "expired"})


class CaseSample:
    """Counts the operations of each scheme, and remembers what was let in."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()
        self._let_in: set[tuple[str, str]] = set()

    def note_schemes(self, names: Iterable[str]) -> None:
        """Take note that an earlier probe has shown every variant under some schemes."""
        self._seen.update(dict.fromkeys(names, 1))

    def turn_of(self, requirement: SecurityRequirement) -> int:
        """Return which variant of each case a requirement is shown: 0 for all of them."""
        name = requirement.use.scheme.name
        self._seen[name] += 1
        return self._seen[name] - 1

    def of(
        self, requirement: SecurityRequirement, cases: Iterable[CredentialCase], turn: int
    ) -> list[CredentialCase]:
        """Return the cases that a requirement is shown.

        Args:
            requirement: Which.
            cases: Those that are asked for.
            turn: Of the requirement.
        """
        if turn < ENOUGH:
            return list(cases)
        name = requirement.use.scheme.name
        return [one for one in cases if self._is_shown(name, one)]

    @staticmethod
    def within(cases: Sequence[CredentialCase], turn: int, share: int) -> list[CredentialCase]:
        """Return what fits into an operation's share of requests, other forgeries at each.

        One place verifies the tokens of most services: a few at each operation are all, soon. No
        credential at all is told from one everywhere.

        Args:
            cases: What would be shown.
            turn: Of the requirement.
            share: Requests of the operation, of which a third goes to forged credentials.
        """
        bare = [one for one in cases if one.id == "anonymous"]
        others = [one for one in cases if one.id != "anonymous"]
        count = min(max(share // 3 - len(bare), 1), len(others))
        first = turn * count
        return bare + [others[place % len(others)] for place in range(first, first + count)]

    def _is_shown(self, scheme: str, case: CredentialCase) -> bool:
        is_forged = case.expected is Expected.UNAUTHENTICATED and case.ending is None
        return not is_forged or case.id in TELLING or (scheme, case.id) in self._let_in

    def note(self, requirement: SecurityRequirement, findings: Iterable[AccessFinding]) -> None:
        """Take note of what a requirement let in."""
        name = requirement.use.scheme.name
        self._let_in |= {
            (name, one.case.partition("@")[0]) for one in findings if one.kind == "let in"
        }

    @property
    def note_of(self) -> str:
        """Say what was left out; empty for nothing."""
        lesser = {name: count - ENOUGH for name, count in self._seen.items() if count > ENOUGH}
        return "; ".join(
            f"{count} further operations of {name} were shown the telling credentials only "
            f"(after {ENOUGH} with all; see --thorough)"
            for name, count in sorted(lesser.items())
        )
