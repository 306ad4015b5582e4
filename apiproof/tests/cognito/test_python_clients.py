"""A user's whole life by the Python clients: boto3, pycognito and fastapi-cognito.

Each signs in by its default flow, SRP for pycognito, in a pool that allows no other to it.
"""

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pyotp
import pytest
from fastapi import Depends, FastAPI

from apiproof.cognito import Cognito, PoolSettings
from apiproof.cognito.settings import ISSUER_IS_ENDPOINT
from tests.cognito.test_flows import FLOWS

FIRST, SECOND, THIRD = "Correct-Horse-7", "New-Horse-8-Battery", "Third-Horse-9-Battery"
INSTALL = "not installed: it is among the development dependencies"


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    settings = PoolSettings(client_secret=False, auth_flows=FLOWS, issuer=ISSUER_IS_ENDPOINT)
    with Cognito.start(settings, http=True) as cognito:
        cognito.client().set_user_pool_mfa_config(
            UserPoolId=cognito.user_pool_id,
            SoftwareTokenMfaConfiguration={"Enabled": True},
            MfaConfiguration="OPTIONAL",
        )
        yield cognito


def refused(cognito: Cognito) -> Any:
    return pytest.raises(cognito.client().exceptions.NotAuthorizedException)


def test_pycognito(cognito: Cognito) -> None:
    pycognito = pytest.importorskip("pycognito", reason=INSTALL)
    kwargs = {"endpoint_url": cognito.endpoint_url}
    user = pycognito.Cognito(
        cognito.user_pool_id,
        cognito.client_id,
        username="grace",
        access_key="x",
        secret_key="x",
        boto3_client_kwargs=kwargs,
    )
    user.set_base_attributes(email="grace@example.com")
    user.register("grace", FIRST)
    user.confirm_sign_up(cognito.outbox.last("grace", "sign-up").code)
    with refused(cognito):
        user.authenticate(SECOND)
    user.authenticate(FIRST)
    user.verify_tokens()  # keys and issuer from below the endpoint
    assert user.access_claims["username"] == "grace"
    before = user.access_claims
    user.renew_access_token()
    user.verify_tokens()
    assert user.access_claims["jti"] != before["jti"]
    assert user.get_user().email == "grace@example.com"
    user.change_password(FIRST, SECOND)
    user.initiate_forgot_password()
    user.confirm_forgot_password(cognito.outbox.last("grace", "password-reset").code, THIRD)
    with refused(cognito):
        user.authenticate(SECOND)
    user.authenticate(THIRD)
    app = pyotp.TOTP(user.associate_software_token())
    assert user.verify_software_token(app.now(), "phone")
    user.set_user_mfa_preference(sms_mfa=False, software_token_mfa=True, preferred="SOFTWARE_TOKEN")
    with pytest.raises(pycognito.exceptions.SoftwareTokenMFAChallengeException):
        user.authenticate(THIRD)
    user.respond_to_software_token_mfa_challenge(app.now())
    user.verify_tokens()
    access_token = user.access_token
    user.logout()
    with refused(cognito):
        cognito.client().get_user(AccessToken=access_token)
    with pytest.raises(pycognito.exceptions.SoftwareTokenMFAChallengeException):
        user.authenticate(THIRD)
    user.respond_to_software_token_mfa_challenge(app.at(time.time() + 30))  # used once
    user.delete_user()
    with refused(cognito):
        user.authenticate(THIRD)


def test_boto3(cognito: Cognito) -> None:
    aws, client_id = cognito.client(), cognito.client_id
    app_client = {"ClientId": client_id, "Username": "ada"}

    def log_in(password: str) -> Any:
        return aws.initiate_auth(
            ClientId=client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": password},
        )

    email = [{"Name": "email", "Value": "ada@example.com"}]
    aws.sign_up(**app_client, Password=FIRST, UserAttributes=email)
    code = cognito.outbox.last("ada", "sign-up").code
    aws.confirm_sign_up(**app_client, ConfirmationCode=code)
    tokens = log_in(FIRST)["AuthenticationResult"]
    aws.get_tokens_from_refresh_token(ClientId=client_id, RefreshToken=tokens["RefreshToken"])
    access = tokens["AccessToken"]
    aws.change_password(AccessToken=access, PreviousPassword=FIRST, ProposedPassword=SECOND)
    aws.forgot_password(**app_client)
    code = cognito.outbox.last("ada", "password-reset").code
    aws.confirm_forgot_password(**app_client, ConfirmationCode=code, Password=THIRD)
    with refused(cognito):
        log_in(SECOND)
    access = log_in(THIRD)["AuthenticationResult"]["AccessToken"]
    app = pyotp.TOTP(aws.associate_software_token(AccessToken=access)["SecretCode"])
    aws.verify_software_token(AccessToken=access, UserCode=app.now())
    preferred = {"Enabled": True, "PreferredMfa": True}
    aws.set_user_mfa_preference(AccessToken=access, SoftwareTokenMfaSettings=preferred)
    challenge = log_in(THIRD)
    access = aws.respond_to_auth_challenge(
        ClientId=client_id,
        ChallengeName=challenge["ChallengeName"],
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "ada", f"{challenge['ChallengeName']}_CODE": app.now()},
    )["AuthenticationResult"]["AccessToken"]
    aws.delete_user(AccessToken=access)
    with refused(cognito):
        log_in(THIRD)


def test_fastapi_cognito(cognito: Cognito) -> None:
    fastapi_cognito = pytest.importorskip("fastapi_cognito", reason=INSTALL)
    testclient = pytest.importorskip("fastapi.testclient")  # of the same package: httpx2
    pool = {
        "region": cognito.region,
        "userpool_id": cognito.user_pool_id,
        "app_client_id": cognito.client_id,
        "jwks_url": cognito.jwks_url,
    }
    auth = fastapi_cognito.CognitoAuth(
        fastapi_cognito.CognitoSettings(
            check_expiration=True,
            jwt_header_name="Authorization",
            jwt_header_prefix="Bearer",
            userpools={"main": pool},
        )
    )
    app = FastAPI()
    required = Depends(auth.auth_required)

    @app.get("/me")
    def me(token: Any = required) -> Any:
        return token.username

    cognito.create_user("eve", "eve@example.com", FIRST)
    access = cognito.client().initiate_auth(
        ClientId=cognito.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "eve", "PASSWORD": FIRST},
    )["AuthenticationResult"]["AccessToken"]
    header = jwt.get_unverified_header(access)
    claims = jwt.decode(access, options={"verify_signature": False})
    forged = jwt.encode(claims, "x" * 32, "HS256", headers={"kid": header["kid"]})
    with testclient.TestClient(app) as client:

        def ask(token: str) -> Any:
            return client.get("/me", headers={"Authorization": f"Bearer {token}"})

        assert (ask(access).status_code, ask(access).json()) == (200, "eve")
        assert ask(forged).status_code == 401
        assert client.get("/me").status_code == 401
