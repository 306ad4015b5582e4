"""What rules ask of a database: transactions."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

from sqlmodel import Session

from api.errors import DatabaseUnavailable
from api.limits import TIDYING, bounded

T = TypeVar("T")


class Transactions(Protocol):
    """Opens transactions, for those who run in a thread already."""

    def begin(self) -> AbstractContextManager[Session]:
        """Open a transaction that is committed at the end of the block, or rolled back.

        Raises:
            DatabaseUnavailable: the database is away or too busy, also at the commit.
        """


def write_down(database: Transactions, work: Callable[[Session], T]) -> T:
    """Write down what the provider has done, also when the request's time is over.

    Once more where that fails before the commit: what was done cannot be taken back, and after a
    fail-over the pool's connections lead to what is a replica now, until one has said so.

    Args:
        database: where to.
        work: all that the transaction does.

    Raises:
        DatabaseUnavailable: it may have been written down, or not.
    """
    with bounded(TIDYING):
        for is_last in (False, True):
            at_commit = False
            try:
                with database.begin() as db:
                    result = work(db)
                    at_commit = True
                break
            except DatabaseUnavailable:
                if is_last or at_commit:
                    raise
    return result
