"""User attributes: which exist, who may write them, what they may hold.

Knows a pool's schema and a client's write permissions, and no user.
"""

import re

from moto.cognitoidp.models import CognitoIdpUserPoolAttribute

from apiproof.cognito.appclient import AppClient
from apiproof.cognito.errors import NotAuthorized, ParameterInvalid
from apiproof.cognito.pool import Pool

# Cognito sets these itself; only an administrator writes the verified flags.
_NEVER_BY_CLIENT = frozenset({"sub", "email_verified", "phone_number_verified", "identities"})
# AWS says "a valid email address" and E.164; where exactly it draws the line is not documented.
_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+\.[^\s@.\x00-\x1f]+")
_PHONE = re.compile(r"\+[0-9]{1,15}")


def _known(pool: Pool, name: str) -> bool:
    return name in pool.schema_attributes or name in CognitoIdpUserPoolAttribute.STANDARD_SCHEMA


def check_attributes(
    pool: Pool,
    attributes: list[dict[str, str]],
    *,
    client: AppClient | None = None,
    creating: bool = False,
) -> None:
    """Refuse attributes that the pool or the client forbids.

    Args:
        pool: owns the schema.
        attributes: `Name` and `Value` pairs of the call.
        client: whose write permissions count; None for an administrator.
        creating: whether required attributes must be among them.

    Raises:
        NotAuthorized: the client may not write one of them.
        ParameterInvalid: an unknown or immutable attribute, or a malformed value.
    """
    for attribute in attributes:
        _check_permission(pool, attribute["Name"], client)
        _check_value(pool, attribute["Name"], attribute.get("Value") or "", creating=creating)
    if creating:
        given = {attribute["Name"] for attribute in attributes}
        for schema in pool.schema_attributes.values():
            if schema.required and schema.name not in given | {"sub"}:
                raise ParameterInvalid(
                    f"Attributes did not conform to the schema: {schema.name}: "
                    "The attribute is required"
                )


def _check_permission(pool: Pool, name: str, client: AppClient | None) -> None:
    if client is None:
        if name == "sub" or not _known(pool, name):
            raise ParameterInvalid(
                f"user.{name}: Attribute does not exist in the schema or cannot be written."
            )
        return
    writable = client.extended_config.get("WriteAttributes")
    allowed = name in writable if writable else _known(pool, name)
    if name in _NEVER_BY_CLIENT or not allowed:
        raise NotAuthorized("A client attempted to write unauthorized attribute")


def _check_value(pool: Pool, name: str, value: str, *, creating: bool) -> None:
    schema = pool.schema_attributes.get(name)
    if schema is not None and not schema.mutable and not creating:
        raise ParameterInvalid(f"user.{name}: Attribute cannot be updated.")
    if name == "email" and value and not _EMAIL.fullmatch(value):
        raise ParameterInvalid("Invalid email address format.")
    if name == "phone_number" and value and not _PHONE.fullmatch(value):
        raise ParameterInvalid("Invalid phone number format.")
    limits = (schema.string_constraints if schema is not None else None) or {}
    shortest, longest = limits.get("MinLength"), limits.get("MaxLength")
    if (shortest and len(value) < int(shortest)) or (longest and len(value) > int(longest)):
        raise ParameterInvalid(
            "Attributes did not conform to the schema: "
            f"{name}: String must be between {shortest} and {longest} characters long"
        )
