"""The limits that the service model of Cognito puts on every parameter.

botocore ships that model (lengths, patterns, enumerations, required members) but enforces only part
of it; the real service refuses the rest with InvalidParameterException. The module reads the model
and knows no operation by name.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from apiproof.cognito.errors import ParameterInvalid

# Patterns like `[\p{L}\p{N} ]+`: Unicode categories, which `re` cannot express, and literals.
_CATEGORIES = re.compile(r"\^?\[((?:\\p\{[A-Z]\})+)((?:\\[tnrs]|[ *])*)\]([+*])\$?")
_LITERALS = {r"\t": "\t", r"\n": "\n", r"\r": "\r", r"\s": " \t\n\x0b\f\r"}

# The model says that a password has no white space at all, the developer guide ("Password
# policies") that a space inside counts as a symbol: the guide wins.
_PASSWORD_PATTERN = r"\S(.*\S)?"  # noqa: S105 - a pattern

# What every AWS service may answer (API reference, "Common error types").
_COMMON_ERRORS = frozenset(
    {
        "AccessDeniedException", "ExpiredTokenException", "IncompleteSignature", "InternalFailure",
        "InvalidClientTokenId", "OptInRequired", "RequestExpired", "ServiceUnavailable",
        "ThrottlingException", "UnrecognizedClientException", "ValidationError",
    }
)  # fmt: skip

Matcher = Callable[[str], bool]


def _by_category(categories: str, literals: str, quantifier: str) -> Matcher:
    letters = set(re.findall(r"[A-Z]", categories))
    allowed = set(literals.replace("\\", "")) - set("tnrs")
    for written, meant in _LITERALS.items():
        if written in literals:
            allowed |= set(meant)

    def matches(value: str) -> bool:
        return (bool(value) or quantifier == "*") and all(
            character in allowed or unicodedata.category(character)[0] in letters
            for character in value
        )

    return matches


@cache
def matcher(pattern: str) -> Matcher | None:
    """Make a predicate of a pattern of the model; it covers the whole value, as in Java.

    Returns:
        None for the few message-template patterns that mix categories and text.
    """
    if by_category := _CATEGORIES.fullmatch(pattern):
        return _by_category(*by_category.groups())
    if r"\p{" in pattern:
        return None
    compiled = re.compile(pattern, re.ASCII)
    return lambda value: compiled.fullmatch(value) is not None


def _text_faults(shape: Shape, value: str) -> Iterator[str]:
    limits = shape.metadata
    if len(value) < limits.get("min", 0):
        yield f"Member must have length greater than or equal to {limits['min']}"
    if "max" in limits and len(value) > limits["max"]:
        yield f"Member must have length less than or equal to {limits['max']}"
    if "pattern" in limits:
        matches = matcher(_PASSWORD_PATTERN if shape.name == "PasswordType" else limits["pattern"])
        if matches is not None and not matches(value):
            yield f"Member must satisfy regular expression pattern: {limits['pattern']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"Member must satisfy enum value set: [{', '.join(limits['enum'])}]"


def _number_faults(shape: Shape, value: float) -> Iterator[str]:
    limits = shape.metadata
    if "min" in limits and value < limits["min"]:
        yield f"Member must have value greater than or equal to {limits['min']}"
    if "max" in limits and value > limits["max"]:
        yield f"Member must have value less than or equal to {limits['max']}"


_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "double": (int, float),
    "structure": dict,
    "map": dict,
    "list": list,
}


def _faults(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    expected = _TYPES.get(shape.type_name)
    if expected is not None and not isinstance(value, expected):
        yield path, f"Member must be of type {shape.type_name}"
    elif isinstance(shape, StructureShape):
        yield from _structure_faults(shape, value, path)
    elif isinstance(shape, ListShape):
        for index, item in enumerate(value):
            yield from _faults(shape.member, item, f"{path}.{index + 1}.member")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from _faults(shape.value, item, f"{path}.{key}.member")
    else:
        yield from ((path, fault) for fault in _scalar_faults(shape, value))


def _structure_faults(
    shape: StructureShape, value: dict[str, Any], path: str
) -> Iterator[tuple[str, str]]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _member(path, name), "Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _faults(member, value[name], _member(path, name))


def _scalar_faults(shape: Shape, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from _text_faults(shape, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_faults(shape, value)


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


@cache
def error_codes() -> frozenset[str]:
    """Give the codes of all errors: the service's own and those common to all of AWS."""
    return _COMMON_ERRORS | {shape.name for shape in _model().error_shapes}


def check(operation: str, parameters: dict[str, Any]) -> None:
    """Refuse parameters that the service model forbids.

    Raises:
        ParameterInvalid: lists every fault by member; values are left out, they may be secret.
    """
    shape = operations()[operation].input_shape
    faults = list(_faults(shape, parameters, "")) if shape is not None else []
    if faults:
        many = "s" if len(faults) > 1 else ""
        told = "; ".join(
            f"Value at '{path}' failed to satisfy constraint: {fault}" for path, fault in faults
        )
        raise ParameterInvalid(f"{len(faults)} validation error{many} detected: {told}")
