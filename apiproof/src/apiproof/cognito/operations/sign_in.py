"""InitiateAuth, AdminInitiateAuth and GetTokensFromRefreshToken: how sign-ins begin or go on."""

from moto.core.responses import ActionResult

from apiproof.cognito import triggers
from apiproof.cognito.app_client import AppClient
from apiproof.cognito.backend import authentication_result
from apiproof.cognito.challenges import SignInAttempt
from apiproof.cognito.errors import (
    NotAuthorized,
    OperationUnsupported,
    ParameterInvalid,
)
from apiproof.cognito.factors import first_factors
from apiproof.cognito.operations.authentication import Authentication, required
from apiproof.cognito.operations.sign_up import CONFIRMED
from apiproof.cognito.pool import Pool
from apiproof.cognito.tokens import issue_tokens

_REFRESH = ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN")
_ADMIN_PASSWORD = ("ADMIN_USER_PASSWORD_AUTH", "ADMIN_NO_SRP_AUTH")


class SignIn(Authentication):
    """Beginning to sign in, and refreshing."""

    def initiate_auth(self) -> ActionResult:
        """Begin a sign-in, or refresh."""
        pool, client = self.pool_and_client()
        return self._initiate(pool, client, password_flows=("USER_PASSWORD_AUTH",))

    def admin_initiate_auth(self) -> ActionResult:
        """Begin a sign-in or refresh on a user's behalf."""
        pool = self.pool()
        found, client = self.pool_and_client()
        if found is not pool:
            raise NotAuthorized("Client does not belong to the user pool")
        return self._initiate(pool, client, password_flows=_ADMIN_PASSWORD)

    def _initiate(
        self, pool: Pool, client: AppClient, password_flows: tuple[str, ...]
    ) -> ActionResult:
        flow = self.params["AuthFlow"]
        parameters = self.params.get("AuthParameters") or {}
        flows = {
            **dict.fromkeys(password_flows, self._with_password),
            **dict.fromkeys(_REFRESH, self._refresh),
            "USER_SRP_AUTH": self._with_srp,
            "CUSTOM_AUTH": self._with_custom_challenges,
            "USER_AUTH": self._with_choice,
        }
        if flow not in flows:
            raise ParameterInvalid("Initiate Auth method not supported.")
        self._require_flow(client, flow)
        return flows[flow](pool, client, parameters)

    def _identify(
        self,
        pool: Pool,
        client: AppClient,
        parameters: dict[str, str],
        password: str | None = None,
    ) -> SignInAttempt:
        """Check the SECRET_HASH, find or migrate the user, run PreAuthentication."""
        username = required(parameters, "USERNAME")
        self._require_secret_hash(client, parameters.get("SECRET_HASH"), username)
        metadata = self.params.get("ClientMetadata")
        if password is not None and pool.has_trigger("UserMigration"):
            triggers.migrate(
                pool, client, username, "Authentication", password=password, metadata=metadata
            )
        attempt = self._attempt(pool, client, username)
        self._use_device(attempt, parameters.get("DEVICE_KEY"))
        if pool.has_trigger("PreAuthentication"):
            request = self._about_user(attempt) | {"validationData": metadata}
            self._trigger(attempt, "PreAuthentication", request, {})
        return attempt

    # The flows

    def _with_password(
        self, pool: Pool, client: AppClient, parameters: dict[str, str]
    ) -> ActionResult:
        required(parameters, "USERNAME")
        password = required(parameters, "PASSWORD")
        attempt = self._identify(pool, client, parameters, password)
        return self._after_password(attempt, self._check_password(attempt, password))

    def _with_srp(self, pool: Pool, client: AppClient, parameters: dict[str, str]) -> ActionResult:
        attempt = self._identify(pool, client, parameters)
        return self._password_verifier(attempt, required(parameters, "SRP_A"))

    def _with_custom_challenges(
        self, pool: Pool, client: AppClient, parameters: dict[str, str]
    ) -> ActionResult:
        if not pool.has_trigger("DefineAuthChallenge"):
            raise ParameterInvalid(
                "Custom auth lambda trigger is not configured for the user pool."
            )
        attempt = self._identify(pool, client, parameters)
        attempt.custom = []
        if parameters.get("CHALLENGE_NAME") == "SRP_A":
            attempt.srp_a = required(parameters, "SRP_A")
            attempt.custom.append(
                {"challengeName": "SRP_A", "challengeResult": True, "challengeMetadata": None}
            )
        return self._define(attempt)

    def _with_choice(
        self, pool: Pool, client: AppClient, parameters: dict[str, str]
    ) -> ActionResult:
        attempt = self._identify(pool, client, parameters, parameters.get("PASSWORD"))
        if session := self.params.get("Session"):
            return self._after_sign_up(attempt, session)
        choices = first_factors(pool, attempt.user)
        preferred = parameters.get("PREFERRED_CHALLENGE")
        if preferred in choices:
            return self._choose(attempt, preferred, parameters)
        return self._challenge("SELECT_CHALLENGE", attempt, choices=tuple(choices))

    def _after_sign_up(self, attempt: SignInAttempt, session: str) -> ActionResult:
        """Sign in with the code that has just confirmed the sign-up."""
        confirmed = self._challenges.of_user(session, CONFIRMED, attempt.user)
        user = confirmed.attempt.user
        if confirmed.attempt.client is not attempt.client or user is None:
            raise NotAuthorized("Invalid session for the user.")
        confirmed.answered = True
        self._check_status(user)
        return self._finish(attempt, user)

    # Refreshing

    def _refresh(self, pool: Pool, client: AppClient, parameters: dict[str, str]) -> ActionResult:
        if client.rotation is not None:
            raise OperationUnsupported(
                "Refresh token rotation is enabled for this client: use GetTokensFromRefreshToken."
            )
        token = required(parameters, "REFRESH_TOKEN")
        user = pool.sessions.require_valid(token, client.id).user
        self._require_secret_hash(client, parameters.get("SECRET_HASH"), user.username, user.id)
        result = self._renew(pool, client, token, parameters.get("DEVICE_KEY"))
        return ActionResult({"ChallengeParameters": {}, "AuthenticationResult": result})

    def get_tokens_from_refresh_token(self) -> ActionResult:
        """Refresh; with rotation, the refresh token is replaced too."""
        pool, client = self.pool_and_client()
        secret = self.params.get("ClientSecret") or ""
        if client.generate_secret and not client.has_secret(secret):
            raise NotAuthorized(f"Unable to verify secret for client {client.id}")
        metadata = self.params.get("ClientMetadata")
        device_key = self.params.get("DeviceKey")
        result = self._renew(pool, client, self.params["RefreshToken"], device_key, metadata)
        return ActionResult({"AuthenticationResult": result})

    def _renew(
        self,
        pool: Pool,
        client: AppClient,
        token: str,
        device_key: str | None,
        metadata: dict[str, str] | None = None,
    ) -> dict[str, object]:
        session = pool.sessions.require_valid(token, client.id, client.rotation)
        if session.device_key not in {None, device_key}:  # aws-sdk-java-v2#3418
            raise NotAuthorized("Invalid Refresh Token.")
        if not session.user.enabled:
            raise NotAuthorized("User is disabled.")
        session.metadata = metadata or {}
        rotates = client.rotation is not None
        if rotates:
            pool.sessions.rotate(token)
        tokens = issue_tokens(pool, session, "TokenGeneration_RefreshTokens")
        return authentication_result(tokens, refresh_token=rotates)
