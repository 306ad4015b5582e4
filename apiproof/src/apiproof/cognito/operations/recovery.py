"""ForgotPassword, ConfirmForgotPassword and ChangePassword."""

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito.context import Purpose
from apiproof.cognito.errors import CodeMismatch, NotAuthorized, ParameterInvalid
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.operations.sign_up import simulated_delivery
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import User

# What a pool without AccountRecoverySetting does (API reference, AccountRecoverySettingType).
_LEGACY_RECOVERY = (
    {"Priority": 1, "Name": "verified_phone_number"},
    {"Priority": 2, "Name": "verified_email"},
)


def recovery_attribute(pool: Pool, user: User) -> str | None:
    """Tell to which verified address a reset code goes; None if the user has none.

    Raises:
        NotAuthorized: the pool leaves recovery to administrators.
    """
    setting = pool.extended_config.get("AccountRecoverySetting") or {}
    mechanisms = setting.get("RecoveryMechanisms") or _LEGACY_RECOVERY
    for mechanism in sorted(mechanisms, key=lambda each: each["Priority"]):
        if mechanism["Name"] == "admin_only":
            raise NotAuthorized("Contact administrator to reset password.")
        attribute = mechanism["Name"].removeprefix("verified_")
        if user.has_verified(attribute):
            return str(attribute)
    return None


class Recovery(Operation):
    """Getting another password."""

    def forgot_password(self) -> ActionResult:
        """Send a code to a verified address."""
        pool, client, user = self.client_and_user()
        if user is None or (client.prevents_user_existence_errors and not user.enabled):
            return ActionResult(
                {"CodeDeliveryDetails": simulated_delivery(self.params["Username"])}
            )
        self.count(user)
        if not user.enabled:
            raise NotAuthorized("User is disabled.")
        if user.is_status("FORCE_CHANGE_PASSWORD"):
            raise NotAuthorized("User password cannot be reset in the current state.")
        attribute = recovery_attribute(pool, user)
        if attribute is None:
            raise ParameterInvalid(
                "Cannot reset password for the user as there is no registered/verified email or "
                "phone_number"
            )
        details = pool.send_code(user, Purpose.PASSWORD_RESET, attribute)
        return ActionResult({"CodeDeliveryDetails": details})

    def confirm_forgot_password(self) -> ActionResult:
        """Redeem the code for a new password."""
        pool, client, user = self.client_and_user()
        if user is None or (client.prevents_user_existence_errors and not user.enabled):
            raise CodeMismatch
        self.count(user)
        if not user.enabled:
            raise NotAuthorized("User is disabled.")
        now = self.context.clock.now()
        value = self.params["ConfirmationCode"]
        user.codes.check(Purpose.PASSWORD_RESET, value, now=now)
        pool.check_password(self.params["Password"])
        user.codes.redeem(Purpose.PASSWORD_RESET, value, now=now)
        user.password = self.params["Password"]
        user.lockout.forget()
        if user.is_status("RESET_REQUIRED"):
            user.status = UserStatus.CONFIRMED
        return ActionResult({})

    def change_password(self) -> ActionResult:
        """Replace a password that the user knows."""
        pool, user = self.user_from_access_token()
        self.count(user)
        previous = self.params.get("PreviousPassword")
        if previous != user.password:
            raise NotAuthorized
        pool.check_password(self.params["ProposedPassword"])
        user.password = self.params["ProposedPassword"]
        return ActionResult({})
