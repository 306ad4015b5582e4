"""How many requests a run may send, and each operation's fair share of them."""

from collections.abc import Callable

from apiproof.access.http import Request, Sender
from apiproof.access.report import AccessReport
from apiproof.jwt import RequestAuth

LEFT_OUT = "left out: the run may send no more requests (--max-requests)"
KEPT = 10  # parts of which one is kept for what concerns several operations at once


class RequestBudget:
    """Counts the requests of a run, and has its sender refuse those beyond its limit."""

    def __init__(self, sender: Sender, most: int, logins: Callable[[], int]) -> None:
        """Limit a sender.

        Args:
            sender: Of the run.
            most: How many requests it may send.
            logins: Returns how many requests of these were logins, which go another way.
        """
        self._sender, self._most, self._logins = sender, most, logins
        self._until = most
        self._is_lifted = False
        self.share = 0  # requests of the operation at hand
        sender.restrict(self._reason)

    def begin(self, left: int) -> None:
        """Give an operation its share of what is left: what others did not need is shared, too.

        Args:
            left: How many operations have not been tried, this one among them.
        """
        remaining = self._most - self._most // KEPT - self._sent
        self.share = max(remaining // left, 0)
        self._until = min(self._sent + self.share, self._most)

    @property
    def _sent(self) -> int:
        return self._sender.sent + self._logins()

    @property
    def is_spent(self) -> bool:
        """Whether an operation has used its share up: nothing further is begun there."""
        return self._sent >= self._until

    def _reason(self, _request: Request, _auth: RequestAuth) -> str:
        is_over = self._sent >= self._most and not self._is_lifted
        return LEFT_OUT if is_over else ""

    def lift(self) -> None:
        """Let everything be sent: what the run has made is removed in any case."""
        self._is_lifted = True


def limited(sender: Sender, most: int, logins: Callable[[], int]) -> RequestBudget | None:
    """Limit a sender; None where 0 says that there is no limit."""
    return RequestBudget(sender, most, logins) if most else None


def left_out(report: AccessReport) -> str:
    """Say what a limit of requests has left out; empty for nothing."""
    missed = sum(LEFT_OUT in reason for reason in report.not_exercised.values())
    cells = sum(cell.note == LEFT_OUT for cell in report.cells)
    if not missed and not cells:
        return ""
    return f"--max-requests left out {missed} operations, and {cells} cells of the others"
