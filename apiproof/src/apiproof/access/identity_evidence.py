"""Whether each user of the file was ever taken for one: no green without evidence for each.

A credential that has run out, or goes after another word, is refused like none. Whoever is refused
everywhere has shown nothing, however much was tried without them.
"""

from collections import defaultdict

from apiproof.access.http import Request, Response
from apiproof.access.safeguards import SAFE

UNAUTHENTICATED, FORBIDDEN = 401, 403
REFUSED = {UNAUTHENTICATED, FORBIDDEN}
MOST = 5  # reads that whoever is not known yet is asked for
Answers = dict[str, set[int]]  # statuses by operationId


class IdentityEvidence:
    """Notes the answers to credentials, and to requests without any."""

    def __init__(self) -> None:
        self._bare: Answers = defaultdict(set)
        self._answers: dict[str, Answers] = defaultdict(lambda: defaultdict(set))
        self._reads: dict[str, Request] = {}  # that somebody was let in to

    def note(self, name: str | None, request: Request, response: Response) -> None:
        """Take note of an answer.

        Args:
            name: Whose credential was sent; None for no credential at all.
            request: The request; what no credential is asked for tells nothing.
            response: Its answer.
        """
        if request.operation.secured and response.status:
            answers = self._bare if name is None else self._answers[name]
            answers[request.operation.operation_id].add(response.status)
            if name is not None and request.operation.method in SAFE and response.ok:
                self._reads[request.operation.operation_id] = request

    @property
    def reads(self) -> list[Request]:
        """A few reads that somebody was let in to and who has no credential was refused."""
        found = [
            request
            for name, request in self._reads.items()
            if self._bare.get(name, set()) and self._bare[name] <= REFUSED
        ]
        return sorted(found, key=lambda one: len(one.values))[:MOST]

    def is_known(self, name: str) -> bool:
        """Whether a user was told what only somebody known is told."""
        seen = self._answers.get(name, {})
        return any(self._tells(operation, statuses) for operation, statuses in seen.items())

    def refused(self, name: str) -> set[int]:
        """Return with what a user was refused wherever they asked; empty for who was let in.

        Who never asked was not refused either.
        """
        if self.is_known(name):
            return set()
        seen = self._answers.get(name, {})
        return {
            status
            for operation, statuses in seen.items()
            if not _successes(statuses)
            for status in statuses & self._refusals(operation)
        }

    def _refusals(self, operation: str) -> set[int]:
        """Return what refuses a credential; 403 may be for rights where none was ever sent."""
        return REFUSED if operation in self._bare else {UNAUTHENTICATED}

    def _tells(self, operation: str, statuses: set[int]) -> bool:
        """Whether a credential was answered otherwise than none is."""
        bare = self._bare.get(operation)
        if bare is None:
            return bool(_successes(statuses))
        if _successes(bare):
            return False  # everybody is let in
        # 403 for who has too few rights, 404 for what is not there: they were asked in.
        return any(one < 500 and one != 429 for one in statuses - bare - {UNAUTHENTICATED})


def _successes(statuses: set[int]) -> set[int]:
    return {status for status in statuses if 200 <= status < 300}
