"""IAM roles of groups in id tokens, as identity pools read them."""

from typing import Any

from apiproof.cognito import Cognito, PoolSettings
from tests.cognito.behaviours import behaviour, expect
from tests.cognito.bench import Bench
from tests.cognito.pools import Pool

ROLE = "arn:aws:iam::123456789012:role/"


def _member_of(pool: Pool, *groups: dict[str, Any]) -> dict[str, Any]:
    pool.user("ada")
    for number, group in enumerate(groups):
        name = f"group-{number}"
        pool.aws.create_group(UserPoolId=pool.id, GroupName=name, **group)
        pool.aws.admin_add_user_to_group(UserPoolId=pool.id, Username="ada", GroupName=name)
    return pool.claims(pool.log_in("ada")["IdToken"])


@behaviour("the id token lists the roles of the user's groups", "cognito:roles", "D")
def test_roles(bench: Bench) -> None:
    claims = _member_of(
        bench.pool(),
        {"RoleArn": f"{ROLE}second", "Precedence": 2},
        {"RoleArn": f"{ROLE}first", "Precedence": 1},
        {"Precedence": 0},
    )
    expect(claims.get("cognito:roles"), [f"{ROLE}first", f"{ROLE}second"], "missing")


@behaviour("the role of the most preceding group is preferred", "cognito:preferred_role", "D")
def test_preferred_role(bench: Bench) -> None:
    claims = _member_of(
        bench.pool(),
        {"RoleArn": f"{ROLE}second"},
        {"RoleArn": f"{ROLE}first", "Precedence": 7},
    )
    expect(claims.get("cognito:preferred_role"), f"{ROLE}first", "missing")


@behaviour("two groups of one precedence and two roles prefer none", "no preferred role", "D")
def test_no_preferred_role(bench: Bench) -> None:
    claims = _member_of(
        bench.pool(),
        {"RoleArn": f"{ROLE}one", "Precedence": 1},
        {"RoleArn": f"{ROLE}two", "Precedence": 1},
    )
    expect(claims.get("cognito:preferred_role"), None, "one of them")
    expect(len(claims.get("cognito:groups", ())), 2, "no groups")


def test_the_issuer_is_what_the_settings_say() -> None:
    with Cognito.start(PoolSettings(issuer="https://login.example.test/")) as cognito:
        assert cognito.issuer == f"https://login.example.test/{cognito.user_pool_id}"


def test_the_issuer_can_be_where_the_keys_are() -> None:
    with Cognito.start(PoolSettings(issuer="endpoint"), http=True) as cognito:
        assert f"{cognito.issuer}/.well-known/jwks.json" == cognito.jwks_url
