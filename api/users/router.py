"""The operations on users and sessions, as HTTP.

/users/me stands before /users/{sub}, which would shadow it. Must not know rules, queries or
Cognito.
"""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path

from api import errors
from api.auth import CurrentUser
from api.database import DbSession
from api.dependencies import Identity, SignOutCutoff, TokenVerifier
from api.openapi_responses import BODY, CALLER, IDENTITY, responses
from api.users import auth, schemas, service, signup
from api.users.models import User

router = APIRouter(prefix="/users", tags=["users"])

_DATABASE = errors.DatabaseUnavailable
_SESSION = (errors.KeysUnavailable, errors.DatabaseUnavailable, *BODY, *IDENTITY)


@router.post(
    "/signup",
    status_code=201,
    response_description="The account is open and waits for its confirmation code.",
    responses=responses(
        errors.AccountExists,
        *BODY,
        errors.AccountRefused,
        errors.PasswordRefused,
        *IDENTITY,
        _DATABASE,
    ),
)
def signup_user(db: DbSession, identity: Identity, new: schemas.Signup) -> schemas.SignedUp:
    """Open an account. Cognito sends a confirmation code to the e-mail address.

    Usernames and e-mail addresses are unique, whatever their case.
    """
    sub = signup.sign_up(db, identity, new)
    return schemas.SignedUp(sub=UUID(sub))


@router.post(
    "/verify",
    response_description="The account is verified; log in.",
    responses=responses(
        errors.CodeInvalid, errors.AccountVerified, errors.AccountExists, *BODY, *IDENTITY
    ),
)
def verify_user(identity: Identity, proof: schemas.Verification) -> schemas.Message:
    """Verify an account with the code that was sent.

    A wrong code, an expired one and an unknown user get the same answer.
    """
    identity.confirm_sign_up(proof.username, proof.confirmation_code)
    return schemas.Message(message="User verified successfully")


@router.post(
    "/resend_confirmation_code",
    response_description="If the account waits for a code, a new one is on its way.",
    responses=responses(errors.AccountVerified, *BODY, *IDENTITY),
)
def resend_confirmation_code(identity: Identity, account: schemas.AccountName) -> schemas.Message:
    """Send a new confirmation code; earlier ones die. An unknown user gets the same answer."""
    identity.resend_code(account.username)
    return schemas.Message(message="Confirmation code sent")


@router.post(
    "/login",
    response_description="The session's tokens.",
    responses=responses(
        errors.CredentialsWrong,
        errors.AccountUnverified,
        errors.PasswordResetRequired,
        errors.ChallengeUnsupported,
        errors.AccountExists,
        *_SESSION,
    ),
)
def login_user(
    db: DbSession,
    identity: Identity,
    verifier: TokenVerifier,
    form: Annotated[schemas.Login, Form()],
) -> schemas.Session:
    """Open a session with username and password (OAuth2 password form).

    An unknown user and a wrong password get the same answer.
    """
    tokens = auth.log_in(db, identity, verifier, form.username, form.password)
    return schemas.Session.model_validate(tokens)


@router.post(
    "/refresh",
    response_description="New tokens of the same session.",
    responses=responses(errors.RefreshTokenInvalid, *_SESSION),
)
def refresh_session(
    db: DbSession, identity: Identity, verifier: TokenVerifier, body: schemas.Refresh
) -> schemas.Session:
    """Continue a session before or after its access token expires."""
    tokens = auth.refresh(db, identity, verifier, body.username, body.refresh_token)
    return schemas.Session.model_validate(tokens)


@router.post(
    "/forgot_password",
    response_description="If there is such an account, a code is on its way.",
    responses=responses(*BODY, *IDENTITY),
)
def forgot_password(identity: Identity, account: schemas.AccountName) -> schemas.Message:
    """Send a code to set a new password with. An unknown user gets the same answer."""
    identity.forgot_password(account.username)
    return schemas.Message(message="Password reset code sent")


@router.post(
    "/reset_password",
    response_description="The new password is in force and all sessions are over.",
    responses=responses(errors.CodeInvalid, *BODY, errors.PasswordRefused, *IDENTITY, _DATABASE),
)
def reset_password(
    db: DbSession, identity: Identity, until: SignOutCutoff, reset: schemas.PasswordReset
) -> schemas.Message:
    """Set a new password with the code that `forgot_password` sent; ends all sessions."""
    service.reset_password(db, identity, reset, until)
    return schemas.Message(message="Password reset successfully")


@router.post(
    "/logout",
    response_description="All sessions are over.",
    responses=responses(*CALLER, *IDENTITY),
)
def logout_user(
    caller: CurrentUser, db: DbSession, identity: Identity, until: SignOutCutoff
) -> schemas.Message:
    """End all of one's sessions: tokens issued so far are refused from now on."""
    auth.log_out(db, identity, caller.user, caller.token, until)
    return schemas.Message(message="User logged out successfully")


@router.post(
    "/change_password",
    response_description="The new password is in force; sessions stay open.",
    responses=responses(*CALLER, errors.PasswordWrong, *BODY, errors.PasswordRefused, *IDENTITY),
)
def change_password(
    caller: CurrentUser, identity: Identity, change: schemas.PasswordChange
) -> schemas.Message:
    """Set a new password with the current one. Sessions stay open; `logout_user` ends them."""
    identity.change_password(caller.token.raw, change.current_password, change.new_password)
    return schemas.Message(message="Password changed successfully")


@router.get(
    "/me",
    response_model=schemas.Profile,
    response_description="The caller's profile.",
    responses=responses(*CALLER),
)
def read_me(caller: CurrentUser) -> User:
    """Read one's own profile."""
    return caller.user


@router.patch(
    "/me",
    response_model=schemas.Profile,
    response_description="The changed profile.",
    responses=responses(*CALLER, *BODY),
)
def update_me(caller: CurrentUser, db: DbSession, update: schemas.ProfileUpdate) -> User:
    """Change one's own profile; what is left out stays."""
    return service.update_profile(db, caller.user, update)


@router.delete(
    "/me",
    status_code=204,
    response_description="The account and all its data are gone.",
    responses=responses(*CALLER, *IDENTITY),
)
def delete_me(caller: CurrentUser, db: DbSession, identity: Identity) -> None:
    """Delete one's own account, at Cognito and here, with all its random numbers."""
    service.delete_user(db, identity, caller.user)


# The path's uuid type keeps /users/signup and its like apart: a GET there is a 405.
@router.get(
    "/{sub:uuid}",
    response_model=schemas.PublicProfile,
    response_description="The public profile.",
    responses=responses(errors.UserNotFound, _DATABASE),
)
def read_user(
    db: DbSession,
    sub: Annotated[
        UUID,
        Path(
            description="The user's permanent, unguessable id, as `signup_user` returned it.",
            examples=["6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55"],
        ),
    ],
) -> User:
    """Read a user's public profile. No token is needed: to know the sub is the permission."""
    return service.find_user(db, str(sub))
