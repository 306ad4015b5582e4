"""What the schema cannot say: codes that were mailed, passwords and tokens in use."""

from collections.abc import Callable
from typing import Any

from apiproof.service import AdjustableRequest, EnvironmentControl

NEW_PASSWORD = "Staple-8-Correct-Horse"


def valid_login(env: EnvironmentControl, request: AdjustableRequest) -> None:
    user = env.shared_account()
    request.body = {"username": user.username, "password": user.password}


def valid_verification(env: EnvironmentControl, request: AdjustableRequest) -> None:
    user = env.create_unconfirmed_user()
    code = env.code(user.username)
    request.body = {"username": user.username, "confirmation_code": code}


def waiting_account(env: EnvironmentControl, request: AdjustableRequest) -> None:
    request.body = {"username": env.create_unconfirmed_user().username}


def verified_account(env: EnvironmentControl, request: AdjustableRequest) -> None:
    request.body = {"username": env.new_account().username}


def valid_refresh(env: EnvironmentControl, request: AdjustableRequest) -> None:
    user = env.shared_account()
    request.body = {"username": user.username, "refresh_token": user.refresh_token}


def valid_reset(env: EnvironmentControl, request: AdjustableRequest) -> None:
    user = env.new_account()
    env.client.request("POST", "/users/forgot_password", json={"username": user.username})
    request.body = {
        "username": user.username,
        "confirmation_code": env.code(user.username),
        "new_password": NEW_PASSWORD,
    }


def valid_change(env: EnvironmentControl, request: AdjustableRequest) -> None:
    current = env.shared_account().password
    request.body = {"current_password": current, "new_password": NEW_PASSWORD}


def known_sub(env: EnvironmentControl, request: AdjustableRequest) -> None:
    request.path_parameters = {"sub": env.shared_account().sub}


def ordered_bounds(body: Any) -> Any:
    """`min_value <= max_value`, which JSON Schema cannot say; the opposite is a property."""
    if isinstance(body.get("min_value"), int | float) and isinstance(
        body.get("max_value"), int | float
    ):
        body["min_value"], body["max_value"] = sorted([body["min_value"], body["max_value"]])
    return body


OVERRIDES: dict[str, Callable[[EnvironmentControl, AdjustableRequest], None]] = {
    "login_user": valid_login,
    "verify_user": valid_verification,
    "resend_confirmation_code": waiting_account,
    "refresh_session": valid_refresh,
    "forgot_password": verified_account,
    "reset_password": valid_reset,
    "change_password": valid_change,
    "read_user": known_sub,
}
BODY_FIXERS: dict[str, Callable[[Any], Any]] = dict.fromkeys(
    ("create_random", "update_random"), ordered_bounds
)
