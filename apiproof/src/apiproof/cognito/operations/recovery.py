"""ForgotPassword, ConfirmForgotPassword and ChangePassword.

How a user gets another password, without or with the old one.
"""

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito.backend import is_status
from apiproof.cognito.errors import CodeMismatch, NotAuthorized, ParameterInvalid
from apiproof.cognito.operations.call import Call
from apiproof.cognito.operations.signup import simulated_delivery
from apiproof.cognito.outbox import Purpose
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


class Recovery(Call):
    """Getting another password."""

    def forgot_password(self) -> ActionResult:
        """Send a code to a verified address."""
        pool, client, user = self.hashed_user()
        if user is None or (client.hides_users and not user.enabled):
            return ActionResult({"CodeDeliveryDetails": simulated_delivery(self.given["Username"])})
        self.count(user)
        if not user.enabled:
            raise NotAuthorized("User is disabled.")
        if is_status(user, "FORCE_CHANGE_PASSWORD"):
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
        pool, client, user = self.hashed_user()
        if user is None or (client.hides_users and not user.enabled):
            raise CodeMismatch
        self.count(user)
        if not user.enabled:
            raise NotAuthorized("User is disabled.")
        now = self.service.clock.now()
        given = self.given["ConfirmationCode"]
        user.codes.check(Purpose.PASSWORD_RESET, given, now=now)
        pool.check_password(self.given["Password"])
        user.codes.redeem(Purpose.PASSWORD_RESET, given, now=now)
        user.password = self.given["Password"]
        user.attempts.forget()
        if is_status(user, "RESET_REQUIRED"):
            user.status = UserStatus.CONFIRMED
        return ActionResult({})

    def change_password(self) -> ActionResult:
        """Replace a password that the user knows."""
        pool, user = self.bearer()
        self.count(user)
        previous = self.given.get("PreviousPassword")
        if previous != user.password:
            raise NotAuthorized
        pool.check_password(self.given["ProposedPassword"])
        user.password = self.given["ProposedPassword"]
        return ActionResult({})
