"""InitiateAuth, AdminInitiateAuth and RespondToAuthChallenge.

Password and refresh flows are here; the challenges after a password are moto's, save for new
passwords.
"""

from typing import Any

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito.backend import authentication_result
from apiproof.cognito.errors import (
    NotAuthorized,
    ParameterInvalid,
    PasswordResetRequired,
    UserNotConfirmed,
    UserNotFound,
)
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import AppClient, Pool
from apiproof.cognito.tokens import issue_tokens
from apiproof.cognito.users import User

_REFRESH = ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")


class SignIn(Operation):
    """Signing in."""

    def _require_flow(self, client: AppClient, flow: str) -> None:
        """Refuse a flow that is off; the sign-in page asks no client for a flow."""
        client.require_flow(flow)

    def _complete(self, pool: Pool, client: AppClient, user: User, source: str) -> ActionResult:
        """Finish a sign-in: the only place where one becomes tokens."""
        return ActionResult(self.backend.log_in(pool, client, user, source))

    def initiate_auth(self) -> ActionResult:
        """Sign in with a password, or refresh."""
        pool, client = self.pool_and_client()
        return self._initiate(pool, client, password_flows=("USER_PASSWORD_AUTH",))

    def admin_initiate_auth(self) -> ActionResult:
        """Sign in or refresh on a user's behalf."""
        pool = self.pool()
        found, client = self.pool_and_client()
        if found is not pool:
            raise NotAuthorized("Client does not belong to the user pool")
        flows = ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")
        return self._initiate(pool, client, password_flows=flows)

    def _initiate(
        self, pool: Pool, client: AppClient, password_flows: tuple[str, ...]
    ) -> ActionResult:
        flow = self.params["AuthFlow"]
        parameters = self.params.get("AuthParameters") or {}
        if flow in password_flows:
            self._require_flow(client, flow)
            return self._with_password(pool, client, parameters)
        if flow in _REFRESH:
            self._require_flow(client, flow)
            return self._refresh(pool, client, parameters)
        self._require_flow(client, flow)
        raise ParameterInvalid(f"This emulator of Cognito does not do {flow}: see SUPPORT.md.")

    def _with_password(
        self, pool: Pool, client: AppClient, parameters: dict[str, str]
    ) -> ActionResult:
        username = _required(parameters, "USERNAME")
        password = _required(parameters, "PASSWORD")
        client.require_secret_hash(parameters.get("SECRET_HASH"), username)
        user = pool.find(username)
        if user is None:
            raise NotAuthorized if client.prevents_user_existence_errors else UserNotFound
        self._prove_password(user, password)
        if not user.enabled:
            raise NotAuthorized("User is disabled.")
        if user.is_status("UNCONFIRMED"):
            raise UserNotConfirmed
        if user.is_status("RESET_REQUIRED"):
            raise PasswordResetRequired
        if user.is_status("FORCE_CHANGE_PASSWORD"):
            return self._challenge(pool, user, "NEW_PASSWORD_REQUIRED")
        if user.preferred_mfa_setting:
            return self._challenge(pool, user, user.preferred_mfa_setting)
        return self._complete(pool, client, user, "TokenGeneration_Authentication")

    def _prove_password(self, user: User, password: str) -> None:
        now = self.context.clock.now()
        user.lockout.enter(now)
        if user.password != password:
            user.lockout.fail(now)
            raise NotAuthorized
        user.lockout.forget()

    def _challenge(self, pool: Pool, user: User, name: str) -> ActionResult:
        session = self.context.new_id()
        self.backend.sessions[session] = (user.username, pool)
        self.backend.challenged_at[session] = self.context.clock.now()
        return ActionResult(
            {
                "ChallengeName": name,
                "ChallengeParameters": {"USER_ID_FOR_SRP": user.username},
                "Session": session,
            }
        )

    def _refresh(self, pool: Pool, client: AppClient, parameters: dict[str, str]) -> ActionResult:
        session = pool.sessions.require_valid(_required(parameters, "REFRESH_TOKEN"), client.id)
        client.require_secret_hash(
            parameters.get("SECRET_HASH"), session.user.username, session.user.id
        )
        if not session.user.enabled:
            raise NotAuthorized("User is disabled.")
        tokens = issue_tokens(pool, session, "TokenGeneration_RefreshTokens")
        result = authentication_result(tokens, refresh_token=False)
        return ActionResult({"ChallengeParameters": {}, "AuthenticationResult": result})

    def respond_to_auth_challenge(self) -> ActionResult:
        """Answer a challenge."""
        _, client = self.pool_and_client()
        asked_at = self.backend.challenged_at.get(self.params.get("Session") or "")
        if asked_at is None or self.context.clock.now() >= asked_at + client.challenge_lifetime:
            raise NotAuthorized("Invalid session for the user, session is expired.")
        if self.params["ChallengeName"] == "NEW_PASSWORD_REQUIRED":
            return self._new_password()
        answer: ActionResult = super().respond_to_auth_challenge()
        return answer

    def admin_respond_to_auth_challenge(self) -> ActionResult:
        """Answer a challenge on a user's behalf."""
        return self.respond_to_auth_challenge()

    def _new_password(self) -> ActionResult:
        pool, client = self.pool_and_client()
        responses = self.params.get("ChallengeResponses") or {}
        username = _required(responses, "USERNAME")
        client.require_secret_hash(responses.get("SECRET_HASH"), username)
        session = self.params.get("Session") or ""
        user = pool.find(username)
        waiting = self.backend.sessions.get(session)
        if user is None or waiting is None or waiting[0] != user.username:
            raise NotAuthorized("Invalid session for the user.")
        pool.check_password(_required(responses, "NEW_PASSWORD"))
        user.password = responses["NEW_PASSWORD"]
        user.status = UserStatus.CONFIRMED
        del self.backend.sessions[session]
        return self._complete(pool, client, user, "TokenGeneration_NewPasswordChallenge")


def _required(parameters: dict[str, Any], name: str) -> str:
    value = parameters.get(name)
    if not value:
        raise ParameterInvalid(f"Missing required parameter {name}")
    return str(value)
