"""What Cognito says of attributes that are missing or unknown to the pool (decision 222)."""

from collections.abc import Iterable

from apiproof.cognito.errors import ParameterInvalid

# What AWS calls attributes that are missing; others by their own names.
_STORED_NAMES = {
    "address": "addresses",
    "email": "emails",
    "family_name": "name.familyName",
    "given_name": "name.givenName",
    "middle_name": "name.middleName",
    "name": "name.formatted",
    "phone_number": "phoneNumbers",
}


class AttributesMissing(ParameterInvalid):
    """Required attributes are not there.

    Args:
        names: of the attributes.
    """

    def __init__(self, names: Iterable[str]) -> None:
        shown = (_STORED_NAMES.get(name, name) for name in names)
        listed = ", ".join(f"{name}: The attribute {name} is required" for name in shown)
        super().__init__(f"Attributes did not conform to the schema: {listed}")


# How operations tell of unknown attributes: what the text and each line begin with. Captured in
# amplify-js#2167 (creating), amplify-flutter#1531 (updating); that of deletions is moto's.
CREATING = ("Attributes did not conform to the schema: ", "")
UPDATING = ("", "user.")
DELETING = ("Invalid user attributes: ", "user.")


class AttributesUnknown(ParameterInvalid):
    """The pool has no such attributes.

    Args:
        names: of the attributes.
        wording: of the operation: CREATING, UPDATING or DELETING.
    """

    def __init__(self, names: Iterable[str], wording: tuple[str, str]) -> None:
        start, prefix = wording
        text = "".join(
            f"{prefix}{name}: Attribute does not exist in the schema.\n" for name in names
        )
        custom = next((name for name in names if name.startswith("custom:")), None)
        if custom and wording is CREATING:
            text = f"Type for attribute {{{custom}}} could not be determined"
        super().__init__(f"{start}{text}")
