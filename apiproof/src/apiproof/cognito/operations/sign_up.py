"""SignUp, ConfirmSignUp and ResendConfirmationCode."""

from typing import Any

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito import triggers
from apiproof.cognito.app_client import AppClient
from apiproof.cognito.challenges import SignInAttempt
from apiproof.cognito.context import Purpose
from apiproof.cognito.errors import (
    AliasExists,
    CodeExpired,
    CognitoError,
    LambdaAnswerInvalid,
    NotAuthorized,
    ParameterInvalid,
    UsernameExists,
)
from apiproof.cognito.factors import needs_no_password
from apiproof.cognito.messages import send_code, simulated_delivery
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import VERIFIABLE, NewUser, User

# What a session is good for that is no challenge: going on with a sign-up, as USER_AUTH does.
SIGNED_UP, CONFIRMED = "signed up", "confirmed"


def attribute_to_verify(pool: Pool, user: User) -> str | None:
    """Tell which attribute a sign-up code goes to, or None if the pool verifies none of them."""
    automatic = pool.extended_config.get("AutoVerifiedAttributes") or ()
    for name in VERIFIABLE:
        if name in automatic and user.attribute(name):
            return name
    return None


class SignUp(Operation):
    """Signing up."""

    def sign_up(self) -> ActionResult:
        """Create an unconfirmed user and send a code; the PreSignUp trigger may confirm it."""
        pool, client = self.pool_and_client()
        username = self.params["Username"]
        self._require_secret_hash(client, self.params.get("SecretHash"), username)
        administration = pool.extended_config.get("AdminCreateUserConfig") or {}
        if administration.get("AllowAdminCreateUserOnly"):
            raise NotAuthorized("SignUp is not permitted for this user pool")
        new = NewUser(username, self._password(pool), self.attribute_values())
        if "preferred_username" in new.attributes and "preferred_username" in (
            pool.extended_config.get("AliasAttributes") or ()
        ):
            raise ParameterInvalid(  # captured in amplify-js#1669
                "Preferred username cannot be provided for unconfirmed account, since user pool is "
                "configured for preferred username alias."
            )
        approved: dict[str, Any] = {}
        if pool.has_trigger("PreSignUp"):
            approved = triggers.pre_sign_up(pool, new, "SignUp", client.id, self.params)
        user = pool.create_user(new, UserStatus.UNCONFIRMED, client=client)
        try:
            self._verify(pool, user, approved)
        except CognitoError:
            pool.remove(user)
            raise
        answer: dict[str, Any] = {"UserConfirmed": False, "UserSub": user.id}
        if "USER_AUTH" in client.allowed_flows:
            attempt = SignInAttempt(pool, client, user.username, user)
            answer["Session"] = self.backend.challenges.create(SIGNED_UP, attempt).session
        if approved.get("autoConfirmUser"):
            user.status = UserStatus.CONFIRMED
            metadata = self.params.get("ClientMetadata")
            triggers.post_confirmation(pool, user, "ConfirmSignUp", client.id, metadata)
            return ActionResult(answer | {"UserConfirmed": True})
        attribute = attribute_to_verify(pool, user)
        if attribute is not None:
            answer["CodeDeliveryDetails"] = self._send_code(pool, client, user, "SignUp", attribute)
        return ActionResult(answer)

    def _password(self, pool: Pool) -> str | None:
        """Give the password; a pool that signs in with codes alone needs none."""
        password = self.params.get("Password")
        if not password and needs_no_password(pool):
            return None
        return password or ""

    @staticmethod
    def _verify(pool: Pool, user: User, approved: dict[str, Any]) -> None:
        for name, flag in (("email", "autoVerifyEmail"), ("phone_number", "autoVerifyPhone")):
            if not approved.get(flag):
                continue
            if not user.attribute(name):
                # Developer guide, "Pre sign-up Lambda trigger": an error; which is not told.
                raise LambdaAnswerInvalid(f"Unrecognizable lambda output: {flag} without {name}")
            try:
                pool.take_aliases({f"{name}_verified": "true"}, user)
            except AliasExists as error:
                # SignUp has no AliasExistsException in the service model.
                raise UsernameExists(error.message) from error
            user.set_verified(name, verified=True)

    def _send_code(
        self, pool: Pool, client: AppClient, user: User, occasion: str, attribute: str
    ) -> dict[str, str]:
        metadata = self.params.get("ClientMetadata")
        return send_code(pool, user, occasion, attribute, client_id=client.id, metadata=metadata)

    def confirm_sign_up(self) -> ActionResult:
        """Redeem the code: the user is confirmed and the address verified."""
        pool, client, user = self.client_and_user()
        if user is None:
            raise CodeExpired
        self.count(user)
        if not user.is_status("UNCONFIRMED"):
            raise NotAuthorized(f"User cannot be confirmed. Current status is {user.status.value}")
        now = self.context.clock.now()
        value, session = self.params["ConfirmationCode"], self.params.get("Session")
        signed_up = self.backend.challenges.of_user(session, SIGNED_UP, user) if session else None
        code = user.codes.check(Purpose.SIGN_UP, value, now=now)
        force = bool(self.params.get("ForceAliasCreation"))
        pool.take_aliases({f"{code.attribute}_verified": "true"}, user, force=force)
        user.codes.redeem(Purpose.SIGN_UP, value, now=now)
        user.status = UserStatus.CONFIRMED
        user.set_verified(code.attribute, verified=True)
        metadata = self.params.get("ClientMetadata")
        triggers.post_confirmation(pool, user, "ConfirmSignUp", client.id, metadata)
        if signed_up is None:
            return ActionResult({})
        signed_up.answered = True
        following = self.backend.challenges.create(CONFIRMED, signed_up.attempt)
        return ActionResult({"Session": following.session})

    def resend_confirmation_code(self) -> ActionResult:
        """Send another sign-up code; the one before is dead."""
        pool, client, user = self.client_and_user()
        if user is None or (client.prevents_user_existence_errors and not user.enabled):
            details = simulated_delivery(self.params["Username"])
            return ActionResult({"CodeDeliveryDetails": details})
        self.count(user)
        if not user.is_status("UNCONFIRMED"):
            raise ParameterInvalid("User is already confirmed.")
        attribute = attribute_to_verify(pool, user)
        if attribute is None:
            raise ParameterInvalid("Auto verification not turned on.")
        details = self._send_code(pool, client, user, "ResendCode", attribute)
        return ActionResult({"CodeDeliveryDetails": details})
