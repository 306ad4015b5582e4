"""The identity provider as a Cognito user pool, through boto3.

One client per process, no retries (botocore would re-send a SignUp whose answer was lost), short
timeouts, and the request's deadline. What is not an answer of Cognito's, by its header and by what
is read from it, is an answer lost.

Sources: botocore 1.44 Config, AWS "Computing secret hash values".
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any
from uuid import UUID

import boto3
import structlog
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
)
from botocore.parsers import ResponseParserError
from typing_extensions import override

from api.errors import (
    ApiError,
    ChallengeUnsupported,
    IdentityAnswerLost,
    IdentityUnavailable,
    PasswordWrong,
    Unavailable,
)
from api.identity.errors import map_error
from api.identity.protocols import Account, IdentityProvider, Tokens
from api.identity.transport import bind
from api.limits import current
from api.settings import Settings

# Where the request cannot have reached Cognito; all else may have, and been acted upon.
_NEVER_SENT = (EndpointConnectionError, ConnectTimeoutError, NoCredentialsError)

# What botocore and our own check make of a body that Cognito never sends.
_NO_ANSWER = (
    ResponseParserError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    RecursionError,
)

# NUL, and halves of surrogate pairs.
_UNFIT = re.compile("[\\x00\\ud800-\\udfff]")

log = structlog.get_logger(__name__)


class Cognito(IdentityProvider):
    """One user pool, through one app client; what each call means is said by IdentityProvider."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client_id = settings.aws_cognito_app_client_id

    @cached_property
    def _client(self) -> Any:
        """The process's client, made when it is first needed: making it looks for credentials."""
        settings = self._settings
        endpoint = settings.aws_cognito_endpoint
        # A session of its own, because boto3's default one is not safe between threads.
        client = boto3.session.Session().client(
            "cognito-idp",
            region_name=settings.aws_region,
            endpoint_url=str(endpoint).rstrip("/") if endpoint else None,
            config=Config(
                connect_timeout=settings.cognito_connect_timeout,
                read_timeout=settings.cognito_read_timeout,
                retries={"total_max_attempts": 1, "mode": "standard"},
                max_pool_connections=3 * settings.cognito_threads,
            ),
        )
        bind(client)
        return client

    @override
    def sign_up(self, username: str, password: str, email: str) -> str:
        answer = self._call(
            "sign_up",
            **self._as_client(username),
            Password=password,
            UserAttributes=[{"Name": "email", "Value": email}],
        )
        return _uuid(answer, "UserSub")

    @override
    def confirm_sign_up(self, username: str, code: str) -> None:
        self._call("confirm_sign_up", **self._as_client(username), ConfirmationCode=code)

    @override
    def resend_code(self, username: str) -> None:
        _require_sent(self._call("resend_confirmation_code", **self._as_client(username)))

    @override
    def sign_in(self, username: str, password: str) -> Tokens:
        answer = self._call(
            "sign_in",
            method="initiate_auth",
            ClientId=self._client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={
                "USERNAME": username,
                "PASSWORD": password,
                "SECRET_HASH": self._secret_hash(username),
            },
        )
        challenge = answer.get("ChallengeName")
        if challenge and isinstance(challenge, str):
            raise ChallengeUnsupported
        return _tokens(answer.get("AuthenticationResult"))

    @override
    def refresh(self, refresh_token: str) -> Tokens:
        # InitiateAuth refuses clients whose refresh tokens rotate; this call serves both kinds.
        answer = self._call(
            "get_tokens_from_refresh_token",
            ClientId=self._client_id,
            ClientSecret=self._settings.aws_cognito_app_client_secret.get_secret_value(),
            RefreshToken=refresh_token,
        )
        # There is a new refresh token only where they rotate.
        return _tokens(answer.get("AuthenticationResult"), refresh_token)

    @override
    def forgot_password(self, username: str) -> None:
        _require_sent(self._call("forgot_password", **self._as_client(username)))

    @override
    def reset_password(self, username: str, code: str, password: str) -> None:
        self._call(
            "confirm_forgot_password",
            **self._as_client(username),
            ConfirmationCode=code,
            Password=password,
        )

    @override
    def change_password(self, access_token: str, current: str, new: str) -> None:
        try:
            self._call(
                "change_password",
                AccessToken=access_token,
                PreviousPassword=current,
                ProposedPassword=new,
            )
        except PasswordWrong:
            # One code for a wrong password and for a token that an operator has revoked: this
            # call knows the second alone.
            self._call("get_user", AccessToken=access_token)
            raise

    @override
    def find_account(self, username: str) -> Account | None:
        answer = self._call("admin_get_user", **self._as_admin(username))
        if not answer:
            return None
        attributes = _attributes(answer.get("UserAttributes"))
        sub, name = _text(attributes, "sub"), _text(answer, "Username")
        email, enabled = attributes.get("email", ""), answer.get("Enabled")
        if not isinstance(enabled, bool):
            raise IdentityAnswerLost
        return Account(
            sub=sub,
            # Where addresses are usernames, Cognito's own name for an account is its sub.
            username=email if name == sub and email else name,
            email=email,
            unconfirmed=_text(answer, "UserStatus") == "UNCONFIRMED",
            disabled=not enabled,
        )

    @override
    def delete_account(self, username: str) -> None:
        self._call("admin_delete_user", **self._as_admin(username))

    @override
    def sign_out(self, access_token: str) -> None:
        self._call("global_sign_out", AccessToken=access_token)

    @override
    def sign_out_account(self, username: str) -> None:
        self._call("admin_user_global_sign_out", **self._as_admin(username))

    @override
    def set_enabled(self, username: str, *, enabled: bool) -> None:
        operation = "admin_enable_user" if enabled else "admin_disable_user"
        self._call(operation, **self._as_admin(username))

    def _as_client(self, username: str) -> dict[str, str]:
        return {
            "ClientId": self._client_id,
            "SecretHash": self._secret_hash(username),
            "Username": username,
        }

    def _as_admin(self, username: str) -> dict[str, str]:
        return {"UserPoolId": self._settings.aws_user_pool_id, "Username": username}

    def _secret_hash(self, username: str) -> str:
        key = self._settings.aws_cognito_app_client_secret.get_secret_value().encode()
        digest = hmac.digest(key, (username + self._client_id).encode(), hashlib.sha256)
        return base64.b64encode(digest).decode()

    def _call(self, name: str, *, method: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Call Cognito once; an error becomes one of ours, an answer that means "done" is empty."""
        current().require(IdentityUnavailable)
        try:
            answer: dict[str, Any] = getattr(self._client, method or name)(**parameters)
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            is_theirs = _is_cognitos(error.response) and _is_refusal(error.response)
            mapped = map_error(name, code) if is_theirs else IdentityAnswerLost()
            _record(name, code, mapped)
            if mapped is None:
                return {}
            raise mapped from None
        except BotoCoreError as error:
            away = IdentityUnavailable() if isinstance(error, _NEVER_SENT) else IdentityAnswerLost()
            _record(name, type(error).__name__, away)
            raise away from None
        except _NO_ANSWER as error:
            # botocore makes an error of its own of most answers that are none, but not of all.
            lost = IdentityAnswerLost()
            _record(name, type(error).__name__, lost)
            raise lost from None
        finally:
            current().release_all()
        if not _is_cognitos(answer):
            lost = IdentityAnswerLost()
            _record(name, "no answer of Cognito's", lost)
            raise lost
        return answer


def _record(operation: str, code: str, error: ApiError | None) -> None:
    # The code only: AWS messages may repeat names, addresses and tokens.
    answered = type(error).__name__ if error else "done"
    write = log.warning if isinstance(error, Unavailable) else log.info
    write("cognito_refused", operation=operation, code=code, answered=answered)


def _is_refusal(answer: Mapping[str, Any]) -> bool:
    """Tell whether an error has a status that says "not done": of 500 and more nothing is known."""
    status = answer["ResponseMetadata"].get("HTTPStatusCode")
    return isinstance(status, int) and 400 <= status < 500


def _is_cognitos(answer: Any) -> bool:
    """Tell whether an answer has the header that all of Cognito's have."""
    metadata = answer.get("ResponseMetadata") if isinstance(answer, Mapping) else None
    headers = metadata.get("HTTPHeaders") if isinstance(metadata, Mapping) else None
    return isinstance(headers, Mapping) and bool(headers.get("x-amzn-requestid"))


def _tokens(result: Any, refresh_token: str = "") -> Tokens:
    """Read an AuthenticationResult."""
    if not isinstance(result, Mapping):
        raise IdentityAnswerLost
    expires_in = result.get("ExpiresIn")
    if isinstance(expires_in, bool) or not isinstance(expires_in, int) or expires_in < 1:
        raise IdentityAnswerLost
    has_own = not refresh_token or "RefreshToken" in result
    return Tokens(
        access_token=_text(result, "AccessToken"),
        id_token=_text(result, "IdToken"),
        refresh_token=_text(result, "RefreshToken") if has_own else refresh_token,
        expires_in=expires_in,
    )


def _attributes(listed: Any) -> dict[str, str]:
    if not isinstance(listed, list):
        raise IdentityAnswerLost
    return {_text(item, "Name"): _text(item, "Value", least=0) for item in listed}


def _require_sent(answer: Mapping[str, Any]) -> None:
    """Take no answer for "a code is on its way" that does not say so."""
    if answer and not isinstance(answer.get("CodeDeliveryDetails"), Mapping):
        raise IdentityAnswerLost


def _uuid(answer: Any, name: str) -> str:
    """Read a UUID that an answer must have, as Cognito writes them."""
    text = _text(answer, name)
    with suppress(ValueError):  # Python reads other spellings, too
        if str(UUID(text)) == text.lower():
            return text.lower()
    raise IdentityAnswerLost


def _text(answer: Any, name: str, *, least: int = 1) -> str:
    """Read a text that an answer must have; one that the database and our answers can hold."""
    value = answer.get(name) if isinstance(answer, Mapping) else None
    if not isinstance(value, str) or len(value) < least or _UNFIT.search(value):
        raise IdentityAnswerLost
    return value
