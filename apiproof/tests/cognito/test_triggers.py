import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apiproof.cognito.triggers import load_handlers
from apiproof.errors import UserError
from tests.cognito.behaviours import behaviour, expect, refused, require
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD
from tests.cognito.test_flows import PUBLIC, answer, begin

Event = dict[str, Any]


def answering(**response: Any) -> Callable[[Event, Any], Event]:
    def handler(event: Event, _: Any) -> Event:
        event["response"] |= response
        return event

    return handler


@behaviour("PreSignUp confirms and verifies", "CONFIRMED", "D", vital=True)
def test_pre_sign_up_confirms(bench: Bench) -> None:
    pool = bench.pool()
    pool.attach("PreSignUp", answering(autoConfirmUser=True, autoVerifyEmail=True))
    require(pool.sign_up("ada")["UserConfirmed"], "never fires")
    expect(pool.attributes("ada").get("email_verified"), "true", "not verified")


@behaviour("an exception in PreSignUp refuses it", "UserLambdaValidationException", "D", vital=True)
def test_pre_sign_up_refuses(bench: Bench) -> None:
    def refusing(*_: Any) -> None:
        raise ValueError("only from our own domain")

    pool = bench.pool()
    pool.attach("PreSignUp", refusing)
    with refused("UserLambdaValidationException"):
        pool.sign_up("ada")


@behaviour("a trigger that takes too long fails", "UnexpectedLambdaException", "D")
def test_trigger_times_out(bench: Bench) -> None:
    pool = bench.pool()

    def slow(event: Event, _: Any) -> Event:
        pool.advance(timedelta(seconds=6))
        return event

    pool.attach("PreSignUp", slow)
    with refused("UnexpectedLambdaException"):
        pool.sign_up("ada")


@behaviour("the triggers around sign-up and sign-in fire", "their sources, in order", "D")
def test_triggers_fire_in_order(bench: Bench) -> None:
    pool, sources = bench.pool(), list[str]()

    def recording(event: Event, _: Any) -> Event:
        sources.append(event["triggerSource"])
        return event

    names = ("PostConfirmation", "PreAuthentication", "PostAuthentication", "CustomMessage")
    for name in names:
        pool.attach(name, recording)
    pool.user("ada")
    pool.log_in("ada")
    wanted = [
        "CustomMessage_SignUp",
        "PostConfirmation_ConfirmSignUp",
        "PreAuthentication_Authentication",
        "PostAuthentication_Authentication",
    ]
    expect(sources, wanted, "never fire")


@behaviour("UserMigration brings a user in at sign-in", "tokens", "D")
def test_user_migration(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    migrated = {"email": "ada@example.com", "email_verified": "true"}
    pool.attach("UserMigration", answering(userAttributes=migrated, finalUserStatus="CONFIRMED"))
    done = begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=PASSWORD)
    require("AuthenticationResult" in done, "never fires")
    expect(pool.attributes("ada")["email"], "ada@example.com", "another")


@behaviour("CUSTOM_AUTH goes as the three triggers say", "tokens", "D", vital=True)
def test_custom_auth(bench: Bench) -> None:
    def define(event: Event, _: Any) -> Event:
        session = event["request"]["session"]
        passed = bool(session) and session[-1]["challengeResult"]
        event["response"] |= {
            "issueTokens": passed,
            "failAuthentication": len(session) > 1 and not passed,
            "challengeName": None if passed else "CUSTOM_CHALLENGE",
        }
        return event

    def verify(event: Event, _: Any) -> Event:
        request = event["request"]
        right = request["privateChallengeParameters"]["answer"] == request["challengeAnswer"]
        event["response"]["answerCorrect"] = right
        return event

    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    pool.attach("DefineAuthChallenge", define)
    pool.attach(
        "CreateAuthChallenge",
        answering(
            publicChallengeParameters={"question": "1 + 1"},
            privateChallengeParameters={"answer": "2"},
        ),
    )
    pool.attach("VerifyAuthChallengeResponse", verify)
    asked = begin(pool, "CUSTOM_AUTH", USERNAME="ada")
    expect(asked["ChallengeParameters"].get("question"), "1 + 1", "never fires")
    again = answer(pool, "CUSTOM_CHALLENGE", asked["Session"], USERNAME="ada", ANSWER="3")
    with refused("NotAuthorizedException"):
        answer(pool, "CUSTOM_CHALLENGE", asked["Session"], USERNAME="ada", ANSWER="2")
    done = answer(pool, "CUSTOM_CHALLENGE", again["Session"], USERNAME="ada", ANSWER="2")
    require("AuthenticationResult" in done, "no tokens")


@behaviour("a custom sender sends in Cognito's place", "CustomEmailSender_SignUp", "D")
def test_custom_sender(bench: Bench) -> None:
    pool, sent = bench.pool(), list[Event]()

    def sender(event: Event, _: Any) -> Event:
        sent.append(event)
        return event

    pool.attach("CustomEmailSender", sender)
    pool.sign_up("ada")
    expect([each["triggerSource"] for each in sent], ["CustomEmailSender_SignUp"], "never fires")
    pool.confirm("ada", sent[0]["request"]["code"])


@behaviour("version 1 of Pre Token Generation changes the id token alone", "its claims", "D")
def test_pre_token_generation_v1(bench: Bench) -> None:
    arn = "arn:aws:lambda:us-east-1:123456789012:function:tokens"
    version = {"LambdaArn": arn, "LambdaVersion": "V1_0"}
    pool = bench.pool(pool={"LambdaConfig": {"PreTokenGenerationConfig": version}})
    pool.user("ada")
    added = {"claimsToAddOrOverride": {"tenant": "acme"}}
    pool.attach("PreTokenGeneration", answering(claimsOverrideDetails=added))
    tokens = pool.log_in("ada")
    expect(pool.claims(tokens["IdToken"]).get("tenant"), "acme", "never fires")
    require("tenant" not in pool.claims(tokens["AccessToken"]), "in the access token too")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("PreSignup=json:loads", "name one of PreSignUp"),
        ("PreSignUp=no.such.module:f", "cannot be imported"),
        ("PreSignUp=json:nothing", "write PreSignUp=module:function"),
    ],
)
def test_triggers_of_a_command_line_that_do_not_exist(option: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        load_handlers([option])


def test_triggers_of_a_command_line_are_imported() -> None:
    handlers: dict[str, Any] = dict(load_handlers(["PreSignUp=json:loads"]))
    assert handlers == {"PreSignUp": json.loads}


def test_triggers_are_found_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_triggers.py").write_text(
        "def confirm(event, _):\n    return event\nnumber = 5\n"
    )
    (tmp_path / "broken_triggers.py").write_text("1 / 0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each])
    assert load_handlers(["PreSignUp=own_triggers:confirm"])["PreSignUp"]({"a": 1}, None) == {
        "a": 1
    }
    with pytest.raises(UserError, match="is no function"):
        load_handlers(["PreSignUp=own_triggers:number"])
    with pytest.raises(UserError, match="division by zero"):
        load_handlers(["PreSignUp=broken_triggers:confirm"])
