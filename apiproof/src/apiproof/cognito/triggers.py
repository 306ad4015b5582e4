"""Lambda triggers as Python functions: the event goes in, the answer comes out.

The handlers have a Lambda's signature. Events and answers follow the AWS developer guide,
"Customizing user pool workflows with Lambda triggers".
"""

import importlib
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from moto.cognitoidp.models import UserStatus

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.context import EmulatorContext, Handler
from apiproof.cognito.errors import (
    LambdaAnswerInvalid,
    LambdaFailed,
    LambdaRefused,
    NotAuthorized,
    UserNotFound,
)
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import NewUser, User
from apiproof.errors import UserError
from apiproof.process_variables import import_from

NAMES = (
    "PreSignUp",
    "PostConfirmation",
    "PreAuthentication",
    "PostAuthentication",
    "CustomMessage",
    "UserMigration",
    "DefineAuthChallenge",
    "CreateAuthChallenge",
    "VerifyAuthChallengeResponse",
    "PreTokenGeneration",
    "CustomEmailSender",
    "CustomSMSSender",
)

# Cognito waits for so long (developer guide, "Important considerations"); by the emulator's clock.
TIME_LIMIT = timedelta(seconds=5)


def load_handlers(options: Iterable[str]) -> dict[str, Handler]:
    """Import the handlers that a command line names.

    Args:
        options: each `NAME=module:function`, e.g. `PreSignUp=triggers:confirm`.

    Raises:
        UserError: there is no such trigger or function, or its module fails.
    """
    handlers: dict[str, Handler] = {}
    import_from()
    for option in options:
        name, _, target = option.partition("=")
        module, _, function = target.partition(":")
        if name not in NAMES:
            raise UserError(f"--trigger {option}: name one of {', '.join(NAMES)}.")
        try:
            handler = getattr(importlib.import_module(module), function)
        except Exception as error:
            raise UserError(
                f"--trigger {option} cannot be imported ({error}): write {name}=module:function."
            ) from error
        if not callable(handler):
            raise UserError(f"--trigger {option} is no function: write {name}=module:function.")
        handlers[name] = handler
    return handlers


def run(  # noqa: PLR0913 - parts of one event
    pool: Pool,
    name: str,
    source: str,
    *,
    client_id: str | None,
    username: str | None,
    request: dict[str, Any],
    response: dict[str, Any],
    version: str = "1",
) -> dict[str, Any]:
    """Run a trigger and give the `response` of the event that it returns.

    The caller holds the emulator's lock; other calls are let in meanwhile.

    Args:
        pool: whose trigger it is.
        name: e.g. PreSignUp.
        source: the trigger source, e.g. PreSignUp_AdminCreateUser.
        client_id: of the app client; None stands for an administrator's call.
        username: whom it is about.
        request: that part of the event.
        response: what the handler may fill in.
        version: of the event.

    Raises:
        LambdaRefused: the handler raised; the text is its exception's.
        LambdaFailed: it took too long, or the pool names one that nobody attached.
        LambdaAnswerInvalid: its answer is no event.
    """
    event = {
        "version": version,
        "triggerSource": source,
        "region": pool.region,
        "userPoolId": pool.id,
        "userName": username,
        "callerContext": {
            "awsSdkVersion": "aws-sdk-unknown-unknown",
            "clientId": client_id or "CLIENT_ID_NOT_APPLICABLE",
        },
        "request": request,
        "response": response,
    }
    return _read(name, _invoke(pool.context, name, event))


def _invoke(context: EmulatorContext, name: str, event: dict[str, Any]) -> Any:
    handler = context.triggers.get(name)
    if handler is None:
        raise LambdaFailed(
            f"The pool's LambdaConfig names a {name} function, and none is attached to the "
            f'emulator: cognito.triggers["{name}"] = handler, or --trigger {name}=module:function.'
        )
    started = context.clock.now()
    with context.unlocked():
        try:
            answer = handler(event, None)
        except Exception as error:
            raise LambdaRefused(f"{name} failed with error {error}.") from error
    if context.clock.now() - started > TIME_LIMIT:
        raise LambdaFailed(f"{name} invocation failed due to error TimeoutError.")
    return answer


def _read(name: str, answer: Any) -> dict[str, Any]:
    try:
        document = json.loads(json.dumps(answer))
    except (TypeError, ValueError) as error:
        raise LambdaAnswerInvalid("Unrecognizable lambda output: not JSON") from error
    if not isinstance(document, dict):
        raise LambdaAnswerInvalid(f"Unrecognizable lambda output: {name} returned no event")
    response = document.get("response")
    if response is not None and not isinstance(response, dict):
        raise LambdaAnswerInvalid("Unrecognizable lambda output: response is not an object")
    return response or {}


def migrate(  # noqa: PLR0913 - parts of one event
    pool: Pool,
    client: AppClient,
    username: str,
    occasion: str,
    *,
    password: str | None,
    metadata: dict[str, str] | None,
) -> None:
    """Let the UserMigration trigger bring a user from elsewhere, unless the pool has them.

    Args:
        pool: gets the user.
        client: the app client of the call.
        username: as typed in.
        occasion: Authentication or ForgotPassword.
        password: that the user typed in; None where they forgot it.
        metadata: the ClientMetadata of the call: validation data of a sign-in, client metadata
            else (developer guide, "Migrate user Lambda trigger").

    Raises:
        UserNotFound: the trigger raised; NotAuthorized where the client must not tell.
        LambdaAnswerInvalid: its answer makes no sense.
    """
    if pool.find(username) is not None:
        return
    signs_in = occasion == "Authentication"
    request = {
        "password": password,
        "validationData": metadata if signs_in else None,
        "userAttributes": None,
    } | metadata_of({} if signs_in else metadata)
    names = ("userAttributes", "finalUserStatus", "messageAction", "desiredDeliveryMediums")
    try:
        response = run(
            pool,
            "UserMigration",
            f"UserMigration_{occasion}",
            client_id=client.id,
            username=username,
            request=request,
            response=dict.fromkeys((*names, "forceAliasCreation", "enableSMSMFA")),
        )
    except LambdaRefused as error:
        raise _not_migrated(client) from error
    values = response.get("userAttributes")
    if not values:
        return
    if not isinstance(values, dict):
        raise LambdaAnswerInvalid("Unrecognizable lambda output: userAttributes is not an object")
    texts = {str(name): str(value) for name, value in values.items()}
    name = texts.pop("username", username)
    if not _signs_in(pool, username, name, texts):
        raise _not_migrated(
            client,
            ": Invalid username or missing email / phone_number / preferred_username attributes",
        )
    status = UserStatus.CONFIRMED
    if password is None or response.get("finalUserStatus") == "RESET_REQUIRED":
        status = UserStatus.RESET_REQUIRED
    force = bool(response.get("forceAliasCreation"))
    user = pool.create_user(NewUser(name, None, texts), status, force_alias=force)
    user.sms_mfa_enabled = bool(response.get("enableSMSMFA"))
    if password is not None:
        user.set_password(password, pool.context.clock.now())


def _not_migrated(client: AppClient, why: str = "") -> UserNotFound | NotAuthorized:
    if client.prevents_user_existence_errors:
        return NotAuthorized()
    return UserNotFound(f"Exception migrating user in app client {client.id}{why}")


def _signs_in(pool: Pool, typed: str, name: str, attributes: dict[str, str]) -> bool:
    """Whether what was typed in is the name of a migrated user, or an alias of theirs.

    Source: measured on AWS (snapshots of localstack-ext 3.8.1, August 2024).
    """
    aliases = pool.extended_config.get("AliasAttributes") or ()
    names = [name, *(attributes.get(alias, "") for alias in aliases)]
    return pool.fold(typed) in map(pool.fold, names)


def metadata_of(metadata: dict[str, str] | None) -> dict[str, Any]:
    """Give the ClientMetadata of a call as requests have it: left out where there is none."""
    return {"clientMetadata": metadata} if metadata else {}


def pre_sign_up(
    pool: Pool, new: NewUser, occasion: str, client_id: str | None, call: dict[str, Any]
) -> dict[str, Any]:
    """Run the PreSignUp trigger, which the pool has; gives `autoConfirmUser` and the like.

    Args:
        pool: gets the user.
        new: who is about to be created.
        occasion: SignUp or AdminCreateUser.
        client_id: of the app client; None for an administrator.
        call: the parameters of the call: its ValidationData and ClientMetadata.
    """
    given = call.get("ValidationData") or ()
    request = {
        "userAttributes": new.attributes,
        "validationData": {each["Name"]: each.get("Value") for each in given} or None,
    } | metadata_of(call.get("ClientMetadata"))
    flags = ("autoConfirmUser", "autoVerifyEmail", "autoVerifyPhone")
    return run(
        pool,
        "PreSignUp",
        f"PreSignUp_{occasion}",
        client_id=client_id,
        username=new.username,
        request=request,
        response=dict.fromkeys(flags, False),
    )


def post_confirmation(
    pool: Pool, user: User, occasion: str, client_id: str | None, metadata: dict[str, str] | None
) -> None:
    """Run the PostConfirmation trigger, if the pool has one.

    Args:
        pool: has the user.
        user: who has just been confirmed.
        occasion: ConfirmSignUp or ConfirmForgotPassword.
        client_id: of the app client; None for an administrator.
        metadata: the ClientMetadata of the call.
    """
    if pool.has_trigger("PostConfirmation"):
        run(
            pool,
            "PostConfirmation",
            f"PostConfirmation_{occasion}",
            client_id=client_id,
            username=user.username,
            request={"userAttributes": user.event_attributes()} | metadata_of(metadata),
            response={},
        )
