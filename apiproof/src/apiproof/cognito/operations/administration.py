"""The Admin operations on users, save those on signing in and out; group operations are moto's."""

from collections.abc import Iterable

from moto.cognitoidp.models import UserStatus
from moto.core.responses import ActionResult

from apiproof.cognito import triggers
from apiproof.cognito.context import Purpose
from apiproof.cognito.errors import (
    NotAuthorized,
    ParameterInvalid,
    UserNotFound,
    UserStateUnsupported,
)
from apiproof.cognito.factors import needs_no_password
from apiproof.cognito.messages import Delivery, send, send_code
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.operations.profile import change_attributes
from apiproof.cognito.operations.recovery import recovery_attribute, require_self_service
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import VERIFIABLE, NewUser, User
from apiproof.cognito.validation import INVITING

# By what an invitation is sent to whom; SMS comes first where the call doesn't say
# (reapit/foundations#7052; API reference, AdminCreateUser, `DesiredDeliveryMediums`).
_MEDIA = {"SMS": "phone_number", "EMAIL": "email"}


def _require_addresses(values: dict[str, str], wanted: Iterable[str]) -> None:
    """Refuse to call an address verified that isn't there, or to write to it.

    Sources: measured on AWS (snapshots of localstack-ext 3.8.1, May 2023), for email; for
    invitations by email rahulpsd18/cognito-backup-restore#25.

    Args:
        values: the attributes, with the one that the username is.
        wanted: `DesiredDeliveryMediums`.
    """
    for medium in wanted:
        if not values.get(_MEDIA[medium]):
            name = "Email" if medium == "EMAIL" else medium
            raise ParameterInvalid(
                f"No {_MEDIA[medium]} provided but desired delivery medium was {name}"
            )
    for name in VERIFIABLE:
        if values.get(f"{name}_verified", "").lower() == "true" and not values.get(name):
            raise ParameterInvalid(f"No {name} provided but {name}_verified was true")


class Administration(Operation):
    """Users in the hands of an administrator."""

    def admin_create_user(self) -> ActionResult:
        """Create a user with a temporary password, and invite them."""
        pool = self.pool()
        action = self.params.get("MessageAction")
        user = self._reinvited(pool) if action == "RESEND" else self._invited(pool)
        if action != "SUPPRESS":
            self._invite(pool, user)
        return ActionResult({"User": user.to_json(extended=True)})

    def _reinvited(self, pool: Pool) -> User:
        user = pool.find(self.params["Username"])
        if user is None:
            raise UserNotFound
        if not user.is_status("FORCE_CHANGE_PASSWORD"):
            raise UserStateUnsupported(
                f"Resend not possible. {user.username} status is not FORCE_CHANGE_PASSWORD"
            )
        # "With a new temporary password" (API reference, AdminCreateUser, `MessageAction`).
        password = self.params.get("TemporaryPassword") or self._temporary_password(pool)
        pool.check_password(password, INVITING)
        user.set_password(password, self.context.clock.now())
        return user

    def _invited(self, pool: Pool) -> User:
        password = self.params.get("TemporaryPassword")
        status = UserStatus.FORCE_CHANGE_PASSWORD
        if not password and needs_no_password(pool):
            password, status = None, UserStatus.CONFIRMED
        elif not password:
            password = self._temporary_password(pool)
        values, username = self.attribute_values(), self.params["Username"]
        named = {attribute: username} if (attribute := pool.sign_in_attribute(username)) else {}
        _require_addresses(values | named, self.params.get("DesiredDeliveryMediums") or ())
        new = NewUser(username, password, values)
        if pool.has_trigger("PreSignUp"):
            triggers.pre_sign_up(pool, new, "AdminCreateUser", None, self.params)
        force = bool(self.params.get("ForceAliasCreation"))
        return pool.create_user(new, status, force_alias=force)

    def _temporary_password(self, pool: Pool) -> str:
        """Invent a password of each kind of character, as long as the pool asks for."""
        digits = max(9, int(pool.password_policy.get("MinimumLength") or 0) - len("Aa1!"))
        return f"Aa1!{self.context.random.randint(10 ** (digits - 1), 10**digits - 1)}"

    def _invite(self, pool: Pool, user: User) -> None:
        wanted = self.params.get("DesiredDeliveryMediums")
        attributes = [_MEDIA[each] for each in wanted or _MEDIA if user.attribute(_MEDIA[each])]
        for attribute in attributes[: len(wanted or "1")] or ["email"]:
            metadata = self.params.get("ClientMetadata") or {}
            password = user.password or ""
            send(pool, user, Delivery("AdminCreateUser", attribute, password, None, metadata))

    def admin_confirm_sign_up(self) -> ActionResult:
        """Confirm a user without a code; no address counts as verified."""
        pool, user = self.pool_and_user()
        if not user.is_status("UNCONFIRMED"):
            raise NotAuthorized(f"User cannot be confirmed. Current status is {user.status.value}")
        user.status = UserStatus.CONFIRMED
        user.codes.cancel(Purpose.SIGN_UP)
        metadata = self.params.get("ClientMetadata")
        triggers.post_confirmation(pool, user, "ConfirmSignUp", None, metadata)
        return ActionResult({})

    def admin_delete_user(self) -> ActionResult:
        """Delete a user and every token of theirs."""
        pool, user = self.pool_and_user()
        pool.remove(user)
        return ActionResult({})

    def admin_disable_user(self) -> ActionResult:
        """Keep a user from signing in, and revoke the access tokens that they have."""
        pool, user = self.pool_and_user()
        user.enabled = False
        pool.sessions.revoke_access_tokens(user)
        return ActionResult({})

    def list_users(self) -> ActionResult:
        """List users by one attribute, or all."""
        pool, wanted = self.pool(), self.params.get("AttributesToGet") or []
        # All by name, so that a token is good for the filter that it was given for.
        users, token = self.backend.list_users(
            user_pool_id=pool.id,
            filt=self.params.get("Filter"),
            limit=self.params.get("Limit"),
            pagination_token=self.params.get("PaginationToken"),
        )
        shown = [user.to_json(extended=True, attributes_to_get=wanted) for user in users]
        found = [{each["Name"] for each in user["Attributes"]} for user in shown]
        # "An error if not all users in the results have set a value" (API reference, ListUsers).
        if any(not set(wanted) <= names for names in (set(pool.schema_attributes), *found)):
            raise ParameterInvalid("One or more requested attributes do not exist.")
        return ActionResult({"Users": shown, "PaginationToken": token})

    def admin_reset_user_password(self) -> ActionResult:
        """Require a new password, and send the code for it."""
        pool, user = self.pool_and_user()
        require_self_service(pool)
        attribute = recovery_attribute(pool, user)
        self.backend.admin_reset_user_password(pool.id, user.username)
        if attribute is not None:
            metadata = self.params.get("ClientMetadata")
            send_code(pool, user, "ForgotPassword", attribute, metadata=metadata)
        return ActionResult({})

    def admin_set_user_password(self) -> ActionResult:
        """Set a password, temporary unless `Permanent`."""
        pool, user = self.pool_and_user()
        password = self.params["Password"]
        pool.check_password(password)
        user.set_password(password, self.context.clock.now(), history=pool.password_history)
        user.lockout.forget()
        permanent = self.params.get("Permanent")
        user.status = UserStatus.CONFIRMED if permanent else UserStatus.FORCE_CHANGE_PASSWORD
        return ActionResult({})

    def admin_update_user_attributes(self) -> ActionResult:
        """Change a user's attributes, verified flags included."""
        pool, user = self.pool_and_user()
        values = self.attribute_values()
        pool.check_attributes(values)
        pool.take_aliases(values, user)
        change_attributes(pool, user, values, metadata=self.params.get("ClientMetadata"))
        return ActionResult({})

    def admin_delete_user_attributes(self) -> ActionResult:
        """Remove some of a user's attributes."""
        pool, user = self.pool_and_user()
        names = self.params["UserAttributeNames"]
        pool.check_deletion(names)
        user.delete_attributes([name for name in names if user.attribute(name) is not None])
        return ActionResult({})
