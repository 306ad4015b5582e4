"""GetUser, UpdateUserAttributes, DeleteUser and the verification of attributes."""

from typing import Any

from moto.core.responses import ActionResult

from apiproof.cognito.context import Purpose
from apiproof.cognito.errors import ParameterInvalid
from apiproof.cognito.messages import send_code
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import VERIFIABLE, User


def change_attributes(
    pool: Pool,
    user: User,
    values: dict[str, str],
    *,
    client_id: str | None = None,
    metadata: dict[str, str] | None = None,
) -> list[dict[str, Any]]:
    """Write attributes; a changed address is unverified, and gets a code where the pool says so.

    Args:
        pool: its `AttributesRequireVerificationBeforeUpdate` keeps the old address until then.
        user: whose they are.
        values: what to write; a blank value deletes the attribute (API reference,
            UpdateUserAttributes).
        client_id: of the app client; None for an administrator.
        metadata: the ClientMetadata of the call.

    Returns:
        the CodeDeliveryDetails of the codes sent.
    """
    automatic = pool.extended_config.get("AutoVerifiedAttributes") or ()
    update = pool.extended_config.get("UserAttributeUpdateSettings") or {}
    waiting = set(update.get("AttributesRequireVerificationBeforeUpdate") or ())
    gone = [name for name, value in values.items() if not value]
    user.delete_attributes([name for name in gone if user.attribute(name) is not None])
    values = {name: value for name, value in values.items() if value}
    changed = [
        name
        for name in VERIFIABLE
        if name in values
        and values[name] != user.attribute(name)
        and f"{name}_verified" not in values
    ]
    user.unverified |= {name: values[name] for name in changed if name in waiting}
    written = {name: value for name, value in values.items() if name not in user.unverified}
    written |= {f"{name}_verified": "false" for name in changed if name not in waiting}
    user.update_attributes([{"Name": name, "Value": value} for name, value in written.items()])
    return [
        send_code(
            pool,
            user,
            "UpdateUserAttribute",
            name,
            client_id=client_id,
            metadata=metadata,
            destination=values[name],
        )
        for name in changed
        if name in (*automatic, *waiting)
    ]


class Profile(Operation):
    """One's own account."""

    def get_user(self) -> ActionResult:
        """Tell who the caller is, as far as the app client may read it."""
        pool, user = self.user_from_access_token()
        client = pool.clients[self.session().client_id]
        attributes = [
            attribute for attribute in user.attributes if client.may_read(attribute["Name"])
        ]
        shown = {"Username": user.username, "UserAttributes": attributes}
        return ActionResult(shown | user.mfa_settings())

    def update_user_attributes(self) -> ActionResult:
        """Change the caller's attributes."""
        pool, user = self.user_from_access_token()
        values = self.attribute_values()
        client = pool.clients[self.session().client_id]
        pool.check_attributes(values, client)
        pool.take_aliases(values, user)
        metadata = self.params.get("ClientMetadata")
        details = change_attributes(pool, user, values, client_id=client.id, metadata=metadata)
        return ActionResult({"CodeDeliveryDetailsList": details})

    def delete_user_attributes(self) -> ActionResult:
        """Remove some of the caller's attributes."""
        pool, user = self.user_from_access_token()
        names = self.params["UserAttributeNames"]
        pool.check_deletion(names, pool.clients[self.session().client_id])
        user.delete_attributes([name for name in names if user.attribute(name) is not None])
        return ActionResult({})

    def get_user_attribute_verification_code(self) -> ActionResult:
        """Send the caller a code for an email or phone number."""
        pool, user = self.user_from_access_token()
        self.count(user)
        name = self._verifiable()
        destination = user.unverified.get(name) or user.attribute(name)
        if not destination:
            raise ParameterInvalid("Invalid attribute name provided or no such attribute is set.")
        details = send_code(
            pool,
            user,
            "VerifyUserAttribute",
            name,
            client_id=self.session().client_id,
            metadata=self.params.get("ClientMetadata"),
            destination=destination,
        )
        return ActionResult({"CodeDeliveryDetails": details})

    def verify_user_attribute(self) -> ActionResult:
        """Redeem such a code: the address is verified, and written if it waited for that."""
        pool, user = self.user_from_access_token()
        self.count(user)
        name = self._verifiable()
        now, code = self.context.clock.now(), self.params["Code"]
        user.codes.check(Purpose.ATTRIBUTE, code, now=now, attribute=name)
        verified = {f"{name}_verified": "true"}
        if name in user.unverified:
            verified[name] = user.unverified[name]
        pool.take_aliases(verified, user)
        user.codes.redeem(Purpose.ATTRIBUTE, code, now=now, attribute=name)
        user.unverified.pop(name, None)
        user.update_attributes([{"Name": each, "Value": verified[each]} for each in verified])
        return ActionResult({})

    def _verifiable(self) -> str:
        """Give the attribute of the call, which must be one that codes are sent for."""
        name: str = self.params["AttributeName"]
        if name not in VERIFIABLE:
            raise ParameterInvalid(
                "Invalid attribute name. Only phone_number and email can be verified."
            )
        return name

    def delete_user(self) -> ActionResult:
        """Delete the caller's account."""
        pool, user = self.user_from_access_token()
        pool.remove(user)
        return ActionResult({})
