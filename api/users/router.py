"""The operations on users and sessions, as HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Path

from api import errors
from api.auth import CurrentUser
from api.dependencies import State
from api.openapi_responses import BODY, CALLER, IDENTITY, responses
from api.types import case_key
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
async def signup_user(state: State, new: schemas.Signup) -> schemas.SignedUp:
    """Open an account. Cognito sends a confirmation code to the e-mail address.

    Usernames and e-mail addresses are unique, whatever their case.
    """
    reservations = signup.Reservations(
        state.signup_rows, state.identity, 2 * state.deadline, state.unconfirmed_lifetime
    )
    sub = await state.signups.run(
        lambda: signup.sign_up(reservations, new), row=case_key(new.username)
    )
    return schemas.SignedUp(sub=UUID(sub))


@router.post(
    "/verify",
    response_description="The account is verified; log in.",
    responses=responses(errors.CodeInvalid, errors.AccountExists, *BODY, *IDENTITY),
)
async def verify_user(state: State, proof: schemas.Verification) -> schemas.Message:
    """Verify an account with the code that was sent.

    A wrong code, an expired one, an unknown user, a verified one and one who has tried too often
    get the same answer.
    """
    await state.calls.run(
        lambda: state.identity.confirm_sign_up(proof.username, proof.confirmation_code)
    )
    return schemas.Message(message="User verified successfully")


@router.post(
    "/resend_confirmation_code",
    response_description="If the account waits for a code, a new one is on its way.",
    responses=responses(*BODY, *IDENTITY),
)
async def resend_confirmation_code(state: State, account: schemas.AccountName) -> schemas.Message:
    """Send a new confirmation code; earlier ones die.

    An unknown user, a verified one and one who has had too many codes get the same answer.
    """
    await state.calls.run(lambda: state.identity.resend_code(account.username))
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
        errors.SessionOvertaken,
        *_SESSION,
    ),
)
async def login_user(state: State, form: Annotated[schemas.Login, Form()]) -> schemas.Session:
    """Open a session with username and password (OAuth2 password form).

    An unknown user and a wrong password get the same answer.
    """
    tokens = await state.accounts.run(
        lambda: auth.log_in(
            state.account_rows, state.identity, state.verifier, form.username, form.password
        ),
        row=case_key(form.username),
    )
    return schemas.Session.model_validate(tokens)


@router.post(
    "/refresh",
    response_description="New tokens of the same session.",
    responses=responses(errors.RefreshTokenInvalid, *_SESSION),
)
async def refresh_session(state: State, body: schemas.Refresh) -> schemas.Session:
    """Continue a session before or after its access token expires."""
    tokens = await state.accounts.run(
        lambda: auth.refresh(
            state.account_rows, state.identity, state.verifier, body.username, body.refresh_token
        ),
        row=case_key(body.username),
    )
    return schemas.Session.model_validate(tokens)


@router.post(
    "/forgot_password",
    response_description="If there is such an account, a code is on its way.",
    responses=responses(*BODY, *IDENTITY),
)
async def forgot_password(state: State, account: schemas.AccountName) -> schemas.Message:
    """Send a code to set a new password with.

    An unknown user and one who has had too many codes get the same answer.
    """
    await state.calls.run(lambda: state.identity.forgot_password(account.username))
    return schemas.Message(message="Password reset code sent")


@router.post(
    "/reset_password",
    response_description="The new password is in force and all sessions are over.",
    responses=responses(errors.CodeInvalid, *BODY, errors.PasswordRefused, *IDENTITY, _DATABASE),
)
async def reset_password(state: State, reset: schemas.PasswordReset) -> schemas.Message:
    """Set a new password with the code that `forgot_password` sent; ends all sessions."""
    cutoff = state.sign_out_cutoff
    await state.accounts.run(
        lambda: service.reset_password(state.account_rows, state.identity, reset, cutoff),
        row=case_key(reset.username),
    )
    return schemas.Message(message="Password reset successfully")


@router.post(
    "/logout",
    response_description="All sessions are over.",
    responses=responses(*CALLER, *IDENTITY),
)
async def logout_user(caller: CurrentUser, state: State) -> schemas.Message:
    """End all of one's sessions: tokens issued so far are refused from now on."""
    cutoff = state.sign_out_cutoff
    await caller.ask(
        lambda user: auth.log_out(state.account_rows, state.identity, user, caller.token, cutoff)
    )
    return schemas.Message(message="User logged out successfully")


@router.post(
    "/change_password",
    response_description="The new password is in force; sessions stay open.",
    responses=responses(*CALLER, errors.PasswordWrong, *BODY, errors.PasswordRefused, *IDENTITY),
)
async def change_password(
    caller: CurrentUser, state: State, change: schemas.PasswordChange
) -> schemas.Message:
    """Set a new password with the current one. Sessions stay open; `logout_user` ends them."""
    await caller.ask(
        lambda user: service.change_password(
            state.account_rows, state.identity, user, caller.token, change
        )
    )
    return schemas.Message(message="Password changed successfully")


@router.get(
    "/me",
    response_model=schemas.Profile,
    response_description="The caller's profile.",
    responses=responses(*CALLER),
)
async def read_me(caller: CurrentUser) -> User:
    """Read one's own profile."""
    return await caller.run(lambda _db, user: user)


@router.patch(
    "/me",
    response_model=schemas.Profile,
    response_description="The changed profile.",
    responses=responses(*CALLER, *BODY),
)
async def update_me(caller: CurrentUser, update: schemas.ProfileUpdate) -> User:
    """Change one's own profile; what is left out stays."""
    return await caller.run(
        lambda db, user: service.update_profile(db, user, update), row=caller.row
    )


@router.delete(
    "/me",
    status_code=204,
    response_description="The account and all its data are gone.",
    responses=responses(*CALLER, *IDENTITY),
)
async def delete_me(caller: CurrentUser, state: State) -> None:
    """Delete one's own account, at Cognito and here, with all its random numbers."""
    await caller.ask(lambda user: service.delete_user(state.account_rows, state.identity, user))


def build_public_router(*, with_email: bool) -> APIRouter:
    """Build the route of public profiles.

    Args:
        with_email: whether they show the e-mail address (see docs/decisions/0047).
    """
    public = APIRouter(prefix="/users", tags=["users"])
    # The path's uuid type keeps /users/signup and its like apart: a GET there is a 405.
    public.add_api_route(
        "/{sub:uuid}",
        read_user,
        response_model=schemas.PublicProfile if with_email else schemas.PublicName,
        response_description="The public profile.",
        responses=responses(errors.UserNotFound, _DATABASE),
    )
    return public


async def read_user(
    state: State,
    sub: Annotated[
        UUID,
        Path(
            description="The user's permanent, unguessable id, as `signup_user` returned it.",
            examples=["6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55"],
        ),
    ],
) -> User:
    """Read a user's public profile. No token is needed: to know the sub is the permission."""
    return await state.database.run(lambda db: service.find_user(db, str(sub)))
