"""The table of settings has every setting that botocore knows, and says the truth of each."""

import inspect
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.model import ListShape, MapShape, Shape, StructureShape

from apiproof.cognito import Cognito, CognitoError, PoolSettings, settings_rules
from apiproof.cognito.settings_rules import CLIENT, POOL, Rule, Support
from apiproof.cognito.validation import operations
from tests.cognito import (
    test_attribute_settings,
    test_client_settings,
    test_devices,
    test_settings,
    test_trigger_settings,
)
from tests.cognito.made_pools import known, matches

MODULES = (
    test_attribute_settings,
    test_client_settings,
    test_devices,
    test_settings,
    test_trigger_settings,
)
TABLES = {"CreateUserPool": POOL, "CreateUserPoolClient": CLIENT}
ARN = "arn:aws:service:us-east-1:123456789012:thing"
BY_NAME = {
    "Region": "us-east-1",
    "SnsRegion": "us-east-1",
    "From": "a@example.com",
    "ReplyToEmailAddress": "a@example.com",
}
# What AWS wants beside a setting.
BESIDE = {"AnalyticsConfiguration": {"ApplicationId": "a", "RoleArn": ARN, "ExternalId": "x"}}


def leaves(shape: Shape | None, path: str = "") -> Iterator[tuple[str, Shape]]:
    """Yield every setting of an operation: its path, as in the table, and its shape."""
    if isinstance(shape, StructureShape):
        for name, member in shape.members.items():
            yield from leaves(member, f"{path}.{name}" if path else name)
    elif isinstance(shape, ListShape) and isinstance(shape.member, StructureShape):
        yield from leaves(shape.member, f"{path}[]")
    elif shape is not None:
        yield path, shape


def shapes(operation: str) -> dict[str, Shape]:
    return dict(leaves(operations()[operation].input_shape))


@pytest.mark.parametrize("operation", TABLES)
def test_every_setting_has_a_row(operation: str) -> None:
    assert set(TABLES[operation]) == set(shapes(operation))


@pytest.mark.parametrize(
    ("update", "create"),
    [("UpdateUserPool", "CreateUserPool"), ("UpdateUserPoolClient", "CreateUserPoolClient")],
)
def test_updates_set_nothing_else(update: str, create: str) -> None:
    assert set(shapes(update)) - set(shapes(create)) <= {"UserPoolId", "ClientId", "PoolName"}


def test_every_obeyed_setting_has_a_test() -> None:
    shown = [
        setting
        for module in MODULES
        for _, test in inspect.getmembers(module, inspect.isfunction)
        for setting in getattr(test, "obeyed", ())
    ]
    rules = {**POOL, **{f"client.{name}": rule for name, rule in CLIENT.items()}}
    for path in known():
        is_shown = any(matches(setting)(path) for setting in shown)
        assert is_shown == (rules[path].support is Support.OBEYED), path


def rows(support: Support) -> list[Any]:
    return [
        pytest.param(operation, path, id=path)
        for operation, table in TABLES.items()
        for path, rule in table.items()
        if rule.support is support
    ]


def nested(shape: Shape | None, path: str, value: Any) -> dict[str, Any]:
    """Put a value where a path of the table says, among the members that are required there."""
    assert isinstance(shape, StructureShape)
    name, _, rest = path.partition(".")
    member = shape.members[name.removesuffix("[]")]
    if name.endswith("[]"):
        assert isinstance(member, ListShape)
        return {name[:-2]: [nested(member.member, rest, value)]}
    if not rest:
        return {name: value}
    assert isinstance(member, StructureShape)
    beside = {each: sample(member.members[each], each, RULE) for each in member.required_members}
    return {name: beside | nested(member, rest, value)}


RULE = Rule(Support.REFUSED, "")


def sample(shape: Shape, path: str, rule: Rule) -> Any:
    """Give a value that the service model takes and that the rule doesn't refuse."""
    if isinstance(shape, ListShape):
        return [sample(shape.member, path, rule)]
    if isinstance(shape, MapShape):
        return {"Level1": sample(shape.value, path, rule)}
    if isinstance(shape, StructureShape):
        return {each: sample(shape.members[each], each, RULE) for each in shape.required_members}
    if shape.type_name == "boolean":
        return True
    for value in shape.metadata.get("enum", ()):
        if rule.support is Support.REFUSED or not rule.refused(value):
            return value
    name = path.rpartition(".")[2]
    return BY_NAME.get(name, ARN if "Arn" in name or "KMS" in name else "abcdef")


def settings_of(operation: str, path: str, value: Any = None) -> dict[str, Any]:
    """Give parameters that hold one setting; without a value, some one."""
    shape = operations()[operation].input_shape
    if value is None:
        value = sample(shapes(operation)[path], path, TABLES[operation][path])
    settings = nested(shape, path, value)
    if "UserPoolAddOns" in settings:
        settings["UserPoolTier"] = "PLUS"
    return {name: BESIDE[name] | it if name in BESIDE else it for name, it in settings.items()}


def start(operation: str, settings: dict[str, Any]) -> Cognito:
    kind = "pool" if operation == "CreateUserPool" else "client"
    wanted: Any = {kind: settings}
    return Cognito.start(PoolSettings(**wanted))


@pytest.mark.parametrize(("operation", "path"), rows(Support.REFUSED))
def test_refused_settings_are_named_in_one_line(operation: str, path: str) -> None:
    settings = settings_of(operation, path)
    with pytest.raises(CognitoError, match="does not do the setting") as refusal:
        start(operation, settings)
    assert path.rpartition(".")[0] in str(refusal.value)
    assert "\n" not in str(refusal.value)
    with Cognito.start() as cognito, pytest.raises(ClientError) as error:
        cognito.client().create_user_pool(PoolName="x", **settings)
    assert error.value.response["Error"]["Code"] == "NotSupportedByEmulator"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


@pytest.mark.parametrize(("operation", "path"), rows(Support.KEPT))
def test_kept_settings_are_shown_and_told_once(
    operation: str,
    path: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(settings_rules, "_warned", set())
    settings = settings_of(operation, path)
    with caplog.at_level(logging.WARNING), start(operation, settings) as cognito:
        aws, pool = cognito.client(), {"UserPoolId": cognito.user_pool_id}
        shown = aws.describe_user_pool(**pool)["UserPool"]
        if operation == "CreateUserPoolClient":
            shown = aws.describe_user_pool_client(**pool, ClientId=cognito.client_id)
            shown = shown["UserPoolClient"]
            aws.create_user_pool_client(**pool, ClientName="again", GenerateSecret=True, **settings)
        else:
            aws.create_user_pool(PoolName="again", **settings)
    name = path.partition(".")[0]
    given = settings[name]
    # Cognito adds to some, e.g. the role of analytics: test_described.py.
    assert (shown[name] | given if isinstance(given, dict) else given) == shown[name]
    told = [record.getMessage() for record in caplog.records if path in record.getMessage()]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("operation", "path", "value"),
    [
        ("CreateUserPool", "Policies.SignInPolicy.AllowedFirstAuthFactors", ["WEB_AUTHN"]),
        ("CreateUserPool", "UserPoolAddOns.AdvancedSecurityMode", "ENFORCED"),
        ("CreateUserPool", "IssuerConfiguration.Type", "UPDATED"),
        ("CreateUserPool", "DcrConfiguration.EnableStatus", "Enabled"),
        ("CreateUserPoolClient", "ExplicitAuthFlows", ["ALLOW_TOKEN_EXCHANGE_DELEGATION"]),
    ],
)
def test_refused_values_are_named(operation: str, path: str, value: Any) -> None:
    with pytest.raises(CognitoError, match=f"the setting {path}"):
        start(operation, settings_of(operation, path, value))


def test_refusal_changes_nothing() -> None:
    with Cognito.start() as cognito:
        aws, pool = cognito.client(), cognito.user_pool_id
        before = aws.describe_user_pool(UserPoolId=pool)["UserPool"]
        with pytest.raises(ClientError, match="NotSupportedByEmulator"):
            aws.update_user_pool(UserPoolId=pool, IssuerConfiguration={"Type": "UPDATED"})
        with pytest.raises(ClientError, match="NotSupportedByEmulator"):
            aws.create_user_pool(PoolName="x", IssuerConfiguration={"Type": "UPDATED"})
        assert aws.describe_user_pool(UserPoolId=pool)["UserPool"] == before
        assert len(aws.list_user_pools(MaxResults=9)["UserPools"]) == 1
