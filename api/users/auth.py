"""Sessions: opened by login, continued by refresh, ended by logout.

Access tokens verify offline until they expire, so a sign-out is written down here: sessions opened
up to `users.signed_out_at` are refused, except those in `kept_sessions`, which this API opened
after the sign-out (see docs/decisions/0004).
"""

import time
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import bindparam, func
from sqlmodel import Session, col, delete, or_, select, update
from sqlmodel.sql.expression import SelectOfScalar

from api.errors import (
    AccountExists,
    CredentialsWrong,
    IdentityAnswerLost,
    RefreshTokenInvalid,
    SessionOvertaken,
    TokenInvalid,
)
from api.identity.protocols import AccessToken, IdentityProvider, Tokens, TokenVerifier
from api.transactions import Transactions
from api.types import case_key
from api.users.models import LONGEST_EMAIL, LONGEST_USERNAME, AllowedSession, User
from api.users.signup import take_over

log = structlog.get_logger(__name__)

# Seconds after which a password reset that has no outcome never will: no request lives as long.
_UNSETTLED = 60

# Built once, for every request runs it: building it takes longer than sending it.
_BY_SUB = select(User).where(col(User.sub) == bindparam("sub"))
_LOCKED_BY_SUB = _BY_SUB.with_for_update()


def find_caller(db: Session, token: AccessToken) -> User:
    """Find the user of a verified token, if the token is still good here.

    Args:
        db: the request's transaction.
        token: the token's claims.

    Raises:
        TokenInvalid: signed out, disabled, or nobody's.
    """
    user = db.exec(_BY_SUB, params={"sub": token.sub}).one_or_none()
    if user is None or user.disabled_at is not None or not _is_active(db, user, token):
        raise TokenInvalid
    return user


def locked(db: Session, user: User) -> User:
    """Take the lock on a user's row before changing it.

    Args:
        db: the request's transaction.
        user: as found before; read again under the lock.

    Raises:
        TokenInvalid: the user has been deleted meanwhile.
    """
    query = select(User).where(col(User.id) == user.id).with_for_update()
    found = db.exec(query.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise TokenInvalid
    return found


def log_in(
    database: Transactions,
    identity: IdentityProvider,
    verifier: TokenVerifier,
    username: str,
    password: str,
) -> Tokens:
    """Open a session; a row that a killed sign-up did not write is written now.

    Args:
        database: where sessions are written down.
        identity: where the account is.
        verifier: reads the new token.
        username: as typed; its case does not matter.
        password: as typed.

    Raises:
        CredentialsWrong, AccountUnverified, PasswordResetRequired, ChallengeUnsupported
        AccountExists: the account has no row here and its address is another user's.
        SessionOvertaken: the password changed, or all sessions ended, meanwhile.
        IdentityAnswerLost: the answer is another user's.
    """
    with database.begin() as db:
        begun = _now(db)
    tokens = identity.sign_in(username, password)
    token = verifier.verify_issued(tokens.access_token)
    _require_own(identity, username, token)
    if not _admitted(database, token, begun):
        _create_missing_row(database, identity, token)
        if not _admitted(database, token, begun):
            raise CredentialsWrong
    return tokens


def _require_own(identity: IdentityProvider, username: str, token: AccessToken) -> None:
    """Give nobody another user's session, whatever was answered: its name may be an alias, though.

    Raises:
        IdentityAnswerLost: the session is not that of the name.
    """
    if case_key(token.username) == case_key(username):
        return
    account = identity.find_account(username)
    if account is None or account.sub != token.sub:
        raise IdentityAnswerLost


def _admitted(database: Transactions, token: AccessToken, begun: datetime) -> bool:
    """Let a new session in, if its user has a row here; tells whether that is so."""
    with database.begin() as db:
        user = _by_sub(db, token.sub)
        if user is None:
            return False
        if user.disabled_at is not None:
            raise CredentialsWrong
        if _changed_since(user, begun):
            raise SessionOvertaken
        if not _is_active(db, user, token):
            _allow(db, user, token)
        return True


def refresh(
    database: Transactions,
    identity: IdentityProvider,
    verifier: TokenVerifier,
    username: str,
    refresh_token: str,
) -> Tokens:
    """Continue a session.

    Args:
        database: where sessions are written down.
        identity: where the session was opened.
        verifier: reads the new token.
        username: whose session it is; its case does not matter.
        refresh_token: as login returned it.

    Raises:
        RefreshTokenInvalid
    """
    # Asked first: were the database away only afterwards, a token that rotates would be lost.
    with database.begin() as db:
        begun = _now(db)
        named = db.exec(of_name(username)).one_or_none()
        expected = named.sub if named is not None else None
    tokens = identity.refresh(refresh_token)
    token = verifier.verify_issued(tokens.access_token)
    # A refresh token does not show whose it is, and Cognito does not compare it with the name.
    if token.sub != expected:
        raise RefreshTokenInvalid
    with database.begin() as db:
        user = _by_sub(db, token.sub)
        if user is None or user.disabled_at is not None:
            raise RefreshTokenInvalid
        if not _is_active(db, user, token):
            if _changed_since(user, begun) or not _may_be_kept(db, user, token):
                raise RefreshTokenInvalid
            _allow(db, user, token)
    return tokens


def of_name(username: str) -> SelectOfScalar[User]:
    """Make a query for the one user whom a name means: who has it, or else has it for an address.

    Where addresses are aliases, Cognito takes them for names, and no name has the form of one.
    A sign-up under way may ask for any name, but it is nobody yet: it must hide nobody.

    Args:
        username: as typed; its case does not matter.
    """
    key = case_key(username)
    own = col(User.username_key) == key
    meant = or_(own, col(User.email_key) == key)
    query = select(User).where(meant, col(User.reserved_until).is_(None))
    return query.order_by(own.desc()).limit(1)


def log_out(
    database: Transactions,
    identity: IdentityProvider,
    user: User,
    token: AccessToken,
    cutoff: Callable[[], int],
) -> None:
    """End all sessions of a user, at the provider and here.

    The provider first: should it fail, nothing has happened, and should the rest fail, the same
    token can ask again, for which a token that is revoked already is fine.

    Args:
        database: where sessions end.
        identity: revokes the refresh tokens.
        user: whose sessions.
        token: the token that asks.
        cutoff: tells up to when opened sessions end, in epoch seconds, if they end now.
    """
    identity.sign_out(token.raw)
    with database.begin() as db:
        end_sessions(db, locked(db, user), max(cutoff(), token.issued_at))


def end_sessions(db: Session, user: User, until: int) -> None:
    """Refuse every session of a user that was opened up to a time.

    Args:
        db: the request's transaction, holding the lock on the user's row.
        user: whose sessions.
        until: epoch seconds.
    """
    user.signed_out_at = max(until, user.signed_out_at or 0)
    db.add(user)
    note_change(db, user.id)
    db.exec(delete(AllowedSession).where(col(AllowedSession.user_id) == user.id))


def note_change(db: Session, user_id: int) -> None:
    """Let logins of a user that are under way fail.

    Args:
        db: a transaction that begins after the provider has acted.
        user_id: whose password changed or sessions ended.
    """
    changed = {"credentials_changed_at": func.clock_timestamp()}
    db.exec(update(User).where(col(User.id) == user_id).values(changed))


def _now(db: Session) -> datetime:
    """The database's clock, which all processes of the service share."""
    now: datetime = db.exec(select(func.clock_timestamp())).one()
    return now


def _changed_since(user: User, begun: datetime) -> bool:
    return user.credentials_changed_at is not None and user.credentials_changed_at >= begun


def _by_sub(db: Session, sub: str) -> User | None:
    # Locked, so that a login and a sign-out at the same moment come one after the other.
    return db.exec(_LOCKED_BY_SUB, params={"sub": sub}).one_or_none()


def _create_missing_row(
    database: Transactions, identity: IdentityProvider, token: AccessToken
) -> None:
    """Write the row of an account that exists at the provider only."""
    account = identity.find_account(token.username)
    if account is None or account.sub != token.sub or account.disabled:
        raise CredentialsWrong
    if not 0 < len(account.email) <= LONGEST_EMAIL or len(account.username) > LONGEST_USERNAME:
        # An operator made it: whoever signs up here has an address, and one that can be reached.
        log.warning("account_without_usable_address")
        raise CredentialsWrong
    try:
        take_over(database, identity, account)
    except AccountExists:
        # Another login of the same user may have been faster.
        with database.begin() as db:
            if _by_sub(db, token.sub) is None:
                raise


def lost_reset(user: User) -> int | None:
    """Up to when the sessions of a user have ended by a reset whose outcome nobody knows.

    Args:
        user: whose sessions.
    """
    begun = user.reset_begun_at
    return begun if begun is not None and time.time() > begun + _UNSETTLED else None


def _is_lost(user: User, token: AccessToken) -> bool:
    lost = lost_reset(user)
    return lost is not None and token.signed_in_at <= lost


def _is_active(db: Session, user: User, token: AccessToken) -> bool:
    if _is_lost(user, token):
        return False
    if user.signed_out_at is None or token.signed_in_at > user.signed_out_at:
        return True
    return db.get(AllowedSession, (user.id, token.session_id)) is not None


def _may_be_kept(db: Session, user: User, token: AccessToken) -> bool:
    """Tell whether the session of a new token may be one that outlived a sign-out.

    Without origin_jti nothing ties the token to its session but Cognito's word, and Cognito may not
    have heard of the sign-out: the word counts only where a session did outlive it.
    """
    if token.origin_jti is not None or _is_lost(user, token):
        return False
    kept = select(AllowedSession.session_id).where(col(AllowedSession.user_id) == user.id)
    return db.exec(kept.limit(1)).first() is not None


def _allow(db: Session, user: User, token: AccessToken) -> None:
    db.add(AllowedSession(user_id=user.id, session_id=token.session_id))
    db.flush()
