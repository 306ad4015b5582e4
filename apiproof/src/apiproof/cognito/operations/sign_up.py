"""SignUp, ConfirmSignUp and ResendConfirmationCode."""

import hashlib
from typing import Any

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito.context import Purpose
from apiproof.cognito.errors import (
    AliasExists,
    CodeExpired,
    NotAuthorized,
    ParameterInvalid,
)
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import NewUser, Pool, delivery_details
from apiproof.cognito.users import VERIFIABLE, User


def attribute_to_verify(pool: Pool, user: User) -> str | None:
    """Tell which attribute a sign-up code goes to, or None if the pool verifies none of them."""
    automatic = pool.extended_config.get("AutoVerifiedAttributes") or ()
    for name in VERIFIABLE:
        if name in automatic and user.attribute(name):
            return name
    return None


def simulated_delivery(username: str) -> dict[str, str]:
    """Give delivery details for someone who isn't there, the same ones each time."""
    digest = hashlib.sha256(username.encode()).hexdigest()
    return delivery_details("email", f"{digest[0]}@{digest[1]}")


class SignUp(Operation):
    """Signing up."""

    def sign_up(self) -> ActionResult:
        """Create an unconfirmed user and send a code."""
        pool, client = self.pool_and_client()
        username = self.params["Username"]
        client.require_secret_hash(self.params.get("SecretHash"), username)
        administration = pool.extended_config.get("AdminCreateUserConfig") or {}
        if administration.get("AllowAdminCreateUserOnly"):
            raise NotAuthorized("SignUp is not permitted for this user pool")
        new = NewUser(username, self.params.get("Password") or "", self.attribute_values())
        user = pool.create_user(new, UserStatus.UNCONFIRMED, client=client)
        answer: dict[str, Any] = {"UserConfirmed": False, "UserSub": user.id}
        attribute = attribute_to_verify(pool, user)
        if attribute is not None:
            answer["CodeDeliveryDetails"] = pool.send_code(user, Purpose.SIGN_UP, attribute)
        return ActionResult(answer)

    def confirm_sign_up(self) -> ActionResult:
        """Redeem the code: the user is confirmed and the address verified."""
        pool, _, user = self.client_and_user()
        if user is None:
            raise CodeExpired
        self.count(user)
        if not user.is_status("UNCONFIRMED"):
            raise NotAuthorized(f"User cannot be confirmed. Current status is {user.status.value}")
        now = self.context.clock.now()
        value = self.params["ConfirmationCode"]
        code = user.codes.check(Purpose.SIGN_UP, value, now=now)
        self._take_alias(pool, user, code.attribute)
        user.codes.redeem(Purpose.SIGN_UP, value, now=now)
        user.status = UserStatus.CONFIRMED
        user.set_verified(code.attribute, verified=True)
        return ActionResult({})

    def _take_alias(self, pool: Pool, user: User, attribute: str) -> None:
        if attribute not in (pool.extended_config.get("AliasAttributes") or ()):
            return
        value = pool.fold(user.attribute(attribute) or "")
        for other in pool.users.values():
            if other is user or not other.has_verified(attribute):
                continue
            if pool.fold(other.attribute(attribute) or "") == value:
                if not self.params.get("ForceAliasCreation"):
                    raise AliasExists
                other.set_verified(attribute, verified=False)

    def resend_confirmation_code(self) -> ActionResult:
        """Send another sign-up code; the one before is dead."""
        pool, client, user = self.client_and_user()
        if user is None or (client.prevents_user_existence_errors and not user.enabled):
            return ActionResult(
                {"CodeDeliveryDetails": simulated_delivery(self.params["Username"])}
            )
        self.count(user)
        if not user.is_status("UNCONFIRMED"):
            raise ParameterInvalid("User is already confirmed.")
        attribute = attribute_to_verify(pool, user)
        if attribute is None:
            raise ParameterInvalid("Auto verification not turned on.")
        details = pool.send_code(user, Purpose.SIGN_UP, attribute)
        return ActionResult({"CodeDeliveryDetails": details})
