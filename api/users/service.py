"""The rules of accounts and profiles, apart from sign-up and sessions.

Must not know HTTP, boto3 or settings.
"""

import structlog
from sqlmodel import Session, col, delete, select

from api.errors import ApiError, TokenInvalid, UserNotFound
from api.identity.protocols import IdentityProvider
from api.types import case_key
from api.users.auth import end_sessions, locked
from api.users.models import User
from api.users.schemas import PasswordReset, ProfileUpdate

log = structlog.get_logger(__name__)


def reset_password(
    db: Session, identity: IdentityProvider, reset: PasswordReset, until: int
) -> None:
    """Set a new password with a code, and end all sessions: whoever had the old one is out.

    Args:
        db: the request's transaction.
        identity: where the account is.
        reset: name, code and new password.
        until: epoch seconds; sessions opened up to then end.

    Raises:
        CodeInvalid, PasswordRefused
    """
    named = col(User.username_key) == case_key(reset.username)
    user = db.exec(select(User).where(named).with_for_update()).one_or_none()
    identity.reset_password(reset.username, reset.confirmation_code, reset.new_password)
    if user is None:
        return
    end_sessions(db, user, until)
    try:
        identity.sign_out_account(user.username)
    except ApiError as error:
        # The password is changed and the sessions are refused here: that must not be undone.
        log.warning("sessions_not_revoked", reason=type(error).__name__)


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


def delete_user(db: Session, identity: IdentityProvider, user: User) -> None:
    """Remove a user with all that is theirs, here and at the provider.

    The row goes first and is locked until the provider has answered; if the commit then fails, the
    user can delete the rest with the same token, and the next sign-up of the name would. The
    account is deleted by its sub: the name may be someone else's by then.

    Args:
        db: the request's transaction.
        identity: where the account is.
        user: who goes.
    """
    gone = db.exec(delete(User).where(col(User.id) == user.id))
    if gone.rowcount == 0:
        raise TokenInvalid
    identity.delete_account(user.sub)
