"""The sign-in page: `/oauth2/authorize`, `/login` with every challenge, `/logout`."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import pyotp
import pytest
import requests

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.authorization_codes import s256_challenge
from tests.cognito.browser import Browser
from tests.cognito.oauth_pool import (
    CALLBACK,
    CODE_CLIENT,
    SIGNED_OUT,
    App,
    OAuthPool,
    pool,
    standing,
)
from tests.cognito.pools import PASSWORD

VERIFIER = "a-verifier-of-at-least-forty-three-characters-x"
SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms", "ExternalId": "x"}
__all__ = ["pool", "standing"]


@pytest.fixture
def app(pool: OAuthPool) -> App:
    return pool.app(secret=False, **CODE_CLIENT)


@pytest.fixture
def browser(pool: OAuthPool) -> Browser:
    return Browser(pool.base_url)


def asked(app: App, **changes: Any) -> dict[str, Any]:
    """Give the parameters of a request for authorization."""
    return {
        "client_id": app.id,
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": "openid email",
        "state": "s t&te",
    } | changes


def signed_in(browser: Browser, app: App, **changes: Any) -> Browser:
    browser.visit("/oauth2/authorize", **asked(app, **changes))
    return browser.submit(username="ada", password=PASSWORD)


def redeemed(app: App, browser: Browser, **form: str) -> dict[str, Any]:
    answer = app.token(
        "authorization_code", code=browser.answer["code"], redirect_uri=CALLBACK, **form
    )
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


# Signing in


def test_sign_in_ends_in_tokens(app: App, browser: Browser) -> None:
    pkce = {"code_challenge": s256_challenge(VERIFIER), "code_challenge_method": "S256"}
    browser.visit("/oauth2/authorize", **asked(app, nonce="n-0", **pkce))
    assert (browser.title, browser.status) == ("Sign in", 200)
    browser.submit(username="ada", password=PASSWORD)
    assert browser.location.startswith(f"{CALLBACK}?")
    assert browser.answer["state"] == "s t&te"
    tokens = redeemed(app, browser, code_verifier=VERIFIER)
    identity = claims_of(tokens["id_token"])
    assert (identity["nonce"], identity["email"]) == ("n-0", "ada@example.com")
    assert claims_of(tokens["access_token"])["scope"] == "openid email"


def test_scopes_left_out_are_all_of_the_client(app: App, browser: Browser) -> None:
    tokens = redeemed(app, signed_in(browser, app, scope=""))
    assert claims_of(tokens["access_token"])["scope"] == "openid email profile api/read"


def test_wrong_password_shows_the_page_again(app: App, browser: Browser) -> None:
    browser.visit("/oauth2/authorize", **asked(app, login_hint="ada"))
    browser.submit(password="wrong")
    assert (browser.title, browser.error) == ("Sign in", "Incorrect username or password.")
    browser.submit(username="nobody<script>", password=PASSWORD)
    assert browser.error == "User does not exist."
    browser.submit(username="ada", password=PASSWORD)
    assert "code" in browser.answer


def test_page_doesnt_tell_who_exists_where_the_client_hides_it(
    pool: OAuthPool, browser: Browser
) -> None:
    app = pool.app(secret=False, PreventUserExistenceErrors="ENABLED", **CODE_CLIENT)
    browser.visit("/oauth2/authorize", **asked(app))
    browser.submit(username="nobody", password=PASSWORD)
    assert browser.error == "Incorrect username or password."


def test_what_people_type_is_escaped(app: App, pool: OAuthPool) -> None:
    answer = requests.get(
        f"{pool.base_url}/login",
        params=asked(app, login_hint='"><script>alert(1)</script>'),
        timeout=5,
    )
    assert "<script>" not in answer.text
    assert "script" in answer.text


def test_browser_is_remembered_for_an_hour(pool: OAuthPool, app: App, browser: Browser) -> None:
    signed_in(browser, app)
    browser.visit("/oauth2/authorize", **asked(app, prompt="none"))
    assert "code" in browser.answer
    other = pool.app(secret=False, **CODE_CLIENT)
    assert "code" in browser.visit("/oauth2/authorize", **asked(other)).answer
    assert browser.visit("/oauth2/authorize", **asked(app, prompt="login")).title == "Sign in"
    pool.cognito.clock.advance(timedelta(hours=1))
    assert browser.visit("/oauth2/authorize", **asked(app)).title == "Sign in"


def test_nobody_is_signed_in_silently(pool: OAuthPool, app: App, browser: Browser) -> None:
    browser.visit("/oauth2/authorize", **asked(app, prompt="none"))
    assert browser.answer == {"error": "login_required", "state": "s t&te"}
    signed_in(browser, app)
    pool.aws.admin_disable_user(UserPoolId=pool.cognito.user_pool_id, Username="ada")
    browser.visit("/oauth2/authorize", **asked(app, prompt="none"))
    assert browser.answer["error"] == "login_required"


def test_implicit_flow_answers_in_the_fragment(pool: OAuthPool, browser: Browser) -> None:
    app = pool.app(secret=False, **CODE_CLIENT | {"AllowedOAuthFlows": ["implicit"]})
    signed_in(browser, app, response_type="token")
    parts = urlsplit(browser.location)
    assert parts.query == ""
    assert set(browser.answer) == {
        "access_token",
        "expires_in",
        "id_token",
        "state",
        "token_type",
    }
    assert app.user_info(browser.answer["access_token"]).json()["email"] == "ada@example.com"


# Challenges


def test_temporary_password_is_replaced(pool: OAuthPool, app: App, browser: Browser) -> None:
    pool.aws.admin_create_user(
        UserPoolId=pool.cognito.user_pool_id, Username="bob", TemporaryPassword="Temporary-1!"
    )
    browser.visit("/oauth2/authorize", **asked(app))
    browser.submit(username="bob", password="Temporary-1!")
    assert browser.title == "Change your password"
    browser.submit(NEW_PASSWORD="short")
    assert (browser.title, browser.error) == (
        "Change your password",
        "Password does not conform to policy: Password not long enough",
    )
    browser.submit(NEW_PASSWORD=PASSWORD)
    assert claims_of(redeemed(app, browser)["id_token"])["cognito:username"] == "bob"


def test_required_attributes_are_asked_for() -> None:
    schema = [{"Name": "name", "Required": True, "Mutable": True, "AttributeDataType": "String"}]
    with Cognito.start(PoolSettings(pool={"Schema": schema}), http=True) as cognito:
        pool = OAuthPool(cognito)
        app = pool.app(secret=False, **CODE_CLIENT)
        inner = cognito._backend.pool(cognito.user_pool_id)  # noqa: SLF001 - an older user
        for attribute in inner.schema_attributes.values():
            attribute.required = False
        pool.aws.admin_create_user(
            UserPoolId=cognito.user_pool_id, Username="bob", TemporaryPassword="Temporary-1!"
        )
        inner.schema_attributes["name"].required = True
        browser = Browser(pool.base_url)
        browser.visit("/oauth2/authorize", **asked(app))
        browser.submit(username="bob", password="Temporary-1!")
        assert browser.choices("userAttributes.name") == [""]
        browser.submit(**{"NEW_PASSWORD": PASSWORD, "userAttributes.name": "Bob"})
        assert redeemed(app, browser)["access_token"]
        user = pool.aws.admin_get_user(UserPoolId=cognito.user_pool_id, Username="bob")
        assert {"Name": "name", "Value": "Bob"} in user["UserAttributes"]


def test_authenticator_app_is_set_up_and_asked_for() -> None:
    with Cognito.start(PoolSettings(pool={"MfaConfiguration": "OPTIONAL"}), http=True) as cognito:
        own = OAuthPool(cognito)
        own.reset()
        own.aws.set_user_pool_mfa_config(
            UserPoolId=cognito.user_pool_id,
            SoftwareTokenMfaConfiguration={"Enabled": True},
            MfaConfiguration="ON",
        )
        app = own.app(secret=False, **CODE_CLIENT)
        browser = signed_in(Browser(own.base_url), app)
        assert browser.title == "Set up an authenticator app"
        secret = browser.text("secret")
        assert browser.submit(code="000000").title == "Set up an authenticator app"
        assert browser.error
        authenticator = pyotp.TOTP(secret)
        browser.submit(code=authenticator.at(cognito.clock.now()))
        assert "code" in browser.answer

        cognito.clock.advance(timedelta(minutes=1))
        browser = signed_in(Browser(own.base_url), app)
        assert browser.title == "Confirm your sign-in"
        browser.submit(SOFTWARE_TOKEN_MFA_CODE="000000")
        assert browser.error
        browser.submit(SOFTWARE_TOKEN_MFA_CODE=authenticator.at(cognito.clock.now()))
        assert redeemed(app, browser)["id_token"]


def test_code_by_sms_is_asked_for() -> None:
    with Cognito.start(http=True) as cognito:
        own = OAuthPool(cognito)
        own.reset()
        own.aws.set_user_pool_mfa_config(
            UserPoolId=cognito.user_pool_id,
            SmsMfaConfiguration={"SmsConfiguration": SMS},
            SoftwareTokenMfaConfiguration={"Enabled": True},
            MfaConfiguration="OPTIONAL",
        )
        own.aws.admin_update_user_attributes(
            UserPoolId=cognito.user_pool_id,
            Username="ada",
            UserAttributes=[
                {"Name": "phone_number", "Value": "+15550100"},
                {"Name": "phone_number_verified", "Value": "true"},
            ],
        )
        own.aws.admin_set_user_mfa_preference(
            UserPoolId=cognito.user_pool_id,
            Username="ada",
            SMSMfaSettings={"Enabled": True, "PreferredMfa": True},
        )
        app = own.app(secret=False, **CODE_CLIENT)
        browser = signed_in(Browser(own.base_url), app)
        assert browser.title == "Confirm your sign-in"
        browser.submit(SMS_MFA_CODE=cognito.outbox.last("ada", "sign-in").code)
        assert redeemed(app, browser)["id_token"]


# Requests that are refused


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"response_type": ""}, "invalid_request"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "token"}, "unauthorized_client"),
        ({"scope": "openid phone"}, "invalid_scope"),
        ({"scope": "api/admin"}, "invalid_scope"),
        ({"code_challenge": "x" * 43}, "invalid_request"),
        ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
        ({"identity_provider": "Google"}, "invalid_request"),
    ],
)
def test_wrong_requests_are_sent_back(
    app: App, browser: Browser, change: dict[str, str], error: str
) -> None:
    browser.visit("/oauth2/authorize", **asked(app, **change))
    assert browser.location.startswith(f"{CALLBACK}?")
    assert (browser.answer["error"], browser.answer["state"]) == (error, "s t&te")


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "https://evil.example.com"},
        {"redirect_uri": f"{CALLBACK}/"},
        {"redirect_uri": ""},
        {"client_id": "nobody"},
    ],
)
def test_unknown_addresses_get_nothing(app: App, browser: Browser, change: dict[str, str]) -> None:
    for path in ("/oauth2/authorize", "/login"):
        browser.visit(path, **asked(app, **change))
        assert (browser.title, browser.status) == ("Error", 400)


def test_default_address_is_used(pool: OAuthPool, browser: Browser) -> None:
    app = pool.app(secret=False, DefaultRedirectURI=CALLBACK, **CODE_CLIENT)
    signed_in(browser, app, redirect_uri="")
    assert browser.location.startswith(f"{CALLBACK}?code=")


def test_clients_without_oauth_or_cognito_have_no_page(pool: OAuthPool, browser: Browser) -> None:
    plain = pool.app(secret=False, CallbackURLs=[CALLBACK])
    assert browser.visit("/login", **asked(plain)).answer["error"] == "unauthorized_client"


# Signing out


def test_logout_forgets_the_browser(app: App, browser: Browser) -> None:
    signed_in(browser, app)
    tokens = redeemed(app, browser)
    browser.visit("/logout", client_id=app.id, logout_uri=SIGNED_OUT)
    assert browser.location == SIGNED_OUT
    assert browser.visit("/oauth2/authorize", **asked(app)).title == "Sign in"
    assert app.user_info(tokens["access_token"]).status_code == 200  # tokens stay


def test_logout_may_lead_to_another_sign_in(app: App, browser: Browser) -> None:
    signed_in(browser, app)
    assert browser.visit("/logout", **asked(app)).title == "Sign in"


@pytest.mark.parametrize("uri", ["https://evil.example.com", CALLBACK])
def test_logout_leads_to_known_addresses_only(app: App, browser: Browser, uri: str) -> None:
    signed_in(browser, app)
    browser.visit("/logout", client_id=app.id, logout_uri=uri)
    assert (browser.title, browser.status) == ("Error", 400)
    assert "code" in browser.visit("/oauth2/authorize", **asked(app)).answer
