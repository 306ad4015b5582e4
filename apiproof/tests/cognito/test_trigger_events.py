"""Which members the events of triggers have, as recorded on AWS.

Recorded in snapshots that LocalStack's tests made on AWS and published with localstack-ext 3.8.1
(2023 and 2024), where no test names another source.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito, PoolSettings
from tests.cognito.bench import Emulator
from tests.cognito.made_pools import OPEN
from tests.cognito.pools import PASSWORD, Handler
from tests.cognito.test_flows import answer

Event = dict[str, Any]
CUSTOM = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")


@pytest.fixture(scope="module")
def cognito() -> Iterator[Cognito]:
    with Cognito.start(PoolSettings(client=OPEN, prevent_user_existence_errors=False)) as cognito:
        yield cognito


@pytest.fixture
def pool(cognito: Cognito) -> Emulator:
    emulator = Emulator(cognito)
    emulator.reset()
    return emulator


def recording(pool: Emulator, **handlers: Handler) -> dict[str, Event]:
    """Attach triggers; gives the newest event of each, as it came."""
    seen: dict[str, Event] = {}

    def attach(name: str, handler: Handler) -> None:
        def recorded(event: Event, context: Any) -> Event:
            seen[name] = json.loads(json.dumps(event))
            answered: Event = handler(event, context)
            return answered

        pool.attach(name, recorded)

    for name, handler in handlers.items():
        attach(name, handler)
    return seen


def as_is(event: Event, _: Any) -> Event:
    return event


def defining(event: Event, _: Any) -> Event:
    answered = [each["challengeName"] for each in event["request"]["session"]]
    event["response"] |= {"issueTokens": "CUSTOM_CHALLENGE" in answered}
    if "CUSTOM_CHALLENGE" not in answered:
        event["response"]["challengeName"] = "CUSTOM_CHALLENGE"
    return event


def verifying(event: Event, _: Any) -> Event:
    event["response"]["answerCorrect"] = True
    return event


def begin(pool: Emulator, **more: Any) -> Any:
    return pool.aws.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="CUSTOM_AUTH",
        AuthParameters={"USERNAME": "ada"},
        **more,
    )


def test_custom_challenges(pool: Emulator) -> None:
    pool.user("ada")
    seen = recording(pool, **dict(zip(CUSTOM, (defining, as_is, verifying), strict=True)))
    answer(pool, "CUSTOM_CHALLENGE", begin(pool)["Session"], USERNAME="ada", ANSWER="x")
    shared = {"userAttributes"}
    assert {name: set(event["request"]) for name, event in seen.items()} == {
        "DefineAuthChallenge": shared | {"session"},
        "CreateAuthChallenge": shared | {"session", "challengeName"},
        "VerifyAuthChallengeResponse": shared | {"privateChallengeParameters", "challengeAnswer"},
    }


def test_only_the_first_challenge_tells_the_name(pool: Emulator) -> None:
    def twice(event: Event, _: Any) -> Event:
        event["response"] |= {"issueTokens": False, "challengeName": "CUSTOM_CHALLENGE"}
        return event

    pool.user("ada")
    recording(pool, **dict(zip(CUSTOM, (twice, as_is, verifying), strict=True)))
    first = begin(pool)
    assert first["ChallengeParameters"] == {"USERNAME": "ada"}
    second = answer(pool, "CUSTOM_CHALLENGE", first["Session"], USERNAME="ada", ANSWER="x")
    assert second["ChallengeParameters"] == {}


def test_sign_up(pool: Emulator) -> None:
    names = ("PreSignUp", "PostConfirmation", "CustomMessage")
    seen = recording(pool, **dict.fromkeys(names, as_is))
    pool.sign_up("ada")
    pool.aws.confirm_sign_up(**pool.app("ada"), ConfirmationCode=pool.code("ada"))
    requests = {name: event["request"] for name, event in seen.items()}
    assert requests["PreSignUp"]["validationData"] is None
    for request in requests.values():
        assert "clientMetadata" not in request
    assert set(requests["PostConfirmation"]) == {"userAttributes"}


def test_custom_sender_is_told_of_no_metadata(pool: Emulator) -> None:
    seen = recording(pool, CustomEmailSender=as_is)
    pool.sign_up("ada")
    event = seen["CustomEmailSender"]
    assert event["request"]["clientMetadata"] is None
    assert event["request"]["userAttributes"]["email_verified"] == "false"


def test_sign_in(pool: Emulator) -> None:
    pool.user("ada")
    seen = recording(pool, PreAuthentication=as_is, PostAuthentication=as_is)
    pool.log_in("ada")
    assert set(seen["PreAuthentication"]["request"]) == {"userAttributes", "validationData"}
    assert set(seen["PostAuthentication"]["request"]) == {"userAttributes", "newDeviceUsed"}


def test_whether_the_user_is_there_is_told_where_that_is_hidden() -> None:
    """Developer guide, "Pre authentication Lambda trigger", `userNotFound`."""
    with Cognito.start(PoolSettings(client=OPEN)) as cognito:
        pool = Emulator(cognito)
        pool.user("ada")
        names = ("PreAuthentication", "DefineAuthChallenge")
        seen = recording(pool, PreAuthentication=as_is, DefineAuthChallenge=defining)
        pool.attach("CreateAuthChallenge", as_is)
        begin(pool)
        assert [seen[name]["request"]["userNotFound"] for name in names] == [False, False]


# Migration


def migrating(**attributes: str) -> Handler:
    def migrate(event: Event, _: Any) -> Event:
        event["response"] |= {"userAttributes": attributes, "finalUserStatus": "CONFIRMED"}
        return event

    return migrate


def test_migration(pool: Emulator) -> None:
    seen = recording(pool, UserMigration=migrating(email="a@example.com", email_verified="true"))
    pool.log_in("ada")
    event = seen["UserMigration"]
    assert event["request"] == {
        "password": PASSWORD,
        "validationData": None,
        "userAttributes": None,
    }
    assert set(event["response"]) == {
        "userAttributes",
        "forceAliasCreation",
        "enableSMSMFA",
        "finalUserStatus",
        "messageAction",
        "desiredDeliveryMediums",
    }


def test_migrated_users_may_have_another_name_than_the_alias_typed_in() -> None:
    settings = PoolSettings(client=OPEN, alias_attributes=("email", "preferred_username"))
    with Cognito.start(settings) as cognito:
        pool = Emulator(cognito)
        for typed in ("ada@example.com", "the-first"):
            pool.reset()
            address = {"email": "ada@example.com", "email_verified": "true"}
            handler = migrating(username="ada", preferred_username="the-first", **address)
            pool.attach("UserMigration", handler)
            token = pool.log_in(typed)["AccessToken"]
            assert pool.verified(token)["username"] == "ada"


def test_migrated_user_is_the_one_who_signs_in(pool: Emulator) -> None:
    pool.attach("UserMigration", migrating(username="bob", email="ada@example.com"))
    with pytest.raises(ClientError) as error:
        pool.log_in("ada@example.com")
    assert error.value.response["Error"] == {
        "Code": "UserNotFoundException",
        "Message": f"Exception migrating user in app client {pool.client_id}: Invalid username or "
        "missing email / phone_number / preferred_username attributes",
    }
    assert not pool.aws.list_users(UserPoolId=pool.id)["Users"]
