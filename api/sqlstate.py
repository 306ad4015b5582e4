"""What the database's errors mean: try again, a constraint that a rule foresees, or our own fault.

Source: PostgreSQL's error codes (Appendix A).
"""

from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    DBAPIError,
    InterfaceError,
    InternalError,
    NoSuchColumnError,
    OperationalError,
    ResourceClosedError,
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


def is_garbled(error: SQLAlchemyError) -> bool:
    """Tell whether the connection failed, or brought what no PostgreSQL server answers with.

    So does a pooler that gives one client the answers of another. What psycopg2 itself finds wrong
    with a call, such as a value that it cannot send, is neither.

    Args:
        error: what SQLAlchemy raised.
    """
    if isinstance(error, (InterfaceError, ResourceClosedError, NoSuchColumnError)):
        return True
    if not isinstance(error, DBAPIError):
        return False
    # psycopg2 has no other class for a code that PostgreSQL does not have.
    has_odd_code = type(error) is DatabaseError
    return has_odd_code or (
        sqlstate(error) is None and isinstance(error, (OperationalError, InternalError, DataError))
    )


def is_transient(error: SQLAlchemyError) -> bool:
    """Tell whether the database is away or busy, rather than the statement wrong.

    Args:
        error: what SQLAlchemy raised.
    """
    if isinstance(error, PoolTimeout) or is_garbled(error):
        return True
    if not isinstance(error, DBAPIError):
        return False
    code = sqlstate(error)
    return error.connection_invalidated if code is None else code.startswith(_TRANSIENT)
