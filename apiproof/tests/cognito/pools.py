"""A pool as a conformance test sees it, whoever is behind: boto3, plus what no API gives."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt

from apiproof.cognito import secret_hash

PASSWORD = "Correct-Horse-7-Battery"
Handler = Callable[[dict[str, Any], Any], Any]


class Pool(ABC):
    """One pool with one app client, as a test sees it."""

    aws: Any
    region: str
    id: str
    client_id: str
    client_secret: str

    @abstractmethod
    def code(self, username: str, purpose: str = "sign-up") -> str:
        """Read the newest code sent to a user."""

    @abstractmethod
    def advance(self, by: timedelta) -> None:
        """Let time pass."""

    @abstractmethod
    def trigger(self, handler: Handler) -> None:
        """Attach a Pre Token Generation V2 handler."""

    @abstractmethod
    def attach(self, name: str, handler: Handler) -> None:
        """Attach a handler to any trigger, e.g. PreSignUp."""

    @abstractmethod
    def jwks(self, pool_id: str | None = None) -> dict[str, Any]:
        """Fetch the JWK set; raises LookupError where the pool is unknown."""

    # The same for all

    def hash(self, username: str) -> str:
        return secret_hash(self.client_id, self.client_secret, username)

    def app(self, username: str) -> dict[str, str]:
        """Give the parameters that every call of the app client needs."""
        return {
            "ClientId": self.client_id,
            "Username": username,
            "SecretHash": self.hash(username),
        }

    def sign_up(self, username: str, password: str = PASSWORD, **attributes: str) -> Any:
        attributes = {"email": f"{username}@example.com"} | attributes
        return self.aws.sign_up(
            **self.app(username),
            Password=password,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )

    def confirm(self, username: str, code: str | None = None) -> None:
        self.aws.confirm_sign_up(**self.app(username), ConfirmationCode=code or self.code(username))

    def user(self, username: str, password: str = PASSWORD, **attributes: str) -> str:
        """Sign up, confirm and verify a user, by whatever means; returns the `sub`."""
        sub = self.sign_up(username, password, **attributes)["UserSub"]
        self.confirm(username)
        # Plain moto forgets this at confirmation; tests of other things start level.
        self.set(username, email_verified="true")
        return str(sub)

    def set(self, username: str, **attributes: str) -> None:
        self.aws.admin_update_user_attributes(
            UserPoolId=self.id,
            Username=username,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
        )

    def attributes(self, username: str) -> dict[str, str]:
        user = self.aws.admin_get_user(UserPoolId=self.id, Username=username)
        return {each["Name"]: each["Value"] for each in user["UserAttributes"]}

    def status(self, username: str) -> str:
        return str(self.aws.admin_get_user(UserPoolId=self.id, Username=username)["UserStatus"])

    def log_in(self, username: str, password: str = PASSWORD, **parameters: str) -> dict[str, Any]:
        given = {
            "USERNAME": username,
            "PASSWORD": password,
            "SECRET_HASH": self.hash(username),
        } | parameters
        answer = self.aws.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={name: value for name, value in given.items() if value},
        )
        result: dict[str, Any] = answer.get("AuthenticationResult") or answer
        return result

    def refresh(self, refresh_token: str, username: str, **parameters: str) -> dict[str, Any]:
        given = {"REFRESH_TOKEN": refresh_token, "SECRET_HASH": self.hash(username)} | parameters
        answer = self.aws.initiate_auth(
            ClientId=self.client_id,
            AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={name: value for name, value in given.items() if value},
        )
        result: dict[str, Any] = answer["AuthenticationResult"]
        return result

    def another_client(self, **settings: Any) -> tuple[str, str]:
        """Add an app client; returns id and secret."""
        client = self.aws.create_user_pool_client(
            UserPoolId=self.id, ClientName="another", GenerateSecret=True, **settings
        )["UserPoolClient"]
        return client["ClientId"], client["ClientSecret"]

    def claims(self, token: str) -> dict[str, Any]:
        """Read a token without verifying it."""
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims

    def verified(self, token: str) -> dict[str, Any]:
        """Verify a token with the published keys, but not its times."""
        kid = jwt.get_unverified_header(token)["kid"]
        key = next(key for key in self.jwks()["keys"] if key["kid"] == kid)
        claims: dict[str, Any] = jwt.decode(
            token,
            jwt.PyJWK(key).key,
            algorithms=["RS256"],
            options={"verify_aud": False, "verify_exp": False, "verify_iat": False},
        )
        return claims
