"""Sessions: opened by login, continued by refresh, ended by logout.

Access tokens verify offline until they expire, so a sign-out is written down here: sessions
opened up to `users.signed_out_at` are refused, except those in `kept_sessions`, which this API
opened after the sign-out (see docs/decisions/0004). Must not know HTTP, boto3 or settings.
"""

from sqlmodel import Session, col, delete, select

from api.errors import AccountExists, CredentialsWrong, RefreshTokenInvalid, TokenInvalid
from api.identity.protocols import AccessToken, IdentityProvider, Tokens, TokenVerifier
from api.types import case_key
from api.users.models import AllowedSession, User
from api.users.signup import reserve


def find_caller(db: Session, token: AccessToken) -> User:
    """Find the user of a verified token, if the token is still good here.

    Args:
        db: the request's transaction.
        token: the token's claims.

    Raises:
        TokenInvalid: signed out, disabled, or nobody's.
    """
    user = db.exec(select(User).where(col(User.sub) == token.sub)).one_or_none()
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
    db: Session,
    identity: IdentityProvider,
    verifier: TokenVerifier,
    username: str,
    password: str,
) -> Tokens:
    """Open a session; a row that a killed sign-up did not write is written now.

    Args:
        db: the request's transaction.
        identity: where the account is.
        verifier: reads the new token.
        username: as typed; its case does not matter.
        password: as typed.

    Raises:
        CredentialsWrong, AccountUnverified, PasswordResetRequired, ChallengeUnsupported
        AccountExists: the account has no row here and its address is another user's.
    """
    tokens = identity.sign_in(username, password)
    token = verifier.verify_issued(tokens.access_token)
    user = _by_sub(db, token.sub) or _create_missing_row(db, identity, token)
    if user.disabled_at is not None:
        raise CredentialsWrong
    if not _is_active(db, user, token):
        _allow(db, user, token)
    return tokens


def refresh(
    db: Session,
    identity: IdentityProvider,
    verifier: TokenVerifier,
    username: str,
    refresh_token: str,
) -> Tokens:
    """Continue a session.

    Args:
        db: the request's transaction.
        identity: where the session was opened.
        verifier: reads the new token.
        username: whose session it is; its case does not matter.
        refresh_token: as login returned it.

    Raises:
        RefreshTokenInvalid
    """
    # Asked first: were the database away only afterwards, a token that rotates would be lost. The
    # subs alone, so that the user's row below is as it is by then.
    named = col(User.username_key) == case_key(username)
    expected = db.exec(select(User.sub).where(named)).all()
    tokens = identity.refresh(refresh_token)
    token = verifier.verify_issued(tokens.access_token)
    user = _by_sub(db, token.sub)
    if user is None or user.disabled_at is not None:
        raise RefreshTokenInvalid
    # A refresh token does not show whose it is, and Cognito does not compare it with the name.
    if user.sub not in expected:
        raise RefreshTokenInvalid
    if not _is_active(db, user, token):
        if token.origin_jti is not None:
            raise RefreshTokenInvalid
        # Without origin_jti nothing ties the new token to its session but Cognito's word.
        _allow(db, user, token)
    return tokens


def log_out(
    db: Session,
    identity: IdentityProvider,
    user: User,
    token: AccessToken,
    until: int,
) -> None:
    """End all sessions of a user, here and at the provider.

    Args:
        db: the request's transaction.
        identity: revokes the refresh tokens.
        user: whose sessions.
        token: the token that asks.
        until: epoch seconds; sessions opened up to then end.
    """
    end_sessions(db, locked(db, user), max(until, token.issued_at))
    identity.sign_out(token.raw)


def end_sessions(db: Session, user: User, until: int) -> None:
    """Refuse every session of a user that was opened up to a time.

    Args:
        db: the request's transaction, holding the lock on the user's row.
        user: whose sessions.
        until: epoch seconds.
    """
    user.signed_out_at = max(until, user.signed_out_at or 0)
    db.add(user)
    db.exec(delete(AllowedSession).where(col(AllowedSession.user_id) == user.id))


def _by_sub(db: Session, sub: str) -> User | None:
    # Locked, so that a login and a sign-out at the same moment come one after the other.
    return db.exec(select(User).where(col(User.sub) == sub).with_for_update()).one_or_none()


def _create_missing_row(db: Session, identity: IdentityProvider, token: AccessToken) -> User:
    """Write the row of an account that exists at the provider only."""
    account = identity.find_account(token.username)
    if account is None or account.sub != token.sub or not account.email:
        raise CredentialsWrong
    try:
        return reserve(db, identity, account.sub, account.username, account.email)
    except AccountExists:
        # Another login of the same user may have been faster.
        user = _by_sub(db, token.sub)
        if user is None:
            raise
        return user


def _is_active(db: Session, user: User, token: AccessToken) -> bool:
    if user.signed_out_at is None or token.signed_in_at > user.signed_out_at:
        return True
    return db.get(AllowedSession, (user.id, token.session_id)) is not None


def _allow(db: Session, user: User, token: AccessToken) -> None:
    db.add(AllowedSession(user_id=user.id, session_id=token.session_id))
    db.flush()
