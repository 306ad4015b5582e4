"""The rules of accounts and profiles, apart from sign-up and sessions."""

from collections.abc import Callable

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
from api.transactions import Transactions, write_down
from api.users.auth import end_sessions, locked, lost_reset, note_change, of_name
from api.users.models import User
from api.users.schemas import PasswordChange, PasswordReset, ProfileUpdate

log = structlog.get_logger(__name__)


def reset_password(
    database: Transactions,
    identity: IdentityProvider,
    reset: PasswordReset,
    cutoff: Callable[[], int],
) -> None:
    """Set a new password with a code, and end all sessions: whoever had the old one is out.

    That a reset is under way is written down first: should its outcome stay unknown, because the
    answer or this process is lost, the sessions of before end as well (see docs/decisions/0004).

    Args:
        database: where sessions end.
        identity: where the account is.
        reset: name, code and new password.
        cutoff: tells up to when opened sessions end, in epoch seconds, if they end now.

    Raises:
        CodeInvalid, PasswordRefused
    """
    with database.begin() as db:
        _begin_reset(db, reset.username, cutoff())
    try:
        identity.reset_password(reset.username, reset.confirmation_code, reset.new_password)
    except IdentityAnswerLost:
        _close_reset(database, reset, cutoff() if _may_be_in_force(identity, reset) else None)
        raise
    except ApiError:
        _close_reset(database, reset, None)
        raise
    user = _close_reset(database, reset, cutoff())
    if user is None:
        return
    try:
        identity.sign_out_account(user.username)
    except ApiError as error:
        # The password is changed and the sessions are refused here: that must not be undone.
        log.warning("sessions_not_revoked", reason=type(error).__name__)


def _begin_reset(db: Session, username: str, until: int) -> None:
    """Note that a reset is under way."""
    user = _by_name(db, username)
    if user is None:
        _write_nothing(db)
        return
    lost = lost_reset(user)
    if lost is not None:
        # Else the end of this one would be taken for the end of that one.
        end_sessions(db, user, lost)
        user.resets_open = 0
    user.resets_open += 1
    user.reset_begun_at = max(until, user.reset_begun_at or 0)
    db.add(user)


def _may_be_in_force(identity: IdentityProvider, reset: PasswordReset) -> bool:
    """Tell whether the new password opens the account, or nobody can tell."""
    try:
        identity.sign_in(reset.username, reset.new_password)
    except CredentialsWrong:
        return False
    except ApiError:
        return True
    return True


def _close_reset(database: Transactions, reset: PasswordReset, until: int | None) -> User | None:
    """Note that a reset has an outcome: the end of all sessions up to a time, or nothing.

    Also when the request's time is over: the sessions of before must not live until it is noticed
    that nobody knows the outcome.
    """

    def close(db: Session) -> User | None:
        user = _by_name(db, reset.username)
        if user is None:
            _write_nothing(db)
            return None
        if until is not None:
            end_sessions(db, user, until)
        user.resets_open = max(0, user.resets_open - 1)
        if not user.resets_open:
            user.reset_begun_at = None
        db.add(user)
        return user

    return write_down(database, close)


def _write_nothing(db: Session) -> None:
    """Let a commit take as long as one of a change: else its time tells that nobody has a name."""
    db.exec(select(func.pg_logical_emit_message(True, "reset", "")))  # noqa: FBT003 - of SQL


def _by_name(db: Session, username: str) -> User | None:
    return db.exec(of_name(username).with_for_update()).one_or_none()


def change_password(
    database: Transactions,
    identity: IdentityProvider,
    user: User,
    token: AccessToken,
    change: PasswordChange,
) -> None:
    """Set a new password with the current one; a login with the old one that is under way fails.

    The change is noted twice: first where nothing has happened yet, so that a database that takes
    no writes keeps the old password, and then once the provider has acted.

    Args:
        database: where the change is noted.
        identity: where the account is.
        user: whose.
        token: the token that asks.
        change: both passwords.

    Raises:
        PasswordWrong, PasswordRefused
    """
    with database.begin() as db:
        note_change(db, user.id)
    try:
        identity.change_password(token.raw, change.current_password, change.new_password)
    except IdentityAnswerLost:
        _note_change(database, user.id)
        raise
    _note_change(database, user.id)


def _note_change(database: Transactions, user_id: int) -> None:
    """Note a new password; also when the request's time is over."""
    try:
        write_down(database, lambda db: note_change(db, user_id))
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
