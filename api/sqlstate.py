"""What the database's errors mean: try again, a constraint that a rule foresees, or our own fault.

Must not know any table, nor HTTP.

Source: PostgreSQL's error codes (Appendix A).
"""

from sqlalchemy.exc import (
    DatabaseError,
    DBAPIError,
    InterfaceError,
    InternalError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

READ_ONLY = "25006"
# What a later try may not meet, by class or code of SQLSTATE.
_TRANSIENT = (
    "08",  # the connection
    "25P03",  # the transaction idled for too long, or took too long
    "25P04",
    READ_ONLY,
    "40",  # rolled back: serialization, deadlock
    "53",  # resources: memory, disk, connections
    "55006",  # in use, or locked
    "55P03",
    "57",  # an operator, or a time-out
    "58",  # the system around the server
    "F0",  # its configuration
    "XX",  # its own error, as Cognito's own are
)

FOREIGN_KEY_VIOLATION = "23503"
UNIQUE_VIOLATION = "23505"


def sqlstate(error: DBAPIError) -> str | None:
    """Return PostgreSQL's error code (Appendix A), or None where the server said nothing.

    Args:
        error: what SQLAlchemy raised.
    """
    code: str | None = getattr(error.orig, "pgcode", None)
    return code


def is_garbled(error: DBAPIError) -> bool:
    """Tell whether the connection failed, or brought what no PostgreSQL server says.

    What psycopg2 itself finds wrong with a call, such as a value that it cannot send, is neither.

    Args:
        error: what SQLAlchemy raised.
    """
    is_drivers = isinstance(error, (OperationalError, InternalError))
    return sqlstate(error) is None and (is_drivers or type(error) is DatabaseError)


def is_transient(error: SQLAlchemyError) -> bool:
    """Tell whether the database is away or busy, rather than the statement wrong.

    Args:
        error: what SQLAlchemy raised.
    """
    if isinstance(error, (PoolTimeout, InterfaceError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = sqlstate(error)
    if code is None:
        return error.connection_invalidated or is_garbled(error)
    return code.startswith(_TRANSIENT)
