"""ForgotPassword, ConfirmForgotPassword and ChangePassword."""

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito import triggers
from apiproof.cognito.context import Purpose
from apiproof.cognito.errors import CodeMismatch, NotAuthorized, ParameterInvalid
from apiproof.cognito.factors import EMAIL, SMS, mfa_factors
from apiproof.cognito.messages import send_code, simulated_delivery
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import User

# What a pool with an empty AccountRecoverySetting does (API reference, AccountRecoverySettingType).
_LEGACY_RECOVERY = (
    {"Priority": 1, "Name": "verified_phone_number"},
    {"Priority": 2, "Name": "verified_email"},
)


def _mechanisms(pool: Pool) -> list[str]:
    setting = pool.extended_config.get("AccountRecoverySetting") or {}
    mechanisms = setting.get("RecoveryMechanisms") or _LEGACY_RECOVERY
    return [each["Name"] for each in sorted(mechanisms, key=lambda each: each["Priority"])]


def require_self_service(pool: Pool) -> None:
    """Refuse a reset by users.

    Raises:
        NotAuthorized: the pool leaves recovery to administrators.
    """
    if "admin_only" in _mechanisms(pool):
        raise NotAuthorized("Contact administrator to reset password.")


def recovery_attribute(pool: Pool, user: User) -> str | None:
    """Tell to which verified address a reset code goes; None if the user has none.

    Nobody gets codes for MFA and for resets at one address (developer guide, "Adding MFA to a user
    pool"), but by phone in a pool with the old rule (API reference, `AccountRecoverySetting`).
    """
    attributes = [name.removeprefix("verified_") for name in _mechanisms(pool)]
    factors = mfa_factors(pool, user)
    taken = {"email"} if EMAIL in factors else set()
    if SMS in factors and pool.extended_config.get("AccountRecoverySetting"):
        taken.add("phone_number")
    return next((it for it in attributes if it not in taken and user.has_verified(it)), None)


class Recovery(Operation):
    """Getting another password."""

    def forgot_password(self) -> ActionResult:
        """Send a code to a verified address; a client that tells nothing pretends to."""
        pool, client = self.pool_and_client()
        username = self.params["Username"]
        self._require_secret_hash(client, self.params.get("SecretHash"), username)
        metadata = self.params.get("ClientMetadata")
        if pool.has_trigger("UserMigration"):
            triggers.migrate(
                pool, client, username, "ForgotPassword", password=None, metadata=metadata
            )
        require_self_service(pool)
        _, _, user = self.client_and_user()
        hides = client.prevents_user_existence_errors
        attribute = recovery_attribute(pool, user) if user is not None else None
        if user is None or (hides and not user.enabled):
            return self._simulated()
        self.count(user)
        if not user.enabled:
            raise NotAuthorized("User is disabled.")
        if user.is_status("FORCE_CHANGE_PASSWORD"):
            raise NotAuthorized("User password cannot be reset in the current state.")
        if attribute is None:
            if hides:
                return self._simulated()
            raise ParameterInvalid(
                "Cannot reset password for the user as there is no registered/verified email or "
                "phone_number"
            )
        details = send_code(
            pool, user, "ForgotPassword", attribute, client_id=client.id, metadata=metadata
        )
        return ActionResult({"CodeDeliveryDetails": details})

    def _simulated(self) -> ActionResult:
        return ActionResult({"CodeDeliveryDetails": simulated_delivery(self.params["Username"])})

    def confirm_forgot_password(self) -> ActionResult:
        """Redeem the code for a new password."""
        pool, client, user = self.client_and_user()
        if user is None or (client.prevents_user_existence_errors and not user.enabled):
            raise CodeMismatch
        self.count(user)
        if not user.enabled:
            raise NotAuthorized("User is disabled.")
        now = self.context.clock.now()
        value, password = self.params["ConfirmationCode"], self.params["Password"]
        user.codes.check(Purpose.PASSWORD_RESET, value, now=now)
        pool.check_password(password)
        user.set_password(password, now, history=pool.password_history)
        user.codes.redeem(Purpose.PASSWORD_RESET, value, now=now)
        user.lockout.forget()
        if user.is_status("RESET_REQUIRED"):
            user.status = UserStatus.CONFIRMED
        metadata = self.params.get("ClientMetadata")
        triggers.post_confirmation(pool, user, "ConfirmForgotPassword", client.id, metadata)
        return ActionResult({})

    def change_password(self) -> ActionResult:
        """Replace a password that the user knows."""
        pool, user = self.user_from_access_token()
        self.count(user)
        if self.params.get("PreviousPassword") != user.password:
            raise NotAuthorized
        password = self.params["ProposedPassword"]
        pool.check_password(password)
        user.set_password(password, self.context.clock.now(), history=pool.password_history)
        return ActionResult({})
