"""GetUser, UpdateUserAttributes, DeleteUser and the verification of attributes.

What users do with their own account once signed in.
"""

from typing import Any

from moto.core.responses import ActionResult

from apiproof.cognito.attributes import check_attributes
from apiproof.cognito.errors import ParameterInvalid
from apiproof.cognito.operations.call import Call
from apiproof.cognito.outbox import Purpose
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import VERIFIABLE, User


def change_attributes(
    pool: Pool, user: User, attributes: list[dict[str, str]]
) -> list[dict[str, Any]]:
    """Write attributes; a changed address is unverified, and gets a code where the pool says so.

    Returns:
        the CodeDeliveryDetails of the codes sent.
    """
    before = dict(user.attribute_lookup)
    given = {each["Name"]: each.get("Value") or "" for each in attributes}
    user.update_attributes([{"Name": name, "Value": value} for name, value in given.items()])
    automatic = pool.extended_config.get("AutoVerifiedAttributes") or ()
    sent = []
    for name in VERIFIABLE:
        if name not in given or given[name] == before.get(name) or f"{name}_verified" in given:
            continue
        user.set_verified(name, verified=False)
        if name in automatic and given[name]:
            sent.append(pool.send_code(user, Purpose.ATTRIBUTE, name))
    return sent


class Profile(Call):
    """One's own account."""

    def get_user(self) -> ActionResult:
        """Tell who the caller is."""
        _, user = self.bearer()
        details = user.to_json(extended=True, attributes_key="UserAttributes")
        shown = ("Username", "UserAttributes", "PreferredMfaSetting", "UserMFASettingList")
        return ActionResult({name: details[name] for name in shown if details[name]})

    def update_user_attributes(self) -> ActionResult:
        """Change the caller's attributes."""
        pool, user = self.bearer()
        attributes = self.given["UserAttributes"]
        client = pool.clients[self.session().client_id]
        check_attributes(pool, attributes, client=client)
        details = change_attributes(pool, user, attributes)
        return ActionResult({"CodeDeliveryDetailsList": details})

    def delete_user_attributes(self) -> ActionResult:
        """Remove some of the caller's attributes."""
        pool, user = self.bearer()
        names = self.given["UserAttributeNames"]
        client = pool.clients[self.session().client_id]
        check_attributes(pool, [{"Name": name, "Value": ""} for name in names], client=client)
        user.delete_attributes([name for name in names if user.attribute(name) is not None])
        return ActionResult({})

    def get_user_attribute_verification_code(self) -> ActionResult:
        """Send the caller a code for an email or phone number."""
        pool, user = self.bearer()
        self.count(user)
        name = self.given["AttributeName"]
        if name not in VERIFIABLE or not user.attribute(name):
            raise ParameterInvalid("Invalid attribute name provided or no such attribute is set.")
        details = pool.send_code(user, Purpose.ATTRIBUTE, name)
        return ActionResult({"CodeDeliveryDetails": details})

    def verify_user_attribute(self) -> ActionResult:
        """Redeem such a code."""
        _, user = self.bearer()
        self.count(user)
        name = self.given["AttributeName"]
        now = self.service.clock.now()
        user.codes.redeem(Purpose.ATTRIBUTE, self.given["Code"], now=now, attribute=name)
        user.set_verified(name, verified=True)
        return ActionResult({})

    def delete_user(self) -> ActionResult:
        """Delete the caller's account."""
        pool, user = self.bearer()
        pool.remove(user)
        return ActionResult({})
