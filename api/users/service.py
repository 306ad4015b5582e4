"""The rules of accounts and profiles, apart from sign-up and sessions.

Must not know HTTP, boto3 or settings.
"""

import structlog
from sqlalchemy import func
from sqlmodel import Session, col, delete, select

from api.errors import (
    ApiError,
    CredentialsWrong,
    DatabaseUnavailable,
    IdentityAnswerLost,
    TokenInvalid,
    UserNotFound,
)
from api.identity.protocols import AccessToken, IdentityProvider
from api.transactions import Transactions
from api.types import case_key
from api.users.auth import end_sessions, locked, note_change
from api.users.models import User
from api.users.schemas import PasswordChange, PasswordReset, ProfileUpdate

log = structlog.get_logger(__name__)


def reset_password(
    database: Transactions, identity: IdentityProvider, reset: PasswordReset, until: int
) -> None:
    """Set a new password with a code, and end all sessions: whoever had the old one is out.

    That a reset is under way is written down first: should its outcome stay unknown, because the
    answer or this process is lost, the sessions of before end as well (see docs/decisions/0004).

    Args:
        database: where sessions end.
        identity: where the account is.
        reset: name, code and new password.
        until: epoch seconds; sessions opened up to then end.

    Raises:
        CodeInvalid, PasswordRefused
    """
    with database.begin() as db:
        is_ours = _begin_reset(db, reset.username, until)
    try:
        identity.reset_password(reset.username, reset.confirmation_code, reset.new_password)
    except IdentityAnswerLost:
        if _may_be_in_force(identity, reset):
            _finish_reset(database, reset.username, until)
        elif is_ours:
            _forget_reset(database, reset.username)
        raise
    except ApiError:
        if is_ours:
            _forget_reset(database, reset.username)
        raise
    user = _finish_reset(database, reset.username, until)
    if user is None:
        return
    try:
        identity.sign_out_account(user.username)
    except ApiError as error:
        # The password is changed and the sessions are refused here: that must not be undone.
        log.warning("sessions_not_revoked", reason=type(error).__name__)


def _begin_reset(db: Session, username: str, until: int) -> bool:
    """Note that a reset is under way; tells whether none was before."""
    user = _by_name(db, username)
    if user is None:
        _write_nothing(db)
        return True
    if user.reset_begun_at is not None:
        return False
    user.reset_begun_at = until
    db.add(user)
    return True


def _may_be_in_force(identity: IdentityProvider, reset: PasswordReset) -> bool:
    """Tell whether the new password opens the account, or nobody can tell."""
    try:
        identity.sign_in(reset.username, reset.new_password)
    except CredentialsWrong:
        return False
    except ApiError:
        return True
    return True


def _forget_reset(database: Transactions, username: str) -> None:
    with database.begin() as db:
        user = _by_name(db, username)
        if user is None:
            _write_nothing(db)
        else:
            user.reset_begun_at = None
            db.add(user)


def _write_nothing(db: Session) -> None:
    """Let a commit take as long as one of a change: else its time tells that nobody has a name."""
    db.exec(select(func.pg_logical_emit_message(True, "reset", "")))  # noqa: FBT003 - of SQL


def _finish_reset(database: Transactions, username: str, until: int) -> User | None:
    """End the sessions of whoever has a name here."""
    with database.begin() as db:
        user = _by_name(db, username)
        if user is not None:
            end_sessions(db, user, until)
        return user


def _by_name(db: Session, username: str) -> User | None:
    query = select(User).where(col(User.username_key) == case_key(username))
    return db.exec(query.with_for_update()).one_or_none()


def change_password(
    database: Transactions,
    identity: IdentityProvider,
    user: User,
    token: AccessToken,
    change: PasswordChange,
) -> None:
    """Set a new password with the current one; a login with the old one that is under way fails.

    Args:
        database: where the change is noted.
        identity: where the account is.
        user: whose.
        token: the token that asks.
        change: both passwords.

    Raises:
        PasswordWrong, PasswordRefused
    """
    try:
        identity.change_password(token.raw, change.current_password, change.new_password)
    except IdentityAnswerLost:
        _note_change(database, user.id)
        raise
    _note_change(database, user.id)


def _note_change(database: Transactions, user_id: int) -> None:
    try:
        with database.begin() as db:
            note_change(db, user_id)
    except DatabaseUnavailable:
        # The password is changed, and to say otherwise would be wrong.
        log.warning("change_not_noted", user_id=user_id)


def find_user(db: Session, sub: str) -> User:
    """Find a user by the sub.

    Args:
        db: the request's transaction.
        sub: canonical, in lower case.

    Raises:
        UserNotFound
    """
    user = db.exec(select(User).where(col(User.sub) == sub)).one_or_none()
    if user is None:
        raise UserNotFound
    return user


def update_profile(db: Session, user: User, update: ProfileUpdate) -> User:
    """Change what the update names, and leave the rest.

    Args:
        db: the request's transaction.
        user: whose profile.
        update: the changes.
    """
    user = locked(db, user)
    for name, value in update.model_dump(exclude_unset=True).items():
        setattr(user, name, value)
    db.add(user)
    return user


def delete_user(database: Transactions, identity: IdentityProvider, user: User) -> None:
    """Remove a user with all that is theirs, at the provider and here.

    The account goes first: should the row then stay, the same token can ask again, for which an
    account that is gone is fine. It is deleted by its sub: the name may be someone else's by then.

    Args:
        database: where the row is.
        identity: where the account is.
        user: who goes.

    Raises:
        TokenInvalid: the user has been deleted meanwhile.
    """
    identity.delete_account(user.sub)
    with database.begin() as db:
        gone = db.exec(delete(User).where(col(User.id) == user.id))
        if gone.rowcount == 0:
            raise TokenInvalid
