"""What rules ask of a database: transactions."""

from contextlib import AbstractContextManager
from typing import Protocol

from sqlmodel import Session


class Transactions(Protocol):
    """Opens transactions, for those who run in a thread already."""

    def begin(self) -> AbstractContextManager[Session]:
        """Open a transaction that is committed at the end of the block, or rolled back.

        Raises:
            DatabaseUnavailable: the database is away or too busy, also at the commit.
        """
