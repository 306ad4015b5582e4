"""Settings from JSON files: pool, app client and users in the shapes of AWS's API.

The shapes are those of CreateUserPool, CreateUserPoolClient and AdminCreateUser, as the option
`--cli-input-json` of AWS's command line takes them, so that a file serves both.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.model import ListShape, Shape, StructureShape

from apiproof.cognito.errors import CognitoError, ParameterInvalid, WrongType
from apiproof.cognito.settings import ISSUER_IS_ENDPOINT, PoolSettings
from apiproof.cognito.settings_rules import CLIENT, POOL, apply_rules
from apiproof.cognito.validation import check_parameters, operations
from apiproof.errors import UserError

_INVENTED = {"UserPoolId": "us-east-1_Abcdefghi", "PoolName": "apiproof", "ClientName": "apiproof"}

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d{1,2}")
_ID = re.compile(r"[0-9a-zA-Z]{1,44}")
_CLIENT_ID = re.compile(r"[A-Za-z0-9_+]{1,128}")


class SettingsUnusable(UserError):
    """A file of settings is missing, is no JSON, or breaks the shape of the API."""


@dataclass(frozen=True)
class SeedUser:
    """A user to begin with.

    Attributes:
        username: as in AdminCreateUser.
        password: permanent, or temporary.
        attributes: by name.
        groups: made where missing.
        temporary: whether the password has to be changed at the first sign-in.
    """

    username: str
    password: str = field(repr=False)
    attributes: dict[str, str]
    groups: tuple[str, ...] = ()
    temporary: bool = False


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsUnusable(f"{path} cannot be read: {error.strerror}.") from error
    except (RecursionError, ValueError) as error:
        raise SettingsUnusable(f"{path} is no JSON: {error}.") from error


def read_parameters(path: Path, operation: str) -> dict[str, Any]:
    """Read the parameters of an operation, e.g. CreateUserPool.

    Raises:
        SettingsUnusable: says what is wrong with the file.
    """
    document = _read(path)
    if not isinstance(document, dict):
        raise SettingsUnusable(f"{path} holds no object with parameters of {operation}.")
    _check(path, operation, document)
    return document


def _check(path: Path, operation: str, document: dict[str, Any]) -> None:
    shape = operations()[operation].input_shape
    required = shape.required_members if shape is not None else ()
    invented = {name: _INVENTED[name] for name in required if name in _INVENTED}
    try:
        check_parameters(operation, invented | document)
    except ParameterInvalid as error:
        raise SettingsUnusable(f"{path}: {error.message}") from error
    except WrongType as error:
        raise SettingsUnusable(f"{path}: {error.path}: {error.message}") from error
    if shape is not None and (unknown := list(_unknown(shape, document, ""))):
        raise SettingsUnusable(f"{path}: {operation} has no {', '.join(unknown)}.")


def _unknown(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Yield the paths of what the service model doesn't know."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            if name in shape.members:
                yield from _unknown(shape.members[name], member, f"{path}{name}.")
            else:
                yield f"{path}{name}"
    elif isinstance(shape, ListShape):
        for member in value:
            yield from _unknown(shape.member, member, path)


def check_settings(settings: PoolSettings) -> None:
    """Refuse ids, flows, a region or an issuer that AWS's API would not take.

    Raises:
        SettingsUnusable: names the first one.
    """
    if _REGION.fullmatch(settings.region) is None:
        raise SettingsUnusable(f"{settings.region!r} is no AWS region: write one like us-east-1.")
    pool_id = settings.user_pool_id
    region, _, name = pool_id.partition("_")
    if pool_id and (region != settings.region or _ID.fullmatch(name) is None):
        raise SettingsUnusable(f"{pool_id!r} is no pool id: write {settings.region}_ and letters.")
    if settings.client_id and _CLIENT_ID.fullmatch(settings.client_id) is None:
        raise SettingsUnusable(f"{settings.client_id!r} is no client id: letters, digits, + and _.")
    url = urlsplit(settings.issuer or ISSUER_IS_ENDPOINT)
    if settings.issuer not in {None, ISSUER_IS_ENDPOINT} and not (
        url.scheme in {"http", "https"} and url.netloc
    ):
        raise SettingsUnusable(f"{settings.issuer!r} is no issuer: write a URL, or endpoint.")
    parameters = {
        "CreateUserPool": settings.pool_parameters(),
        "CreateUserPoolClient": _INVENTED | settings.client_parameters(),
    }
    rules = {"CreateUserPool": POOL, "CreateUserPoolClient": CLIENT}
    for operation, given in parameters.items():
        try:
            check_parameters(operation, given)
            apply_rules(rules[operation], given)
        except CognitoError as error:
            raise SettingsUnusable(error.message) from error


def read_users(path: Path) -> list[SeedUser]:
    """Read a list of users.

    Each is as in AdminCreateUser, with a `Password` that is permanent in place of a
    `TemporaryPassword`, and with `Groups`.

    Raises:
        SettingsUnusable: says what is wrong with the file.
    """
    document = _read(path)
    if not isinstance(document, list):
        raise SettingsUnusable(f"{path} holds no list of users.")
    return [_seed_user(path, each) for each in document]


def _seed_user(path: Path, given: Any) -> SeedUser:
    if not isinstance(given, dict):
        raise SettingsUnusable(f"{path}: every user is an object with Username and Password.")
    rest = dict(given)
    permanent, groups = rest.pop("Password", None), rest.pop("Groups", [])
    _check(path, "AdminCreateUser", rest)
    password = permanent or rest.get("TemporaryPassword")
    is_list = isinstance(groups, list) and all(isinstance(name, str) for name in groups)
    if not isinstance(password, str) or not is_list or set(rest) - _USED:
        raise SettingsUnusable(
            f"{path}: a user has Username, Password or TemporaryPassword, UserAttributes, Groups."
        )
    attributes = {each["Name"]: each.get("Value", "") for each in rest.get("UserAttributes", ())}
    return SeedUser(rest["Username"], password, attributes, tuple(groups), permanent is None)


_USED = {"Username", "TemporaryPassword", "UserAttributes"}
