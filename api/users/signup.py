"""Sign-up: an account at the identity provider and a row here, both or neither.

The row comes first and holds the lock on the name and the address until the end; the provider's
answer decides. What a killed process or a lost answer leaves behind is recognised and removed by
the next sign-up (see docs/decisions/0003). Must not know HTTP, boto3 or settings.
"""

from uuid import uuid4

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlmodel import Session, col, or_, select

from api.errors import AccountExists, ApiError, IdentityAnswerLost
from api.identity.protocols import Account, IdentityProvider
from api.sqlstate import UNIQUE_VIOLATION, sqlstate
from api.types import case_key
from api.users.models import User
from api.users.schemas import Signup

log = structlog.get_logger(__name__)

# Once for the name, once for the address, once for a neighbour who was faster.
_ATTEMPTS = 3


def sign_up(db: Session, identity: IdentityProvider, signup: Signup) -> str:
    """Open an account and return its sub; committed when this returns.

    Args:
        db: the request's transaction.
        identity: where the account is opened.
        signup: name, address and password.

    Raises:
        AccountExists: the name or the address is taken.
        AccountRefused, PasswordRefused, Throttled, IdentityUnavailable: no account was opened.
    """
    user = reserve(db, identity, str(uuid4()), signup.username, signup.email)
    user.sub = _open_account(identity, signup)
    try:
        db.commit()
    except SQLAlchemyError:
        _compensate(identity, signup.username, user.sub)
        raise
    return user.sub


def reserve(db: Session, identity: IdentityProvider, sub: str, username: str, email: str) -> User:
    """Insert a user's row, which takes the lock on name and address until the transaction ends.

    Rows whose account no longer exists at the provider make way.

    Args:
        db: a transaction that has changed nothing yet.
        identity: asked for accounts of rows in the way.
        sub: the account's, or a provisional one.
        username: as the provider has it.
        email: likewise.

    Raises:
        AccountExists: the name or the address belongs to an account that exists.
    """
    for _ in range(_ATTEMPTS):
        user = User(
            sub=sub,
            username=username,
            username_key=case_key(username),
            email=email,
            email_key=case_key(email),
        )
        db.add(user)
        try:
            db.flush()
        except IntegrityError as error:
            if sqlstate(error) != UNIQUE_VIOLATION:
                raise
            db.rollback()
            _delete_stale_rows(db, identity, user)
        else:
            return user
    raise AccountExists


def _delete_stale_rows(db: Session, identity: IdentityProvider, user: User) -> None:
    """Delete the rows in a new user's way whose accounts are gone, or say that one is not."""
    in_the_way = or_(
        col(User.username_key) == user.username_key,
        col(User.email_key) == user.email_key,
        col(User.sub) == user.sub,
    )
    query = select(User).where(in_the_way).order_by(col(User.id)).with_for_update()
    for row in db.exec(query):
        account = identity.find_account(row.username)
        if account is not None and account.sub == row.sub:
            raise AccountExists
        log.warning("stale_user_removed", user_id=row.id)
        db.delete(row)
    # Now, because the unit of work would insert the new row before deleting these.
    db.flush()


def _open_account(identity: IdentityProvider, signup: Signup) -> str:
    try:
        return _request_account(identity, signup)
    except AccountExists:
        # We hold the name's lock and there is no row: an account that nobody confirmed was left
        # behind by a process that died between the provider's answer and its own commit.
        account = identity.find_account(signup.username)
        if account is not None:
            if not _is_orphan(account, signup.username):
                raise
            log.warning("orphan_account_removed")
            identity.delete_account(signup.username)
    return _request_account(identity, signup)


def _is_orphan(account: Account, username: str) -> bool:
    """Tell whether an account may be removed: nobody confirmed it, and it has exactly this name.

    The provider also finds accounts by their sub, so that a name may lead to someone else's.
    """
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
    row's lock someone else may have opened another.
    """
    try:
        account = identity.find_account(username)
        if account is not None and _is_orphan(account, username) and sub in {None, account.sub}:
            identity.delete_account(username)
    except ApiError as error:
        log.warning("account_not_withdrawn", reason=type(error).__name__)
