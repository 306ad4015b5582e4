"""What an emulator offers beside the AWS API."""

import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito, CognitoError, NothingSent, PoolSettings, Purpose
from tests.cognito.bench import Emulator
from tests.cognito.pools import PASSWORD

ADMIN_SCOPE = "aws.cognito.signin.user.admin"


@pytest.fixture
def ada(pool: Emulator) -> str:
    return pool.cognito.create_user("ada", "ada@example.com", PASSWORD, groups=["readers"])


def test_created_user_logs_in(pool: Emulator, ada: str) -> None:
    claims = pool.verified(pool.log_in("ada")["IdToken"])
    assert (claims["sub"], claims["email_verified"]) == (ada, True)
    assert claims["cognito:groups"] == ["readers"]


def test_user_created_unconfirmed_has_a_code(pool: Emulator) -> None:
    pool.cognito.create_user("ada", "ada@example.com", PASSWORD, confirmed=False)
    pool.confirm("ada", pool.cognito.outbox.last("ada", Purpose.SIGN_UP).code)
    pool.log_in("ada")


@pytest.mark.parametrize(
    ("username", "email", "password", "code"),
    [
        ("ada", "new@example.com", PASSWORD, "UsernameExistsException"),
        ("bob", "not-an-email", PASSWORD, "InvalidParameterException"),
        ("bob", "bob@example.com", "weak", "InvalidPasswordException"),
    ],
)
@pytest.mark.usefixtures("ada")
def test_created_users_obey_the_rules_of_sign_up(
    pool: Emulator, username: str, email: str, password: str, code: str
) -> None:
    with pytest.raises(CognitoError) as refusal:
        pool.cognito.create_user(username, email, password)
    assert refusal.value.code == code
    assert password not in str(refusal.value)


@pytest.mark.usefixtures("ada")
def test_minted_tokens_are_those_of_a_login(pool: Emulator) -> None:
    tokens = pool.cognito.issue_tokens("ada")
    minted, logged_in = (
        pool.verified(token) for token in (tokens.access_token, pool.log_in("ada")["AccessToken"])
    )
    assert set(minted) == set(logged_in)
    assert tokens.expires_in == 3600
    assert pool.aws.get_user(AccessToken=tokens.access_token)["Username"] == "ada"
    pool.refresh(tokens.refresh_token, "ada")


@pytest.mark.usefixtures("ada")
def test_minted_scopes_are_exactly_those_asked_for(pool: Emulator) -> None:
    def adding(event: dict[str, Any], _: Any) -> dict[str, Any]:
        event["response"]["claimsAndScopeOverrideDetails"] = {
            "accessTokenGeneration": {"scopesToAdd": ["from/trigger"]}
        }
        return event

    pool.trigger(adding)
    scopes = {
        wanted: pool.claims(pool.cognito.issue_tokens("ada", wanted).access_token)["scope"].split()
        for wanted in (None, (), ("a/b", "a/c"))
    }
    assert scopes == {
        None: [ADMIN_SCOPE, "from/trigger"],
        (): [ADMIN_SCOPE],
        ("a/b", "a/c"): [ADMIN_SCOPE, "a/b", "a/c"],
    }


@pytest.mark.usefixtures("ada")
def test_minted_claims_can_be_overridden_and_left_out(pool: Emulator) -> None:
    tokens = pool.cognito.issue_tokens("ada", exp=1, username=None, tenant="acme")
    access, identity = pool.claims(tokens.access_token), pool.claims(tokens.id_token)
    assert (access["exp"], access["tenant"], "username" in access) == (1, "acme", False)
    assert (identity["exp"], "tenant" in identity) == (1, False)


def test_nobody_is_minted_tokens_for(pool: Emulator) -> None:
    with pytest.raises(CognitoError) as refusal:
        pool.cognito.issue_tokens("nobody")
    assert refusal.value.code == "UserNotFoundException"


@pytest.mark.usefixtures("ada")
def test_tokens_do_not_print_themselves(pool: Emulator) -> None:
    tokens = pool.cognito.issue_tokens("ada")
    assert tokens.access_token not in repr(tokens)


def test_sub_of_another_pool_is_another(pool: Emulator, ada: str) -> None:
    with Cognito.start(PoolSettings(name="other")) as other:
        assert other.create_user("ada", "ada@example.com", PASSWORD) != ada
        forged = other.issue_tokens("ada").access_token
    with pytest.raises(ClientError):
        pool.aws.get_user(AccessToken=forged)


@pytest.mark.usefixtures("ada")
def test_reset_leaves_pool_client_keys_and_trigger(pool: Emulator) -> None:
    cognito = pool.cognito
    before = (cognito.user_pool_id, cognito.client_id, cognito.client_secret, cognito.jwks_url)
    kids = [key["kid"] for key in pool.jwks()["keys"]]
    handler = cognito.trigger = lambda event, _: event
    tokens = pool.log_in("ada")
    cognito.clock.advance(timedelta(days=1))
    cognito.outages.fail("SignUp", "TooManyRequestsException")

    cognito.reset()

    after = (cognito.user_pool_id, cognito.client_id, cognito.client_secret, cognito.jwks_url)
    assert after == before
    assert [key["kid"] for key in pool.jwks()["keys"]] == kids
    assert cognito.trigger is handler
    assert cognito.outbox.messages == ()
    assert cognito.outages.planned == ()
    assert abs(cognito.clock.now() - datetime.now(UTC)) < timedelta(seconds=5)
    assert pool.aws.list_users(UserPoolId=pool.id)["Users"] == []
    assert pool.aws.list_groups(UserPoolId=pool.id)["Groups"] == []
    with pytest.raises(pool.aws.exceptions.NotAuthorizedException):
        pool.aws.get_user(AccessToken=tokens["AccessToken"])
    pool.user("ada")


def test_codes_are_the_same_in_every_run(pool: Emulator) -> None:
    codes = []
    for _ in range(2):
        pool.cognito.reset()
        for name in ("ada", "bob"):
            pool.sign_up(name)
        codes.append([message.code for message in pool.cognito.outbox.messages])
    assert codes[0] == codes[1]
    assert len(set(codes[0])) == 2


@pytest.mark.usefixtures("ada")
def test_rotation_unpublishes_the_old_keys(pool: Emulator) -> None:
    before = pool.log_in("ada")["AccessToken"]
    pool.cognito.keys.rotate()
    after = pool.log_in("ada")["AccessToken"]
    kids = {key["kid"] for key in pool.jwks()["keys"]}
    assert jwt.get_unverified_header(before)["kid"] not in kids
    assert jwt.get_unverified_header(after)["kid"] in kids
    pool.verified(after)


def test_pools_made_over_the_api_are_faithful_too(pool: Emulator) -> None:
    made = pool.aws.create_user_pool(PoolName="made", AutoVerifiedAttributes=["email"])
    pool_id = made["UserPool"]["Id"]
    client = pool.aws.create_user_pool_client(UserPoolId=pool_id, ClientName="made")
    client_id = client["UserPoolClient"]["ClientId"]
    pool.aws.sign_up(
        ClientId=client_id,
        Username="eve",
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": "eve@example.com"}],
    )
    with pytest.raises(pool.aws.exceptions.CodeMismatchException):
        pool.aws.confirm_sign_up(ClientId=client_id, Username="eve", ConfirmationCode="000000")
    assert {key["kid"] for key in pool.jwks(pool_id)["keys"]}.isdisjoint(
        key["kid"] for key in pool.jwks()["keys"]
    )
    assert pool.id in {each["Id"] for each in pool.aws.list_user_pools(MaxResults=60)["UserPools"]}
    pool.aws.delete_user_pool(UserPoolId=pool_id)
    with pytest.raises(LookupError, match="404"):
        pool.jwks(pool_id)


def test_jwks_has_a_real_address(pool: Emulator) -> None:
    assert pool.cognito.jwks_url.startswith("http://127.0.0.1:")
    with urllib.request.urlopen(pool.cognito.jwks_url, timeout=2) as answer:  # noqa: S310
        assert answer.headers["Content-Type"] == "application/json"


def test_outbox_says_what_it_holds_but_no_code(pool: Emulator) -> None:
    pool.sign_up("ada")
    outbox = pool.cognito.outbox
    with pytest.raises(NothingSent, match="sign-up to 'ada'") as missing:
        outbox.last("bob")
    assert outbox.last("ada").code not in str(missing.value)
    with pytest.raises(NothingSent):
        outbox.last("ada", Purpose.PASSWORD_RESET)


def test_outbox_tells_listeners(pool: Emulator) -> None:
    heard: list[str] = []
    pool.cognito.outbox.listen(lambda message: heard.append(message.destination))
    pool.sign_up("ada")
    assert heard == ["ada@example.com"]


def test_clock_needs_an_instant(pool: Emulator) -> None:
    with pytest.raises(ValueError, match="tzinfo"):
        pool.cognito.clock.move_to(datetime(2030, 1, 1))  # noqa: DTZ001 - that is the point


def test_tokens_carry_the_moved_time(pool: Emulator) -> None:
    pool.cognito.create_user("ada", "ada@example.com", PASSWORD)
    pool.cognito.clock.move_to(datetime(2020, 1, 1, tzinfo=UTC))
    claims = pool.claims(pool.cognito.issue_tokens("ada").access_token)
    assert datetime.fromtimestamp(claims["iat"], UTC).year == 2020
    assert claims["auth_time"] == claims["iat"] == claims["exp"] - 3600


def test_operation_that_is_missing_says_so(pool: Emulator) -> None:
    with pytest.raises(ClientError, match="does not do ListUserPoolReplicas") as refusal:
        pool.aws.list_user_pool_replicas(UserPoolId=pool.id)
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_nothing_answers_after_the_stop() -> None:
    with Cognito.start(http=True) as cognito:
        aws = cognito.client()
        aws.list_user_pools(MaxResults=1)  # keeps its connection open
        url = cognito.jwks_url
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(url, timeout=2)  # noqa: S310 - loopback
    with pytest.raises(Exception, match="Could not connect"):
        aws.list_user_pools(MaxResults=1)
