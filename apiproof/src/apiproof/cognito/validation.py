"""What Cognito refuses before it acts: parameters, attributes and passwords.

botocore ships Cognito's service model (lengths, patterns, enumerations, required members) but
enforces only part of it; the real service refuses the rest with InvalidParameterException, and
values of another JSON type than the model's with SerializationException. The second half checks
user attributes against a pool's schema, and passwords against its policy.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sized
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape
from moto.cognitoidp.models import CognitoIdpUserPoolAttribute

from apiproof.cognito.attribute_errors import AttributesMissing, AttributesUnknown
from apiproof.cognito.errors import (
    NotAuthorized,
    ParameterInvalid,
    PasswordInvalid,
    WrongType,
)

# Where the developer guide wins over the model: a space inside a password counts as a symbol
# ("Password policies"), and domains of one's own have dots ("Using your own domain").
_OWN_PATTERNS = {"PasswordType": r"\S(.*\S)?", "DomainType": r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?"}

Matcher = Callable[[str], bool]

# The model's patterns name Unicode categories (`\p{L}`), which `re` has not. Each category gets a
# character of its own here, which stands for its letters beyond ASCII in patterns and values.
_CATEGORY = re.compile(r"\\p\{([A-Z])\}")


def _stand_in(category: str) -> str:
    return chr(0xE000 + ord(category))  # private use: no value that AWS takes has it


@cache
def _members(category: str) -> str:
    """Give the characters of a category as they stand within brackets of a pattern."""
    ascii_ones = filter(
        lambda each: unicodedata.category(each)[0] == category, map(chr, range(128))
    )
    return re.escape("".join(ascii_ones)) + _stand_in(category)


def _simplified(value: str) -> str:
    if value.isascii():
        return value
    return "".join(
        each if each.isascii() else _stand_in(unicodedata.category(each)[0]) for each in value
    )


@cache
def matcher(pattern: str) -> Matcher:
    """Make a predicate of a pattern of the model; it covers the whole value, as in Java."""
    translated = _CATEGORY.sub(lambda found: _members(found[1]), pattern)
    compiled = re.compile(translated, re.ASCII)
    return lambda value: compiled.fullmatch(_simplified(value)) is not None


def _length_errors(shape: Shape, value: Sized) -> Iterator[str]:
    limits = shape.metadata
    if len(value) < limits.get("min", 0):
        yield f"Member must have length greater than or equal to {limits['min']}"
    if "max" in limits and len(value) > limits["max"]:
        yield f"Member must have length less than or equal to {limits['max']}"


def _text_errors(shape: Shape, value: str) -> Iterator[str]:
    limits = shape.metadata
    yield from _length_errors(shape, value)
    pattern = _OWN_PATTERNS.get(shape.name, limits.get("pattern", ""))
    if pattern and not matcher(pattern)(value):
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"


def _number_errors(shape: Shape, value: float) -> Iterator[str]:
    limits = shape.metadata
    if "min" in limits and value < limits["min"]:
        yield f"Member must have value greater than or equal to {limits['min']}"
    if "max" in limits and value > limits["max"]:
        yield f"Member must have value less than or equal to {limits['max']}"


_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}


def _require_type(shape: Shape, value: object, path: str) -> None:
    expected = _TYPES.get(shape.type_name, (object,))
    # `True` is an int to Python, and none to JSON.
    if not isinstance(value, expected) or (isinstance(value, bool) and int in expected):
        raise WrongType(path, value, shape.type_name)


def _errors(
    shape: Shape, value: Any, path: str, *, secret: bool = False
) -> Iterator[tuple[str, str]]:
    """Yield where something is wrong, with the value unless that is secret, and what it is."""
    secret = secret or _is_secret(shape)
    _require_type(shape, value, path)
    if isinstance(shape, StructureShape):
        yield from _structure_errors(shape, value, path, secret=secret)
    elif isinstance(shape, ListShape):
        yield from ((f"at '{path}'", error) for error in _length_errors(shape, value))
        members = {str(index): item for index, item in enumerate(value, start=1)}
        where = f"at '{path}'" if secret else f"'[{', '.join(map(str, value))}]' at '{path}'"
        yield from _member_errors(shape.member, members, path, where, "Member")
    elif isinstance(shape, MapShape):
        yield from ((f"at '{path}'", error) for error in _length_errors(shape, value))
        where = f"at '{path}'" if secret else f"'{_shown(value)}' at '{path}'"
        yield from _error_in(shape.key, value, where, "Map keys")
        yield from _member_errors(shape.value, value, path, where, "Map value")
    else:
        where = f"at '{path}'" if secret else f"'{value}' at '{path}'"
        yield from ((where, error) for error in _scalar_errors(shape, value))


def _shown(members: dict[str, Any]) -> str:
    return f"{{{', '.join(f'{key}={value}' for key, value in members.items())}}}"


def _member_errors(
    shape: Shape, members: dict[str, Any], path: str, where: str, what: str
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the members of a list or map; texts are told of as one."""
    if shape.type_name == "string" and all(isinstance(each, str) for each in members.values()):
        yield from _error_in(shape, members.values(), where, what)
        return
    secret = not where.startswith("'")
    for name, member in members.items():
        yield from _errors(shape, member, f"{path}.{name}.member", secret=secret)


def _error_in(
    shape: Shape, members: Iterable[Any], where: str, what: str
) -> Iterator[tuple[str, str]]:
    """Yield one error where a member breaks a constraint (aws-sdk-java-v2#5528)."""
    if any(error for member in members for error in _scalar_errors(shape, member)):
        yield where, f"{what} must satisfy constraint: [{', '.join(_constraints(shape))}]"


def _constraints(shape: Shape) -> Iterator[str]:
    """Yield what a text must satisfy."""
    limits = shape.metadata
    if "max" in limits:
        yield f"Member must have length less than or equal to {limits['max']}"
    if "min" in limits:
        yield f"Member must have length greater than or equal to {limits['min']}"
    if "pattern" in limits:
        yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"


def _is_secret(shape: Shape) -> bool:
    # The model marks passwords, tokens, hashes and attributes, but not the codes that were sent.
    return bool(shape.metadata.get("sensitive")) or shape.name == "ConfirmationCodeType"


def _structure_errors(
    shape: StructureShape, value: dict[str, Any], path: str, *, secret: bool
) -> Iterator[tuple[str, str]]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"at '{_member(path, name)}'", "Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _errors(member, value[name], _member(path, name), secret=secret)


def _scalar_errors(shape: Shape, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _text_errors(shape, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_errors(shape, value)


def _member(path: str, name: str) -> str:
    name = name[0].lower() + name[1:]
    return f"{path}.{name}" if path else name


@cache
def _model() -> ServiceModel:
    return botocore.session.get_session().get_service_model("cognito-idp")


@cache
def operations() -> dict[str, OperationModel]:
    """Give all operations of the service by name, as botocore knows them."""
    return {name: _model().operation_model(name) for name in _model().operation_names}


def check_parameters(operation: str, parameters: dict[str, Any]) -> None:
    """Refuse parameters that the service model forbids.

    Raises:
        ParameterInvalid: lists every one by member; values are left out where they are secret.
        WrongType: one has another type than the model's; AWS looks at nothing else then.
    """
    shape = operations()[operation].input_shape
    errors = list(_errors(shape, parameters, "")) if shape is not None else []
    if errors:
        many = "s" if len(errors) > 1 else ""
        listed = "; ".join(
            f"Value {where} failed to satisfy constraint: {error}" for where, error in errors
        )
        raise ParameterInvalid(f"{len(errors)} validation error{many} detected: {listed}")


# User attributes

# Cognito sets these itself; only an administrator writes the verified flags.
NEVER_BY_CLIENT = frozenset({"sub", "email_verified", "phone_number_verified", "identities"})
# AWS says "a valid email address" and E.164; where exactly it draws the line is not documented.
_EMAIL = re.compile(r"[^\s@\x00-\x1f]+@[^\s@\x00-\x1f]+\.[^\s@.\x00-\x1f]+")
_PHONE = re.compile(r"\+[0-9]{1,15}")

Schema = dict[str, CognitoIdpUserPoolAttribute]


def is_email(text: str) -> bool:
    """Whether Cognito would take this for an email address."""
    return _EMAIL.fullmatch(text) is not None


def is_phone_number(text: str) -> bool:
    """Whether Cognito would take this for a phone number (E.164)."""
    return _PHONE.fullmatch(text) is not None


def check_attribute_names(
    schema: Schema,
    names: Iterable[str],
    *,
    by_client: bool,
    writable: list[str] | None = None,
    wording: tuple[str, str],
) -> None:
    """Refuse attributes that don't exist or that the caller may not write.

    Args:
        schema: the pool's attributes.
        names: what is written or deleted.
        by_client: False for an administrator.
        writable: `WriteAttributes` of the client; empty means all.
        wording: as of `AttributesUnknown`.

    Raises:
        NotAuthorized: the client may not write one of them.
        ParameterInvalid: lists those that don't exist.
    """
    names = list(names)
    if by_client and any(
        name.startswith("dev:") or name in NEVER_BY_CLIENT or (writable and name not in writable)
        for name in names
    ):
        raise NotAuthorized("A client attempted to write unauthorized attribute")
    unknown = [
        name
        for name in names
        if name == "sub"
        or not (name in schema or name in CognitoIdpUserPoolAttribute.STANDARD_SCHEMA)
    ]
    if unknown:
        raise AttributesUnknown(unknown, wording)


def check_attribute_values(
    schema: Schema, values: dict[str, str], *, creating: bool, complete: bool = True
) -> None:
    """Refuse values that break the pool's schema.

    Args:
        schema: the pool's attributes.
        values: what is written.
        creating: whether immutable attributes may be there.
        complete: whether required ones must be, when creating.

    Raises:
        ParameterInvalid: an immutable attribute, a malformed value, or a required one left out.
    """
    errors = []
    for name, value in values.items():
        attribute = schema.get(name)
        if attribute is not None and not attribute.mutable and not creating:
            raise ParameterInvalid(f"user.{name}: Attribute cannot be updated.")
        if name == "email" and value and not is_email(value):
            raise ParameterInvalid("Invalid email address format.")
        if name == "phone_number" and value and not is_phone_number(value):
            raise ParameterInvalid("Invalid phone number format.")
        # A blank value deletes the attribute (API reference, UpdateUserAttributes).
        is_blank = not value and not creating
        if attribute is not None and not is_blank and (error := _value_error(attribute, value)):
            errors.append(f"{name}: {error}")
    if errors:
        listed = "\n".join(errors)
        raise ParameterInvalid(f"Attributes did not conform to the schema: {listed}\n")
    if creating and complete:
        missing = [
            attribute.name
            for attribute in schema.values()
            if attribute.required and attribute.name != "sub" and not values.get(attribute.name)
        ]
        if missing:
            raise AttributesMissing(missing)


def _value_error(attribute: CognitoIdpUserPoolAttribute, value: str) -> str | None:
    if attribute.data_type == "Boolean" and value.lower() not in {"true", "false"}:
        return "Value must be true or false"
    if attribute.data_type == "Number":
        return _number_error(attribute.number_constraints or {}, value)
    limits = attribute.string_constraints or {}
    shortest, longest = limits.get("MinLength"), limits.get("MaxLength")
    if (shortest and len(value) < int(shortest)) or (longest and len(value) > int(longest)):
        return f"String must be between {shortest or 0} and {longest or 2048} characters long"
    return None


def _number_error(limits: dict[str, Any], value: str) -> str | None:
    try:
        number = float(value)
    except ValueError:
        return "Value must be a number"
    least, most = limits.get("MinValue"), limits.get("MaxValue")
    if (least and number < float(least)) or (most and number > float(most)):
        return f"Number must be between {least} and {most}"
    return None


# Passwords

# AWS developer guide, "Password policies"; a space counts where it is neither first nor last.
SYMBOLS = frozenset("^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+- ")


# What AWS says of a password that breaks the policy: at SignUp, at AdminCreateUser (data-dot-all/
# dataall#690), and wherever an account gets another one (measured on AWS: snapshots of
# localstack-ext 3.8.1, June 2023).
SIGNING_UP = "Password did not conform with policy"
INVITING = "Password did not conform with password policy"
REPLACING = "Password does not conform to policy"


def check_password(policy: dict[str, Any], password: str, prefix: str = REPLACING) -> None:
    """Refuse a password that breaks the policy.

    Args:
        policy: the `PasswordPolicy` of the pool.
        password: what the user wants.
        prefix: SIGNING_UP, INVITING or REPLACING.

    Raises:
        PasswordInvalid: says which rule; the password is left out.
    """
    rules = [
        (len(password) >= policy.get("MinimumLength", 8), "Password not long enough"),
        (len(password) <= 256, "Password too long"),
        (password == password.strip(" "), "Password has a leading or trailing space"),
        (
            not policy.get("RequireUppercase") or any("A" <= c <= "Z" for c in password),
            "Password must have uppercase characters",
        ),
        (
            not policy.get("RequireLowercase") or any("a" <= c <= "z" for c in password),
            "Password must have lowercase characters",
        ),
        (
            not policy.get("RequireNumbers") or any("0" <= c <= "9" for c in password),
            "Password must have numeric characters",
        ),
        (
            not policy.get("RequireSymbols") or bool(SYMBOLS & set(password)),
            "Password must have symbol characters",
        ),
    ]
    for is_met, complaint in rules:
        if not is_met:
            raise PasswordInvalid(f"{prefix}: {complaint}")
