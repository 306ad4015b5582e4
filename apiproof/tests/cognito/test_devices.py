"""Devices: confirmed, remembered, proven by SRP in place of a second factor, and forgotten."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cognito.bench import Emulator
from tests.cognito.made_pools import Maker, make, obeys, refused
from tests.cognito.pools import PASSWORD
from tests.cognito.srp_client import DeviceClient, SrpClient

__all__ = ["make"]  # the fixture

PHONE = "+15550100"
SMS = {
    "MfaConfiguration": "ON",
    "SmsConfiguration": {
        "SnsCallerArn": "arn:aws:iam::123456789012:role/sms",
        "ExternalId": "x",
    },
}
TRUSTED = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
FLOWS = {
    "ExplicitAuthFlows": [
        "ALLOW_USER_SRP_AUTH",
        "ALLOW_USER_PASSWORD_AUTH",
        "ALLOW_REFRESH_TOKEN_AUTH",
    ]
}


def tracking(make: Maker, *, mfa: bool = True, **config: bool) -> Emulator:
    devices = {"DeviceConfiguration": TRUSTED | config}
    pool = make({**(SMS if mfa else {}), **devices}, FLOWS)
    pool.user("ada", phone_number=PHONE)
    pool.set("ada", phone_number_verified="true")
    return pool


def respond(pool: Emulator, name: str, session: str, **responses: str) -> Any:
    return pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName=name,
        Session=session,
        ChallengeResponses={"USERNAME": "ada", **responses},
    )


def by_password(pool: Emulator, **more: str) -> Any:
    return pool.aws.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD, **more},
    )


def by_srp(pool: Emulator, **more: str) -> Any:
    client = SrpClient(pool.id, PASSWORD)
    asked = pool.aws.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_SRP_AUTH",
        AuthParameters={"USERNAME": "ada", "SRP_A": client.srp_a, **more},
    )
    responses = client.answer(asked["ChallengeParameters"]) | more
    return respond(pool, "PASSWORD_VERIFIER", asked["Session"], **responses)


def with_code(pool: Emulator, challenge: Any) -> Any:
    assert challenge["ChallengeName"] == "SMS_MFA"
    code = pool.code("ada", "sign-in")
    return respond(pool, "SMS_MFA", challenge["Session"], SMS_MFA_CODE=code)


def confirmed(pool: Emulator, result: Any) -> tuple[DeviceClient, str, bool]:
    """Confirm the device of a sign-in: gives it, an access token, and whether to ask the user."""
    device = DeviceClient(result["NewDeviceMetadata"])
    token = result["AccessToken"]
    answer = pool.aws.confirm_device(
        AccessToken=token,
        DeviceKey=device.key,
        DeviceSecretVerifierConfig=device.verifier_config(),
        DeviceName="laptop",
    )
    return device, token, answer["UserConfirmationNecessary"]


def proven(pool: Emulator, challenge: Any, device: DeviceClient, **wrong: str) -> Any:
    assert challenge["ChallengeName"] == "DEVICE_SRP_AUTH"
    named = {"DEVICE_KEY": device.key}
    asked = respond(pool, "DEVICE_SRP_AUTH", challenge["Session"], SRP_A=device.srp_a, **named)
    assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    proof = device.answer(asked["ChallengeParameters"]) | wrong
    return respond(pool, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **proof)


@pytest.mark.parametrize("begin", [by_password, by_srp])
@obeys("DeviceConfiguration.ChallengeRequiredOnNewDevice")
def test_remembered_device_replaces_the_second_factor(make: Maker, begin: Any) -> None:
    pool = tracking(make)
    device, _, asks = confirmed(pool, with_code(pool, begin(pool))["AuthenticationResult"])
    assert asks is False
    result = proven(pool, begin(pool, DEVICE_KEY=device.key), device)["AuthenticationResult"]
    assert pool.verified(result["AccessToken"])["username"] == "ada"
    assert "NewDeviceMetadata" not in result
    with_code(pool, begin(pool))  # without the device, the factor is asked for


def test_untrusted_devices_come_beside_the_second_factor(make: Maker) -> None:
    pool = tracking(make, ChallengeRequiredOnNewDevice=False)
    device, _, _ = confirmed(pool, with_code(pool, by_password(pool))["AuthenticationResult"])
    after_code = with_code(pool, by_password(pool, DEVICE_KEY=device.key))
    assert "AuthenticationResult" in proven(pool, after_code, device)


@obeys("DeviceConfiguration.DeviceOnlyRememberedOnUserPrompt")
def test_devices_are_remembered_on_prompt(make: Maker) -> None:
    pool = tracking(make, DeviceOnlyRememberedOnUserPrompt=True)
    device, token, asks = confirmed(
        pool, with_code(pool, by_password(pool))["AuthenticationResult"]
    )
    assert asks is True
    named = {"AccessToken": token, "DeviceKey": device.key}
    with_code(pool, by_password(pool, DEVICE_KEY=device.key))  # not remembered yet
    pool.aws.update_device_status(**named, DeviceRememberedStatus="remembered")
    assert "AuthenticationResult" in proven(pool, by_password(pool, DEVICE_KEY=device.key), device)
    pool.aws.admin_update_device_status(
        UserPoolId=pool.id,
        Username="ada",
        DeviceKey=device.key,
        DeviceRememberedStatus="not_remembered",
    )
    with_code(pool, by_password(pool, DEVICE_KEY=device.key))


def test_wrong_proof_is_refused(make: Maker) -> None:
    pool = tracking(make, mfa=False)
    device, _, _ = confirmed(pool, by_password(pool)["AuthenticationResult"])
    challenge = by_password(pool, DEVICE_KEY=device.key)
    with refused("NotAuthorizedException"):
        proven(pool, challenge, device, PASSWORD_CLAIM_SIGNATURE="AAAA")
    other = DeviceClient({"DeviceKey": device.key, "DeviceGroupKey": "-other"})
    with refused("NotAuthorizedException"):
        proven(pool, by_password(pool, DEVICE_KEY=device.key), other)
    with refused("InvalidParameterException"):
        respond(
            pool,
            "DEVICE_SRP_AUTH",
            by_password(pool, DEVICE_KEY=device.key)["Session"],
            DEVICE_KEY=device.key,
            SRP_A="0",
        )


def test_devices_are_of_one_user(make: Maker) -> None:
    pool = tracking(make, mfa=False)
    device, _, _ = confirmed(pool, by_password(pool)["AuthenticationResult"])
    pool.user("bob")
    with refused("ResourceNotFoundException"):
        pool.aws.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "bob", "PASSWORD": PASSWORD, "DEVICE_KEY": device.key},
        )


def test_devices_are_listed_and_forgotten(make: Maker) -> None:
    pool = tracking(make, mfa=False)
    by_password(pool)  # never confirmed
    first, _, _ = confirmed(pool, by_password(pool)["AuthenticationResult"])
    second, token, _ = confirmed(pool, by_password(pool)["AuthenticationResult"])
    page = pool.aws.list_devices(AccessToken=token, Limit=1)
    assert [each["DeviceKey"] for each in page["Devices"]] == [first.key]
    rest = pool.aws.list_devices(AccessToken=token, PaginationToken=page["PaginationToken"])
    assert [each["DeviceKey"] for each in rest["Devices"]] == [second.key]
    assert "PaginationToken" not in rest
    shown = pool.aws.get_device(AccessToken=token, DeviceKey=first.key)["Device"]
    assert {"Name": "device_name", "Value": "laptop"} in shown["DeviceAttributes"]
    pool.aws.forget_device(AccessToken=token, DeviceKey=first.key)
    with refused("ResourceNotFoundException"):
        by_password(pool, DEVICE_KEY=first.key)
    named = {"UserPoolId": pool.id, "Username": "ada"}
    assert len(pool.aws.admin_list_devices(**named)["Devices"]) == 1
    assert pool.aws.admin_get_device(**named, DeviceKey=second.key)["Device"]
    pool.aws.admin_forget_device(**named, DeviceKey=second.key)
    assert pool.aws.admin_list_devices(**named)["Devices"] == []
    with refused("ResourceNotFoundException"):
        pool.aws.admin_forget_device(**named, DeviceKey=second.key)


def test_pools_without_tracking_have_no_devices(make: Maker) -> None:
    pool = make(client=FLOWS)
    pool.user("ada")
    result = by_password(pool)["AuthenticationResult"]
    assert "NewDeviceMetadata" not in result
    with refused("InvalidParameterException"):
        pool.aws.list_devices(AccessToken=result["AccessToken"])


def test_the_device_of_a_sign_in_alone_refreshes(make: Maker) -> None:
    """aws-sdk-java-v2#3418: in a pool that tracks devices, a refresh needs the DEVICE_KEY."""
    pool = tracking(make, mfa=False)
    result = by_password(pool)["AuthenticationResult"]
    key = result["NewDeviceMetadata"]["DeviceKey"]
    assert pool.claims(result["AccessToken"])["device_key"] == key
    token = {"REFRESH_TOKEN": result["RefreshToken"]}
    for wrong in ({}, {"DEVICE_KEY": "us-east-1_another"}):
        with pytest.raises(ClientError, match=r"Invalid Refresh Token\.$"):
            refresh(pool, **token, **wrong)
    renewed = refresh(pool, **token, DEVICE_KEY=key)
    assert pool.claims(renewed["AccessToken"])["device_key"] == key
    by_call = {"ClientId": pool.client_id, "RefreshToken": result["RefreshToken"]}
    with refused("NotAuthorizedException"):
        pool.aws.get_tokens_from_refresh_token(**by_call)
    pool.aws.get_tokens_from_refresh_token(**by_call, DeviceKey=key)


def refresh(pool: Emulator, **parameters: str) -> Any:
    return pool.aws.initiate_auth(
        ClientId=pool.client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=parameters
    )["AuthenticationResult"]
