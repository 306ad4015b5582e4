"""The Admin operations on users.

What a back office does; signing in and out as an administrator is with signing in and out. Group
operations are moto's own.
"""

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito.attributes import check_attributes
from apiproof.cognito.backend import is_status
from apiproof.cognito.errors import NotAuthorized, UserStateUnsupported
from apiproof.cognito.operations.call import Call
from apiproof.cognito.operations.profile import change_attributes
from apiproof.cognito.operations.recovery import recovery_attribute
from apiproof.cognito.outbox import Message, Purpose
from apiproof.cognito.pool import Pool
from apiproof.cognito.registration import Applicant, register
from apiproof.cognito.users import User


class Administration(Call):
    """Users in the hands of an administrator."""

    def admin_create_user(self) -> ActionResult:
        """Create a user with a temporary password, and invite them."""
        pool = self.pool()
        username = self.given["Username"]
        user = pool.find(username)
        if self.given.get("MessageAction") == "RESEND":
            if user is None or not is_status(user, "FORCE_CHANGE_PASSWORD"):
                raise UserStateUnsupported("Resend not possible. User status is not compatible.")
        else:
            user = self._invited(pool, username)
        if self.given.get("MessageAction") != "SUPPRESS":
            self._invite(user)
        return ActionResult({"User": user.to_json(extended=True)})

    def _invited(self, pool: Pool, username: str) -> User:
        password = self.given.get("TemporaryPassword") or self._temporary_password()
        applicant = Applicant(username, password, self.given.get("UserAttributes") or [])
        return register(pool, applicant, UserStatus.FORCE_CHANGE_PASSWORD)

    def _temporary_password(self) -> str:
        return f"Aa1!{self.service.random.randint(10**8, 10**9 - 1)}"

    def _invite(self, user: User) -> None:
        destination = user.attribute("email") or user.attribute("phone_number") or ""
        now = self.service.clock.now()
        message = Message(user.username, destination, user.password or "", Purpose.INVITATION, now)
        self.service.outbox.post(message)

    def admin_confirm_sign_up(self) -> ActionResult:
        """Confirm a user without a code; no address counts as verified."""
        _, user = self.pool_and_user()
        if not is_status(user, "UNCONFIRMED"):
            raise NotAuthorized(f"User cannot be confirmed. Current status is {user.status.value}")
        user.status = UserStatus.CONFIRMED
        user.codes.cancel(Purpose.SIGN_UP)
        return ActionResult({})

    def admin_delete_user(self) -> ActionResult:
        """Delete a user and every token of theirs."""
        pool, user = self.pool_and_user()
        pool.remove(user)
        return ActionResult({})

    def admin_reset_user_password(self) -> ActionResult:
        """Require a new password, and send the code for it."""
        pool, user = self.pool_and_user()
        attribute = recovery_attribute(pool, user) if user.enabled else "email"
        self.backend.admin_reset_user_password(pool.id, user.username)
        if attribute is not None:
            pool.send_code(user, Purpose.PASSWORD_RESET, attribute)
        return ActionResult({})

    def admin_set_user_password(self) -> ActionResult:
        """Set a password, temporary unless `Permanent`."""
        pool, user = self.pool_and_user()
        pool.check_password(self.given["Password"])
        user.password = self.given["Password"]
        user.attempts.forget()
        permanent = self.given.get("Permanent")
        user.status = UserStatus.CONFIRMED if permanent else UserStatus.FORCE_CHANGE_PASSWORD
        return ActionResult({})

    def admin_update_user_attributes(self) -> ActionResult:
        """Change a user's attributes, verified flags included."""
        pool, user = self.pool_and_user()
        attributes = self.given["UserAttributes"]
        check_attributes(pool, attributes)
        change_attributes(pool, user, attributes)
        return ActionResult({})

    def admin_delete_user_attributes(self) -> ActionResult:
        """Remove some of a user's attributes."""
        pool, user = self.pool_and_user()
        names = self.given["UserAttributeNames"]
        check_attributes(pool, [{"Name": name, "Value": ""} for name in names])
        user.delete_attributes([name for name in names if user.attribute(name) is not None])
        return ActionResult({})
