"""The OAuth 2.0 endpoints for programs, in-process and over HTTP."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests
from botocore.exceptions import ClientError

from apiproof.cognito.authorization_codes import s256_challenge
from apiproof.cognito.operations.base import find_client
from tests.cognito.oauth_pool import (
    CALLBACK,
    CODE_CLIENT,
    MACHINE_CLIENT,
    App,
    OAuthPool,
    pool,
    standing,
)

VERIFIER = "a-verifier-of-at-least-forty-three-characters-x"
__all__ = ["pool", "standing"]
pytestmark = pytest.mark.parametrize(
    "standing", [False, True], ids=["in-process", "http"], indirect=True, scope="module"
)


@pytest.fixture
def machine(pool: OAuthPool) -> App:
    return pool.app(**MACHINE_CLIENT)


def error_of(answer: requests.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    return str(answer.json()["error"])


def verified(pool: OAuthPool, token: str, **options: Any) -> dict[str, Any]:
    key = jwt.PyJWKClient(pool.cognito.jwks_url).get_signing_key_from_jwt(token).key
    claims: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], **options)
    return claims


def signed_in(pool: OAuthPool, app: App, scopes: tuple[str, ...], **details: Any) -> str:
    """Give a code as the sign-in page would."""
    backend = pool.cognito._backend  # noqa: SLF001 - the page itself is tested elsewhere
    inner, client = find_client(backend, app.id)
    session = inner.sessions.begin(inner.get("ada"), app.id, client.lifetime("RefreshToken"))
    session.scopes, session.nonce = scopes, details.pop("nonce", None)
    challenge = details.pop("challenge", None)
    return str(backend.authorization_codes.create(session, client, CALLBACK, challenge))


# Machines


def test_machine_gets_a_token_of_the_scopes_it_asks_for(pool: OAuthPool, machine: App) -> None:
    answer = machine.token("client_credentials", scope="api/read")
    assert answer.status_code == 200
    document = answer.json()
    token = document.pop("access_token")
    assert document == {"expires_in": 3600, "token_type": "Bearer"}
    claims = verified(pool, token, issuer=pool.cognito.issuer)
    assert claims["sub"] == claims["client_id"] == machine.id
    assert (claims["scope"], claims["token_use"], claims["version"]) == ("api/read", "access", 2)
    assert "username" not in claims
    assert "cognito:groups" not in claims


def test_machine_without_scope_gets_all_that_are_its_own(pool: OAuthPool, machine: App) -> None:
    token = machine.token("client_credentials").json()["access_token"]
    assert verified(pool, token)["scope"] == "api/read api/write"


def test_machines_lifetime_is_the_clients(pool: OAuthPool) -> None:
    short: dict[str, Any] = {
        "AccessTokenValidity": 5,
        "TokenValidityUnits": {"AccessToken": "minutes"},
    }
    app = pool.app(**MACHINE_CLIENT, **short)
    document = app.token("client_credentials").json()
    assert document["expires_in"] == 300
    claims = verified(pool, document["access_token"])
    assert claims["exp"] - claims["iat"] == 300


def test_resource_becomes_the_audience(pool: OAuthPool, machine: App) -> None:
    answer = machine.token("client_credentials", resource="https://api.example.com")
    claims = verified(pool, answer.json()["access_token"], audience="https://api.example.com")
    assert claims["aud"] == "https://api.example.com"


def test_secret_may_come_in_the_body(machine: App) -> None:
    form = {
        "grant_type": "client_credentials",
        "client_id": machine.id,
        "client_secret": machine.secret,
    }
    answer = requests.post(f"{machine.base_url}/oauth2/token", data=form, timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize("scope", ["api/admin", "api/read api/admin", "openid", "unheard/of"])
def test_foreign_scopes_are_refused(machine: App, scope: str) -> None:
    assert error_of(machine.token("client_credentials", scope=scope)) == "invalid_scope"


@pytest.mark.parametrize("secret", ["", "wrong"])
def test_wrong_secret_is_refused(machine: App, secret: str) -> None:
    thief = App(machine.base_url, machine.id, secret)
    assert error_of(thief.token("client_credentials")) == "invalid_client"
    public = App(machine.base_url, machine.id, None)
    assert error_of(public.token("client_credentials")) == "invalid_client"


def test_unknown_client_is_refused(machine: App) -> None:
    nobody = App(machine.base_url, "nobody", "secret")
    assert error_of(nobody.token("client_credentials")) == "invalid_client"


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg=="])
def test_unreadable_credentials_are_refused(machine: App, header: str) -> None:
    answer = requests.post(
        f"{machine.base_url}/oauth2/token",
        data={"grant_type": "client_credentials"},
        headers={"Authorization": header},
        timeout=5,
    )
    assert error_of(answer) == "invalid_client"


def test_grants_that_are_off_are_refused(pool: OAuthPool, machine: App) -> None:
    code_app = pool.app(**CODE_CLIENT)
    assert error_of(code_app.token("client_credentials")) == "unauthorized_client"
    by_code = machine.token("authorization_code", code="x", redirect_uri=CALLBACK)
    assert error_of(by_code) == "unauthorized_client"
    assert error_of(machine.token("password")) == "unsupported_grant_type"
    assert error_of(machine.token("")) == "invalid_request"


def test_only_posted_forms_are_taken(machine: App) -> None:
    url = f"{machine.base_url}/oauth2/token"
    assert requests.get(url, timeout=5).status_code == 405
    assert error_of(requests.post(url, json={}, timeout=5)) == "invalid_request"


def test_machines_token_is_no_users(pool: OAuthPool, machine: App) -> None:
    token = machine.token("client_credentials").json()["access_token"]
    assert error_of(machine.user_info(token), 401) == "invalid_token"
    with pytest.raises(ClientError, match="NotAuthorizedException"):
        pool.aws.get_user(AccessToken=token)


# Authorization codes


def test_code_becomes_tokens_once(pool: OAuthPool) -> None:
    app = pool.app(secret=False, **CODE_CLIENT)
    challenge = s256_challenge(VERIFIER)
    code = signed_in(pool, app, ("openid", "email"), nonce="n-0", challenge=challenge)
    form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    document = app.token("authorization_code", **form).json()
    assert set(document) == {
        "access_token",
        "expires_in",
        "id_token",
        "refresh_token",
        "token_type",
    }
    identity = verified(pool, document["id_token"], audience=app.id)
    assert (identity["nonce"], identity["email"]) == ("n-0", "ada@example.com")
    assert identity["cognito:groups"] == ["staff"]
    access = verified(pool, document["access_token"])
    assert (access["scope"], access["version"]) == ("openid email", 2)
    assert error_of(app.token("authorization_code", **form)) == "invalid_grant"
    # A code that is used again ends the sign-in (RFC 6749, 4.1.2).
    assert error_of(app.user_info(document["access_token"]), 401) == "invalid_token"


@pytest.mark.parametrize(
    "change",
    [
        {"code_verifier": "another-verifier-of-forty-three-characters-xxxx"},
        {"code_verifier": None},
        {"redirect_uri": f"{CALLBACK}/other"},
        {"code": "invented"},
    ],
    ids=["wrong verifier", "no verifier", "other address", "other code"],
)
def test_code_needs_all_that_it_was_made_for(pool: OAuthPool, change: dict[str, Any]) -> None:
    app = pool.app(secret=False, **CODE_CLIENT)
    code = signed_in(pool, app, ("openid",), challenge=s256_challenge(VERIFIER))
    form = {"code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER} | change
    assert error_of(app.token("authorization_code", **form)) == "invalid_grant"


def test_code_is_of_one_client(pool: OAuthPool) -> None:
    app, other = pool.app(**CODE_CLIENT), pool.app(**CODE_CLIENT)
    form = {"code": signed_in(pool, app, ("openid",)), "redirect_uri": CALLBACK}
    assert error_of(other.token("authorization_code", **form)) == "invalid_grant"
    assert app.token("authorization_code", **form).status_code == 200


def test_code_expires(pool: OAuthPool) -> None:
    app = pool.app(**CODE_CLIENT)
    code = signed_in(pool, app, ("openid",))
    pool.cognito.clock.advance(timedelta(minutes=5))
    answer = app.token("authorization_code", code=code, redirect_uri=CALLBACK)
    assert error_of(answer) == "invalid_grant"


def test_without_openid_there_is_no_id_token(pool: OAuthPool) -> None:
    app = pool.app(**CODE_CLIENT)
    code = signed_in(pool, app, ("api/read",))
    document = app.token("authorization_code", code=code, redirect_uri=CALLBACK).json()
    assert "id_token" not in document
    assert error_of(app.user_info(document["access_token"]), 401) == "invalid_token"


# Refreshing


def tokens_of(pool: OAuthPool, app: App, *scopes: str) -> dict[str, Any]:
    code = signed_in(pool, app, scopes)
    answer = app.token("authorization_code", code=code, redirect_uri=CALLBACK)
    document: dict[str, Any] = answer.json()
    return document


def test_refresh_keeps_the_scopes(pool: OAuthPool) -> None:
    app = pool.app(**CODE_CLIENT)
    before = tokens_of(pool, app, "openid", "api/read")
    after = app.token("refresh_token", refresh_token=before["refresh_token"]).json()
    assert set(after) == {"access_token", "expires_in", "id_token", "token_type"}
    assert verified(pool, after["access_token"])["scope"] == "openid api/read"


def test_refresh_rotates_where_the_client_does(pool: OAuthPool) -> None:
    rotation: dict[str, Any] = {
        "RefreshTokenRotation": {"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
        "ExplicitAuthFlows": ["ALLOW_USER_SRP_AUTH"],
    }
    app = pool.app(**CODE_CLIENT, **rotation)
    first = tokens_of(pool, app, "openid")["refresh_token"]
    second = app.token("refresh_token", refresh_token=first).json()["refresh_token"]
    assert second != first
    assert error_of(app.token("refresh_token", refresh_token=first)) == "invalid_grant"
    assert app.token("refresh_token", refresh_token=second).status_code == 200


def test_refresh_continues_a_sign_in_by_api(pool: OAuthPool) -> None:
    refresh_token = pool.cognito.issue_tokens("ada").refresh_token
    app = App(pool.base_url, pool.cognito.client_id, pool.cognito.client_secret)
    document = app.token("refresh_token", refresh_token=refresh_token).json()
    assert verified(pool, document["access_token"])["scope"] == "aws.cognito.signin.user.admin"


def test_dead_refresh_tokens_are_refused(pool: OAuthPool) -> None:
    app, other = pool.app(**CODE_CLIENT), pool.app(**CODE_CLIENT)
    token = tokens_of(pool, app, "openid")["refresh_token"]
    assert error_of(app.token("refresh_token")) == "invalid_request"
    assert error_of(other.token("refresh_token", refresh_token=token)) == "invalid_grant"
    pool.aws.admin_disable_user(UserPoolId=pool.cognito.user_pool_id, Username="ada")
    assert error_of(app.token("refresh_token", refresh_token=token)) == "invalid_grant"
    pool.aws.admin_enable_user(UserPoolId=pool.cognito.user_pool_id, Username="ada")
    pool.cognito.clock.advance(timedelta(days=30))
    assert error_of(app.token("refresh_token", refresh_token=token)) == "invalid_grant"


# UserInfo


def test_user_info_tells_what_the_scopes_open(pool: OAuthPool) -> None:
    app = pool.app(**CODE_CLIENT)
    answer = app.user_info(tokens_of(pool, app, "openid", "email")["access_token"])
    document = answer.json()
    assert document.pop("sub")
    assert document == {
        "email": "ada@example.com",
        "email_verified": "true",
        "username": "ada",
    }


def test_user_info_needs_a_living_token(pool: OAuthPool) -> None:
    app = pool.app(**CODE_CLIENT)
    token = tokens_of(pool, app, "openid")["access_token"]
    assert app.user_info(token).status_code == 200
    assert error_of(requests.get(f"{app.base_url}/oauth2/userInfo", timeout=5)) == (
        "invalid_request"
    )
    assert error_of(app.user_info(token[:-4]), 401) == "invalid_token"
    pool.cognito.clock.advance(timedelta(hours=1))
    refused = app.user_info(token)
    assert error_of(refused, 401) == "invalid_token"
    assert refused.headers["WWW-Authenticate"].startswith('Bearer error="invalid_token"')


def test_user_info_ends_with_global_sign_out(pool: OAuthPool) -> None:
    app = pool.app(**CODE_CLIENT)
    token = tokens_of(pool, app, "openid")["access_token"]
    pool.aws.admin_user_global_sign_out(UserPoolId=pool.cognito.user_pool_id, Username="ada")
    assert error_of(app.user_info(token), 401) == "invalid_token"


# Revoking


def test_revoked_refresh_token_is_dead(pool: OAuthPool) -> None:
    app = pool.app(**CODE_CLIENT)
    tokens = tokens_of(pool, app, "openid")
    answer = app.revoke(tokens["refresh_token"])
    assert (answer.status_code, answer.text) == (200, "")
    refresh = app.token("refresh_token", refresh_token=tokens["refresh_token"])
    assert error_of(refresh) == "invalid_grant"
    assert error_of(app.user_info(tokens["access_token"]), 401) == "invalid_token"
    assert app.revoke(tokens["refresh_token"]).status_code == 200
    assert app.revoke("never-issued").status_code == 200


def test_revoking_is_refused_as_documented(pool: OAuthPool) -> None:
    app = pool.app(**CODE_CLIENT)
    tokens = tokens_of(pool, app, "openid")
    assert error_of(app.revoke("")) == "invalid_request"
    for name in ("access_token", "id_token"):
        assert error_of(app.revoke(tokens[name])) == "unsupported_token_type"
    thief = App(app.base_url, app.id, "wrong")
    assert error_of(thief.revoke(tokens["refresh_token"]), 401) == "invalid_client"
    off = pool.app(**CODE_CLIENT, EnableTokenRevocation=False)
    assert error_of(off.revoke("x")) == "invalid_request"


# Discovery


def test_discovery_names_every_endpoint(pool: OAuthPool) -> None:
    url = pool.cognito.jwks_url.replace("jwks.json", "openid-configuration")
    document = requests.get(url, timeout=5).json()
    assert document["issuer"] == pool.cognito.issuer
    assert requests.get(document["jwks_uri"], timeout=5).json()["keys"]
    for name in ("authorization", "token", "userinfo", "revocation", "end_session"):
        answer = requests.get(document[f"{name}_endpoint"], timeout=5, allow_redirects=False)
        assert answer.status_code in {302, 400, 405}, name


@pytest.mark.parametrize(
    ("host", "scheme"),
    [
        ("cognito-idp.us-east-1.amazonaws.com", "https"),
        ("mine.auth.us-east-1.amazoncognito.com", "https"),
        ("cognito:9229", "http"),
    ],
)
def test_endpoints_are_named_as_the_client_reaches_them(
    pool: OAuthPool, host: str, scheme: str
) -> None:
    url = pool.cognito.jwks_url.replace("jwks.json", "openid-configuration")
    document = requests.get(url, headers={"Host": host}, timeout=5).json()
    assert document["token_endpoint"] == f"{scheme}://{host}/oauth2/token"
    assert document["jwks_uri"].startswith(f"{scheme}://{host}/")


# The trigger


def test_trigger_knows_where_tokens_come_from(pool: OAuthPool) -> None:
    seen: list[str] = []

    def handler(event: dict[str, Any], _: Any) -> dict[str, Any]:
        seen.append(event["triggerSource"])
        return event

    pool.cognito.trigger = handler
    app = pool.app(**CODE_CLIENT)
    token = tokens_of(pool, app, "openid")["refresh_token"]
    app.token("refresh_token", refresh_token=token)
    assert seen == ["TokenGeneration_HostedAuth", "TokenGeneration_RefreshTokens"]


def test_refusing_trigger_is_an_error(pool: OAuthPool) -> None:
    def handler(*_: Any) -> dict[str, Any]:
        raise ValueError("not today")

    app = pool.app(**CODE_CLIENT)
    code = signed_in(pool, app, ("openid",))
    pool.cognito.trigger = handler
    answer = app.token("authorization_code", code=code, redirect_uri=CALLBACK)
    assert error_of(answer) == "invalid_request"
    assert "not today" in answer.json()["error_description"]
