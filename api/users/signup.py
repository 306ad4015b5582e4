"""Sign-up: an account at the identity provider and a row here, both or neither.

The row comes first, as a reservation of name and address that is committed and expires; the
provider is asked meanwhile, and its answer makes the row a user's or removes it. No lock and no
connection is held while it is asked. What a killed process or a lost answer leaves behind is
recognised and removed by the next sign-up (see docs/decisions/0003).
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import structlog
from sqlalchemy import func
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, delete, or_, select, update

from api.errors import AccountExists, ApiError, IdentityAnswerLost, IdentityUnavailable
from api.identity.protocols import Account, IdentityProvider
from api.sqlstate import UNIQUE_VIOLATION, sqlstate
from api.transactions import Transactions, write_down
from api.types import case_key, utc_now
from api.users.models import User
from api.users.schemas import Signup

log = structlog.get_logger(__name__)

# Once for the name, once for the address, once for a neighbour who was faster.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Reservations:
    """Where names are reserved, and for how long.

    Attributes:
        database: the rows.
        identity: the accounts.
        seconds: how long a sign-up may take, calls that arrive late included.
        unconfirmed_lifetime: seconds after which an account that nobody confirmed makes way.
    """

    database: Transactions
    identity: IdentityProvider
    seconds: float
    unconfirmed_lifetime: float


def sign_up(reservations: Reservations, signup: Signup) -> str:
    """Open an account and return its sub.

    Args:
        reservations: where name and address are reserved.
        signup: name, address and password.

    Raises:
        AccountExists: the name or the address is taken.
        AccountRefused, PasswordRefused, Throttled, IdentityUnavailable: no account was opened.
    """
    database, identity = reservations.database, reservations.identity
    reservation = str(uuid4())
    try:
        _reserve(reservations, signup, reservation)
        sub = _open_account(database, identity, signup, reservation)
    except ApiError:
        _release(database, reservation)
        raise
    try:
        _settle(database, reservation, sub)
    except ApiError as error:
        # A sub that is another user's does not tell which account was opened.
        known = None if isinstance(error, IdentityAnswerLost) else sub
        _compensate(identity, signup.username, known)
        _release(database, reservation)
        raise
    return sub


def _reserve(reservations: Reservations, signup: Signup, reservation: str) -> None:
    """Insert a user's row with a provisional sub."""
    for _ in range(_ATTEMPTS):
        user = _row(reservation, signup.username, signup.email)
        # An expression of SQL: all processes of the service share the database's clock.
        life = timedelta(seconds=reservations.seconds)
        user.reserved_until = func.clock_timestamp() + life  # type: ignore[assignment]  # SQL
        if _is_inserted(reservations.database, user):
            return
        _make_way(reservations, user)
    raise AccountExists


def _row(sub: str, username: str, email: str) -> User:
    return User(
        sub=sub,
        username=username,
        username_key=case_key(username),
        email=email,
        email_key=case_key(email),
    )


def _is_inserted(database: Transactions, user: User) -> bool:
    """Insert a row, unless another one has its name, address or sub."""
    try:
        with database.begin() as db:
            db.add(user)
            db.flush()
    except IntegrityError as error:
        if sqlstate(error) != UNIQUE_VIOLATION:
            raise
        return False
    return True


def _in_the_way(user: User, db: Session) -> list[tuple[User, bool]]:
    """The rows with a user's name or address, and whether each is a live reservation.

    A row with the user's own sub is never in the way: another first login of theirs wrote it.
    """
    same = or_(col(User.username_key) == user.username_key, col(User.email_key) == user.email_key)
    is_live = func.coalesce(col(User.reserved_until) > func.clock_timestamp(), False)
    return list(db.exec(select(User, is_live).where(same).order_by(col(User.id))))


def _make_way(reservations: Reservations, user: User) -> None:
    """Delete the rows in a new user's way that are nobody's any more, or say that one is not."""
    with reservations.database.begin() as db:
        rows = _in_the_way(user, db)
    for row, is_live in rows:
        if is_live or (row.reserved_until is None and _is_owned(reservations, row)):
            raise AccountExists
        log.warning("stale_user_removed", user_id=row.id)
        with reservations.database.begin() as db:
            # As it was seen: what was a reservation may be a user's row by now.
            db.exec(delete(User).where(col(User.id) == row.id, col(User.sub) == row.sub))


def _is_owned(reservations: Reservations, row: User) -> bool:
    """Tell whether a row's account exists; one that nobody confirmed in time is deleted."""
    account = reservations.identity.find_account(row.username)
    if account is None or account.sub != row.sub:
        return False
    age = (utc_now() - row.created_at).total_seconds()
    if not account.unconfirmed or age < reservations.unconfirmed_lifetime:
        return True
    log.info("unconfirmed_account_removed", user_id=row.id)
    reservations.identity.delete_account(account.sub)
    return False


def take_over(database: Transactions, identity: IdentityProvider, account: Account) -> None:
    """Write the row of an account that has none; reservations of its name or address end.

    Args:
        database: where the row goes.
        identity: asked for accounts of rows in the way.
        account: confirmed, for somebody has just signed in.

    Raises:
        AccountExists: the address belongs to another account that exists.
    """
    user = _row(account.sub, account.username, account.email)
    reserved = col(User.reserved_until).is_not(None)
    named = or_(col(User.username_key) == user.username_key, col(User.email_key) == user.email_key)
    with database.begin() as db:
        db.exec(delete(User).where(reserved, named))
    reservations = Reservations(database, identity, 0.0, float("inf"))
    for _ in range(_ATTEMPTS):
        if _is_inserted(database, _row(account.sub, account.username, account.email)):
            return
        _make_way(reservations, user)
    raise AccountExists


def _settle(database: Transactions, reservation: str, sub: str) -> None:
    """Make a reservation the row of an account.

    Raises:
        IdentityUnavailable: it took so long that someone else was let in.
        IdentityAnswerLost: the sub is another user's, so that it is not what was answered.
    """
    try:
        with database.begin() as db:
            settled = db.exec(
                update(User)
                .where(col(User.sub) == reservation, col(User.reserved_until).is_not(None))
                .values(sub=sub, reserved_until=None)
            )
            if settled.rowcount == 0:
                raise IdentityUnavailable
    except IntegrityError as error:
        if sqlstate(error) != UNIQUE_VIOLATION:
            raise
        raise IdentityAnswerLost from None


def _release(database: Transactions, reservation: str) -> None:
    """Give a reservation up, if it was made; one that cannot be given up expires.

    Also when the request's time is over: who tries again must not be told that the name is taken.
    """
    try:
        own = delete(User).where(col(User.sub) == reservation)
        write_down(database, lambda db: db.exec(own))
    except ApiError as error:
        log.warning("reservation_not_released", reason=type(error).__name__)


def _open_account(
    database: Transactions, identity: IdentityProvider, signup: Signup, reservation: str
) -> str:
    try:
        return _request_account(identity, signup)
    except AccountExists:
        # We hold the name and there is no row: an account that nobody confirmed was left behind by
        # a process that died between the provider's answer and its own commit.
        account = identity.find_account(signup.username)
        if account is not None:
            if not _is_orphan(account, signup.username):
                raise
            _require_ours(database, reservation, account)
            log.warning("orphan_account_removed")
            identity.delete_account(account.sub)
    return _request_account(identity, signup)


def _require_ours(database: Transactions, reservation: str, account: Account) -> None:
    """Make sure that the name is reserved by us still, and an account nobody's.

    Raises:
        AccountExists: not so.
    """
    with database.begin() as db:
        rows = db.exec(select(User.sub).where(col(User.sub).in_([reservation, account.sub]))).all()
    if list(rows) != [reservation]:
        raise AccountExists


def _is_orphan(account: Account, username: str) -> bool:
    """Tell whether an account may be removed: nobody confirmed it, and it has exactly this name."""
    return account.unconfirmed and case_key(account.username) == case_key(username)


def _request_account(identity: IdentityProvider, signup: Signup) -> str:
    try:
        return identity.sign_up(signup.username, signup.password, signup.email)
    except IdentityAnswerLost:
        _compensate(identity, signup.username)
        raise


def _compensate(identity: IdentityProvider, username: str, sub: str | None = None) -> None:
    """Delete the account that this sign-up may have opened; what fails here heals later.

    Only an unconfirmed account, and only the one that we made where its sub is known: without the
    reservation someone else may have opened another.
    """
    try:
        account = identity.find_account(username)
        if account is not None and _is_orphan(account, username) and sub in {None, account.sub}:
            identity.delete_account(account.sub)
    except ApiError as error:
        log.warning("account_not_withdrawn", reason=type(error).__name__)
