"""An emulator beside other emulators, beside `mock_aws`, and beside clients made before it."""

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.handlers import BUILTIN_HANDLERS
from moto import mock_aws

from apiproof.cognito import Cognito, PoolSettings, botocore_hook, secret_hash
from tests.cognito.pools import PASSWORD


def _sign_up(cognito: Cognito, aws: Any, username: str = "ada") -> None:
    aws.sign_up(
        ClientId=cognito.client_id,
        Username=username,
        Password=PASSWORD,
        SecretHash=secret_hash(cognito.client_id, cognito.client_secret, username),
        UserAttributes=[{"Name": "email", "Value": f"{username}@example.com"}],
    )


@pytest.fixture
def _alone() -> Iterator[None]:
    """No emulator of another test answers meanwhile."""
    others = tuple(botocore_hook._active)  # noqa: SLF001 - nobody but this test needs to know
    for backend in others:
        botocore_hook.deactivate(backend)
    yield
    for backend in others:
        botocore_hook.activate(backend)


@pytest.fixture
def aws() -> Any:
    """A client as a service would make one, knowing no emulator."""
    with Cognito.start():
        return boto3.client(
            "cognito-idp",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )


def test_calls_find_their_pool(aws: Any) -> None:
    with Cognito.start() as one, Cognito.start() as other:
        _sign_up(one, aws)
        _sign_up(other, aws)
        assert [len(each.outbox.messages) for each in (one, other)] == [1, 1]
        one.create_user("bob", "bob@example.com", PASSWORD)
        token = one.issue_tokens("bob").access_token
        user = aws.get_user(AccessToken=token)
        assert user["Username"] == "bob"


def test_mistaken_region_knows_no_pool() -> None:
    with Cognito.start() as cognito:
        elsewhere = boto3.client(
            "cognito-idp",
            region_name="eu-north-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        with pytest.raises(elsewhere.exceptions.ResourceNotFoundException):
            _sign_up(cognito, elsewhere)


@pytest.mark.usefixtures("_alone")
def test_other_regions_are_empty_again_with_the_next_emulator() -> None:
    for _ in range(2):
        with Cognito.start():
            elsewhere = boto3.client(
                "cognito-idp",
                region_name="eu-north-1",
                aws_access_key_id="x",
                aws_secret_access_key="x",
            )
            assert elsewhere.list_user_pools(MaxResults=9)["UserPools"] == []
            elsewhere.create_user_pool(PoolName="made elsewhere")
            assert len(elsewhere.list_user_pools(MaxResults=9)["UserPools"]) == 1


def test_both_modes_run_side_by_side(aws: Any) -> None:
    with Cognito.start() as inside, Cognito.start(http=True) as outside:
        _sign_up(inside, aws)
        _sign_up(outside, outside.client())
        assert [len(each.outbox.messages) for each in (inside, outside)] == [1, 1]
        with pytest.raises(Exception, match="ResourceNotFound"):
            _sign_up(inside, outside.client(), "bob")


def _journey(cognito: Cognito) -> None:
    """Meet what plain moto would do otherwise, and what it would crash at."""
    aws = cognito.client()
    _sign_up(cognito, aws)
    app = {
        "ClientId": cognito.client_id,
        "Username": "ada",
        "SecretHash": cognito.secret_hash("ada"),
    }
    with pytest.raises(aws.exceptions.CodeMismatchException):
        aws.confirm_sign_up(**app, ConfirmationCode="000000")
    aws.resend_confirmation_code(**app)
    sts = boto3.client("sts", region_name="us-east-1")
    assert sts.get_caller_identity()["Account"] == "123456789012"


@pytest.mark.usefixtures("_alone")
def test_mock_aws_around_a_stand_in_stays_out_of_the_way() -> None:
    with mock_aws(), Cognito.start() as cognito:
        _journey(cognito)


@pytest.mark.usefixtures("_alone")
def test_mock_aws_within_a_stand_in_stays_out_of_the_way() -> None:
    with Cognito.start() as cognito:
        with mock_aws():
            _journey(cognito)
        users = cognito.client().list_users(UserPoolId=cognito.user_pool_id)["Users"]
        assert [user["Username"] for user in users] == ["ada"]


@pytest.mark.usefixtures("_alone")
def test_plain_moto_is_itself_again_after_the_stop() -> None:
    Cognito.start().stop()
    with mock_aws():
        aws = boto3.client("cognito-idp", region_name="us-east-1")
        aws.create_user_pool(PoolName="moto's")
        assert aws.list_user_pools(MaxResults=9)["UserPools"][0]["Name"] == "moto's"


@pytest.mark.usefixtures("_alone")
def test_http_mode_leaves_botocore_alone() -> None:
    with Cognito.start(http=True), mock_aws():
        aws = boto3.client("cognito-idp", region_name="us-east-1")
        assert aws.list_user_pools(MaxResults=9)["UserPools"] == []


def test_client_made_too_early_can_be_attached(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_ours = [each for each in BUILTIN_HANDLERS if each[1] is not botocore_hook.answer]
    monkeypatch.setattr("botocore.handlers.BUILTIN_HANDLERS", without_ours)
    early = boto3.Session().client(
        "cognito-idp", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    monkeypatch.undo()
    with Cognito.start() as cognito:
        cognito.attach(early)
        _sign_up(cognito, early)
        assert len(cognito.outbox.messages) == 1


def test_client_attached_twice_calls_once(aws: Any) -> None:
    with Cognito.start() as cognito:
        cognito.attach(aws)
        _sign_up(cognito, aws)
        aws.resend_confirmation_code(
            ClientId=cognito.client_id, Username="ada", SecretHash=cognito.secret_hash("ada")
        )
        assert len(cognito.outbox.messages) == 2


def test_stand_ins_share_no_key() -> None:
    with Cognito.start() as one, Cognito.start(PoolSettings(region="eu-west-1")) as other:
        assert one.issuer != other.issuer
        moduli = [{key["n"] for key in each.keys.jwks()["keys"]} for each in (one, other)]
        assert moduli[0].isdisjoint(moduli[1])


@pytest.mark.usefixtures("_alone")
def test_no_credentials_are_needed_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with Cognito.start() as cognito:
        aws = boto3.Session().client("cognito-idp", region_name=cognito.region)
        assert aws.list_users(UserPoolId=cognito.user_pool_id)["Users"] == []


@pytest.mark.usefixtures("_alone")
def test_stopped_stand_in_leaves_no_credentials_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    with Cognito.start():
        pass
    assert "AWS_ACCESS_KEY_ID" not in os.environ
