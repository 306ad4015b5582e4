"""GetUser, UpdateUserAttributes, DeleteUser and the verification of attributes."""

from typing import Any

from moto.core.responses import ActionResult

from apiproof.cognito.context import Purpose
from apiproof.cognito.errors import ParameterInvalid
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import VERIFIABLE, User


def change_attributes(pool: Pool, user: User, values: dict[str, str]) -> list[dict[str, Any]]:
    """Write attributes; a changed address is unverified, and gets a code where the pool says so.

    Returns:
        the CodeDeliveryDetails of the codes sent.
    """
    before = dict(user.attribute_lookup)
    user.update_attributes([{"Name": name, "Value": value} for name, value in values.items()])
    automatic = pool.extended_config.get("AutoVerifiedAttributes") or ()
    sent = []
    for name in VERIFIABLE:
        if name not in values or values[name] == before.get(name) or f"{name}_verified" in values:
            continue
        user.set_verified(name, verified=False)
        if name in automatic and values[name]:
            sent.append(pool.send_code(user, Purpose.ATTRIBUTE, name))
    return sent


class Profile(Operation):
    """One's own account."""

    def get_user(self) -> ActionResult:
        """Tell who the caller is."""
        _, user = self.user_from_access_token()
        details = user.to_json(extended=True, attributes_key="UserAttributes")
        shown = ("Username", "UserAttributes", "PreferredMfaSetting", "UserMFASettingList")
        return ActionResult({name: details[name] for name in shown if details[name]})

    def update_user_attributes(self) -> ActionResult:
        """Change the caller's attributes."""
        pool, user = self.user_from_access_token()
        values = self.attribute_values()
        pool.check_attributes(values, pool.clients[self.session().client_id])
        details = change_attributes(pool, user, values)
        return ActionResult({"CodeDeliveryDetailsList": details})

    def delete_user_attributes(self) -> ActionResult:
        """Remove some of the caller's attributes."""
        pool, user = self.user_from_access_token()
        names = self.params["UserAttributeNames"]
        pool.check_attribute_names(names, pool.clients[self.session().client_id])
        user.delete_attributes([name for name in names if user.attribute(name) is not None])
        return ActionResult({})

    def get_user_attribute_verification_code(self) -> ActionResult:
        """Send the caller a code for an email or phone number."""
        pool, user = self.user_from_access_token()
        self.count(user)
        name = self.params["AttributeName"]
        if name not in VERIFIABLE or not user.attribute(name):
            raise ParameterInvalid("Invalid attribute name provided or no such attribute is set.")
        details = pool.send_code(user, Purpose.ATTRIBUTE, name)
        return ActionResult({"CodeDeliveryDetails": details})

    def verify_user_attribute(self) -> ActionResult:
        """Redeem such a code."""
        _, user = self.user_from_access_token()
        self.count(user)
        name = self.params["AttributeName"]
        now = self.context.clock.now()
        user.codes.redeem(Purpose.ATTRIBUTE, self.params["Code"], now=now, attribute=name)
        user.set_verified(name, verified=True)
        return ActionResult({})

    def delete_user(self) -> ActionResult:
        """Delete the caller's account."""
        pool, user = self.user_from_access_token()
        pool.remove(user)
        return ActionResult({})
