"""Whether each user of the file was ever taken for one: no green without evidence for each.

A credential that has run out, or goes after another word, is refused like none. Whoever is refused
everywhere has shown nothing, however much was tried without them.
"""

from collections import defaultdict

from apiproof.access.http import Request, Response
from apiproof.access.safeguards import SAFE

UNAUTHENTICATED, FORBIDDEN = 401, 403
REFUSED = {UNAUTHENTICATED, FORBIDDEN}
Answers = dict[str, set[int]]  # statuses by operationId


class IdentityEvidence:
    """Notes the answers to credentials, and to requests without any."""

    def __init__(self) -> None:
        self._bare: Answers = defaultdict(set)
        self._answers: dict[str, Answers] = defaultdict(lambda: defaultdict(set))
        self.read: Request | None = None  # that takes a credential

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
            if name is None and request.operation.method in SAFE and response.status in REFUSED:
                self.read = request

    def has_asked(self, name: str) -> bool:
        """Whether a user has sent anything that takes a credential."""
        return name in self._answers

    def refused(self, name: str) -> set[int]:
        """Return with what a user was refused wherever they asked; empty for who was let in.

        Who never asked was not refused either.
        """
        seen = self._answers.get(name, {})
        if any(self._is_known(operation, statuses) for operation, statuses in seen.items()):
            return set()
        return {
            status
            for operation, statuses in seen.items()
            if not _successes(statuses)
            for status in statuses & self._refusals(operation)
        }

    def _refusals(self, operation: str) -> set[int]:
        """Return what refuses a credential; 403 may be for rights where none was ever sent."""
        return REFUSED if operation in self._bare else {UNAUTHENTICATED}

    def _is_known(self, operation: str, statuses: set[int]) -> bool:
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
