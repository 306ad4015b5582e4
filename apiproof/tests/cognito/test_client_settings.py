"""Every setting of an app client, on pools made by the kit and by the API."""

from datetime import timedelta
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from tests.cognito.bench import Emulator
from tests.cognito.browser import Browser
from tests.cognito.made_pools import OPEN, Maker, attributes, invite, make, obeys, refused
from tests.cognito.oauth_pool import CALLBACK, CODE_CLIENT
from tests.cognito.pools import PASSWORD

__all__ = ["make"]  # the fixture


def described(pool: Emulator) -> dict[str, Any]:
    found: dict[str, Any] = pool.aws.describe_user_pool_client(
        UserPoolId=pool.id, ClientId=pool.client_id
    )["UserPoolClient"]
    return found


@obeys("client.UserPoolId", "client.ClientName")
def test_client_is_the_pools_under_its_name(make: Maker) -> None:
    pool = make(client={"ClientName": "mine"})
    assert described(pool)["ClientName"] == "mine"
    assert described(pool)["UserPoolId"] == pool.id


@obeys("client.GenerateSecret")
def test_secret_is_needed(make: Maker) -> None:
    pool = make(client={"GenerateSecret": True})
    assert described(pool)["ClientSecret"] == pool.client_secret
    pool.sign_up("ada")
    with refused("NotAuthorizedException"):
        pool.aws.sign_up(ClientId=pool.client_id, Username="bob", Password=PASSWORD)
    pool = make()
    assert "ClientSecret" not in described(pool)
    pool.aws.sign_up(ClientId=pool.client_id, Username="bob", Password=PASSWORD)


@obeys("client.ClientSecret")
def test_secret_may_be_given(make: Maker) -> None:
    secret = "asecretofatleast24characters"
    pool = make(client={"ClientSecret": secret})
    assert described(pool)["ClientSecret"] == secret
    pool.client_secret = secret
    pool.sign_up("ada")
    with refused("NotAuthorizedException"):
        pool.aws.sign_up(ClientId=pool.client_id, Username="bob", Password=PASSWORD)


@pytest.mark.parametrize(
    ("kind", "value", "unit", "lifetime"),
    [
        ("Access", 10, "minutes", timedelta(minutes=10)),
        ("Access", 2, None, timedelta(hours=2)),
        ("Id", 600, "seconds", timedelta(minutes=10)),
        ("Id", 2, None, timedelta(hours=2)),
    ],
)
@obeys(
    "client.AccessTokenValidity",
    "client.IdTokenValidity",
    "client.TokenValidityUnits.AccessToken",
    "client.TokenValidityUnits.IdToken",
)
def test_lifetimes(
    make: Maker, kind: str, value: int, unit: str | None, lifetime: timedelta
) -> None:
    units = {"TokenValidityUnits": {f"{kind}Token": unit}} if unit else {}
    pool = make(client={f"{kind}TokenValidity": value} | units)
    pool.user("ada")
    claims = pool.claims(pool.log_in("ada")[f"{kind}Token"])
    assert claims["exp"] - claims["iat"] == lifetime.total_seconds()


@pytest.mark.parametrize(
    ("value", "unit", "lifetime"),
    [(2, "hours", timedelta(hours=2)), (2, None, timedelta(days=2))],
)
@obeys("client.RefreshTokenValidity", "client.TokenValidityUnits.RefreshToken")
def test_lifetime_of_refresh_tokens(
    make: Maker, value: int, unit: str | None, lifetime: timedelta
) -> None:
    units = {"TokenValidityUnits": {"RefreshToken": unit}} if unit else {}
    pool = make(client={"RefreshTokenValidity": value} | units)
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    pool.advance(lifetime - timedelta(seconds=5))
    pool.refresh(token, "ada")
    pool.advance(timedelta(seconds=5))
    with refused("NotAuthorizedException"):
        pool.refresh(token, "ada")


@pytest.mark.parametrize(("unit", "shown"), [("days", 30), ("hours", 720)])
def test_refresh_tokens_never_live_for_nothing(make: Maker, unit: str, shown: int) -> None:
    units = {"TokenValidityUnits": {"RefreshToken": unit}}
    pool = make(client={"RefreshTokenValidity": 0} | units)
    named = {"UserPoolId": pool.id, "ClientId": pool.client_id}
    client = pool.aws.describe_user_pool_client(**named)["UserPoolClient"]
    assert client["RefreshTokenValidity"] == shown


@obeys("client.ReadAttributes")
def test_attributes_that_may_be_read(make: Maker) -> None:
    pool = make(client={"ReadAttributes": ["name"]})
    pool.user("ada", name="Ada")
    tokens = pool.log_in("ada")
    claims = pool.claims(tokens["IdToken"])
    assert claims["name"] == "Ada"
    assert "email" not in claims
    shown = pool.aws.get_user(AccessToken=tokens["AccessToken"])["UserAttributes"]
    assert {each["Name"] for each in shown} == {"sub", "name"}


@obeys("client.WriteAttributes")
def test_attributes_that_may_be_written(make: Maker) -> None:
    pool = make(client={"WriteAttributes": ["email"]})
    with refused("NotAuthorizedException"):
        pool.sign_up("ada", name="Ada")
    pool.user("ada")
    token = pool.log_in("ada")["AccessToken"]
    with refused("NotAuthorizedException"):
        pool.aws.update_user_attributes(AccessToken=token, UserAttributes=attributes(name="Ada"))
    pool.set("ada", name="Ada")  # an administrator may


@obeys("client.ExplicitAuthFlows")
def test_flows(make: Maker) -> None:
    pool = make(client={"ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"]})
    pool.user("ada")
    with refused("InvalidParameterException"):
        pool.log_in("ada")


@obeys("client.PreventUserExistenceErrors")
def test_existence(make: Maker) -> None:
    for setting, code in (
        ("ENABLED", "NotAuthorizedException"),
        ("LEGACY", "UserNotFoundException"),
    ):
        pool = make(client={"PreventUserExistenceErrors": setting})
        with refused(code):
            pool.log_in("nobody")


@obeys("client.EnableTokenRevocation")
def test_revocation(make: Maker) -> None:
    for enabled in (True, False):
        pool = make(client={"EnableTokenRevocation": enabled})
        pool.user("ada")
        tokens = pool.log_in("ada")
        assert ("origin_jti" in pool.claims(tokens["AccessToken"])) is enabled
        revoke = {"Token": tokens["RefreshToken"], "ClientId": pool.client_id}
        if enabled:
            pool.aws.revoke_token(**revoke)
        else:
            with refused("UnsupportedOperationException"):
                pool.aws.revoke_token(**revoke)


@obeys("client.AuthSessionValidity")
def test_challenges_expire(make: Maker) -> None:
    pool = make(client={"AuthSessionValidity": 5})
    invite(pool)
    for minutes, is_good in ((4, True), (5, False)):
        session = pool.log_in("ada")["Session"]
        pool.advance(timedelta(minutes=minutes))
        answer = {
            "ClientId": pool.client_id,
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "Session": session,
            "ChallengeResponses": {"USERNAME": "ada", "NEW_PASSWORD": "short"},
        }
        with refused("InvalidPasswordException" if is_good else "NotAuthorizedException"):
            pool.aws.respond_to_auth_challenge(**answer)


@obeys("client.RefreshTokenRotation.*")
def test_rotation(make: Maker) -> None:
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    rotation = {"Feature": "ENABLED", "RetryGracePeriodSeconds": 10}
    pool = make(client={"RefreshTokenRotation": rotation, "ExplicitAuthFlows": flows})
    pool.user("ada")
    first = pool.log_in("ada")["RefreshToken"]
    renew = pool.aws.get_tokens_from_refresh_token
    second = renew(RefreshToken=first, ClientId=pool.client_id)["AuthenticationResult"]
    assert second["RefreshToken"] != first
    renew(RefreshToken=first, ClientId=pool.client_id)
    pool.advance(timedelta(seconds=10))
    with refused("RefreshTokenReuseException"):
        renew(RefreshToken=first, ClientId=pool.client_id)
    off = make(client={"RefreshTokenRotation": {"Feature": "DISABLED"}})
    off.user("ada")
    token = off.log_in("ada")["RefreshToken"]
    result = off.aws.get_tokens_from_refresh_token(RefreshToken=token, ClientId=off.client_id)
    assert "RefreshToken" not in result["AuthenticationResult"]


# OAuth


def page(pool: Emulator, **changes: str) -> Browser:
    asked = {
        "client_id": pool.client_id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid",
    }
    browser = Browser(pool.cognito.jwks_url.split("/us-east-1_")[0])
    return browser.visit("/oauth2/authorize", **asked | changes)


CLIENT = {
    "AllowedOAuthFlowsUserPoolClient": True,
    "AllowedOAuthFlows": ["code"],
    "AllowedOAuthScopes": ["openid", "email"],
    "CallbackURLs": [CALLBACK],
    "LogoutURLs": ["https://example.com/bye"],
}


@obeys(
    "client.AllowedOAuthFlowsUserPoolClient",
    "client.AllowedOAuthFlows",
    "client.AllowedOAuthScopes",
    "client.CallbackURLs",
    "client.SupportedIdentityProviders",
    "client.DefaultRedirectURI",
)
def test_sign_in_page(make: Maker) -> None:
    pool = make(client=CLIENT | {"DefaultRedirectURI": CALLBACK})
    assert page(pool).title == "Sign in"
    assert page(pool, redirect_uri="").title == "Sign in"
    assert page(pool, scope="phone").answer["error"] == "invalid_scope"
    assert page(pool, response_type="token").answer["error"] == "unauthorized_client"
    assert page(pool, redirect_uri="https://example.com/").title == "Error"
    off = make(client=CLIENT | {"AllowedOAuthFlowsUserPoolClient": False})
    assert page(off).answer["error"] == "unauthorized_client"
    assert page(off, redirect_uri="").title == "Error"


@obeys("client.LogoutURLs")
def test_logout(make: Maker) -> None:
    pool = make(client=CLIENT)
    browser = Browser(pool.cognito.jwks_url.split("/us-east-1_")[0])
    asked = {"client_id": pool.client_id}
    browser.visit("/logout", **asked, logout_uri="https://example.com/bye")
    assert browser.location == "https://example.com/bye"
    assert browser.visit("/logout", **asked, logout_uri=CALLBACK).title == "Error"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"AllowedOAuthScopes": ["openid", "api/unheard"]}, "ScopeDoesNotExistException"),
        ({"AllowedOAuthScopes": ["Cognito"]}, "ScopeDoesNotExistException"),
        ({"AllowedOAuthScopes": []}, "InvalidParameterException"),
        ({"AllowedOAuthFlows": []}, "InvalidParameterException"),
        ({"AllowedOAuthFlows": ["code", "client_credentials"]}, "InvalidOAuthFlowException"),
        ({"AllowedOAuthFlows": ["client_credentials"]}, "InvalidOAuthFlowException"),
        ({"SupportedIdentityProviders": ["Google"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["http://example.com/"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["https://example.com/#x"]}, "InvalidParameterException"),
        ({"CallbackURLs": ["/callback"]}, "InvalidParameterException"),
        ({"LogoutURLs": ["http://example.com/"]}, "InvalidParameterException"),
        ({"DefaultRedirectURI": "https://example.com/"}, "InvalidParameterException"),
    ],
)
def test_contradictions_are_refused(make: Maker, change: dict[str, Any], code: str) -> None:
    pool = make()
    settings = {**OPEN, **CLIENT, **change}
    with refused(code):
        pool.aws.create_user_pool_client(UserPoolId=pool.id, ClientName="x", **settings)
    with refused(code):
        pool.aws.update_user_pool_client(
            UserPoolId=pool.id, ClientId=pool.client_id, **CLIENT | change
        )


def test_other_addresses_of_apps_are_fine(make: Maker) -> None:
    urls = ["myapp://callback", "https://example.com/?x=1", "http://127.0.0.1:8000/"]
    pool = make(client=CLIENT | {"CallbackURLs": urls})
    assert described(pool)["CallbackURLs"] == urls


def test_scopes_of_resource_servers_are_known(make: Maker) -> None:
    pool = make()
    scopes = [{"ScopeName": "read", "ScopeDescription": "reading"}]
    server = {"UserPoolId": pool.id, "Identifier": "api", "Name": "API"}
    pool.aws.create_resource_server(**server, Scopes=scopes)
    with refused("InvalidParameterException"):
        pool.aws.create_resource_server(**server, Scopes=scopes)
    with refused("InvalidParameterException"):
        pool.aws.update_resource_server(**server, Scopes=scopes * 2)
    client = {"UserPoolId": pool.id, "ClientName": "x"}
    oauth = CODE_CLIENT | {"AllowedOAuthScopes": ["api/read"]}
    pool.aws.create_user_pool_client(**client, **oauth)
    pool.aws.update_resource_server(**server, Scopes=[])
    with refused("ScopeDoesNotExistException"):
        pool.aws.create_user_pool_client(**client, **oauth)
    del server["Name"]
    pool.aws.delete_resource_server(**server)
    with refused("ResourceNotFoundException"):
        pool.aws.delete_resource_server(**server)


def test_update_resets_what_it_leaves_out(make: Maker) -> None:
    pool = make(client={"AccessTokenValidity": 2, "ReadAttributes": ["name"]} | CLIENT)
    pool.aws.update_user_pool_client(UserPoolId=pool.id, ClientId=pool.client_id)
    after = described(pool)
    assert after["ClientName"] == "apiproof-client"
    for name in ("AccessTokenValidity", "ReadAttributes", "CallbackURLs", "ExplicitAuthFlows"):
        assert name not in after
    with pytest.raises(ClientError, match="USER_PASSWORD_AUTH"):
        pool.log_in("ada")
    assert requests.get(pool.cognito.jwks_url, timeout=5).ok
