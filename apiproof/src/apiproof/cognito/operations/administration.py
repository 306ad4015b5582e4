"""The Admin operations on users, save those on signing in and out; group operations are moto's."""

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito.context import Message, Purpose
from apiproof.cognito.errors import NotAuthorized, UserStateUnsupported
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.operations.profile import change_attributes
from apiproof.cognito.operations.recovery import recovery_attribute
from apiproof.cognito.pool import NewUser, Pool
from apiproof.cognito.users import User


class Administration(Operation):
    """Users in the hands of an administrator."""

    def admin_create_user(self) -> ActionResult:
        """Create a user with a temporary password, and invite them."""
        pool = self.pool()
        username = self.params["Username"]
        user = pool.find(username)
        if self.params.get("MessageAction") == "RESEND":
            if user is None or not user.is_status("FORCE_CHANGE_PASSWORD"):
                raise UserStateUnsupported("Resend not possible. User status is not compatible.")
        else:
            user = self._invited(pool, username)
        if self.params.get("MessageAction") != "SUPPRESS":
            self._invite(user)
        return ActionResult({"User": user.to_json(extended=True)})

    def _invited(self, pool: Pool, username: str) -> User:
        password = self.params.get("TemporaryPassword") or self._temporary_password()
        new = NewUser(username, password, self.attribute_values())
        return pool.create_user(new, UserStatus.FORCE_CHANGE_PASSWORD)

    def _temporary_password(self) -> str:
        return f"Aa1!{self.context.random.randint(10**8, 10**9 - 1)}"

    def _invite(self, user: User) -> None:
        destination = user.attribute("email") or user.attribute("phone_number") or ""
        now = self.context.clock.now()
        message = Message(user.username, destination, user.password or "", Purpose.INVITATION, now)
        self.context.outbox.post(message)

    def admin_confirm_sign_up(self) -> ActionResult:
        """Confirm a user without a code; no address counts as verified."""
        _, user = self.pool_and_user()
        if not user.is_status("UNCONFIRMED"):
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
        pool.check_password(self.params["Password"])
        user.password = self.params["Password"]
        user.lockout.forget()
        permanent = self.params.get("Permanent")
        user.status = UserStatus.CONFIRMED if permanent else UserStatus.FORCE_CHANGE_PASSWORD
        return ActionResult({})

    def admin_update_user_attributes(self) -> ActionResult:
        """Change a user's attributes, verified flags included."""
        pool, user = self.pool_and_user()
        values = self.attribute_values()
        pool.check_attributes(values)
        change_attributes(pool, user, values)
        return ActionResult({})

    def admin_delete_user_attributes(self) -> ActionResult:
        """Remove some of a user's attributes."""
        pool, user = self.pool_and_user()
        names = self.params["UserAttributeNames"]
        pool.check_attribute_names(names)
        user.delete_attributes([name for name in names if user.attribute(name) is not None])
        return ActionResult({})
