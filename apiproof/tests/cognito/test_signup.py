from datetime import timedelta
from typing import Any

import pytest

from tests.cognito.behaviours import behaviour, expect, refused, require, require_refusal
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD


@behaviour(
    "sign-up leaves the user unconfirmed and sends a code by email, masked in the answer",
    "CodeDeliveryDetails by AutoVerifiedAttributes",
    "D",
)
def test_sign_up_sends_a_masked_code(bench: Bench) -> None:
    pool = bench.pool()
    answer = pool.sign_up("ada")
    require(not answer["UserConfirmed"], "confirmed at once")
    details = answer["CodeDeliveryDetails"]
    expect(details["DeliveryMedium"], "EMAIL", f"by {details['DeliveryMedium']}")
    expect(details["Destination"], "a***@e***", "another mask")
    expect(pool.status("ada"), "UNCONFIRMED", "another status")


@behaviour(
    "the code goes to what AutoVerifiedAttributes says, whatever the account recovery",
    "EMAIL",
    "D",
    vital=True,
)
def test_code_goes_where_the_pool_verifies(bench: Bench) -> None:
    pool = bench.pool(recovery=())
    details = pool.sign_up("ada")["CodeDeliveryDetails"]
    expect(details["DeliveryMedium"], "EMAIL", f"by {details['DeliveryMedium']}")


@behaviour("a phone number is verified by SMS", "SMS, phone_number_verified", "D")
def test_phone_number_is_verified_by_sms(bench: Bench) -> None:
    pool = bench.pool(auto_verified=("phone_number",), recovery=())
    details = pool.sign_up("ada", phone_number="+4930123456")["CodeDeliveryDetails"]
    expect(details["DeliveryMedium"], "SMS", f"by {details['DeliveryMedium']}")
    expect(details["Destination"], "+*******3456", "another mask")
    pool.confirm("ada")
    expect(pool.attributes("ada").get("phone_number_verified"), "true", "never set")


@behaviour("a pool that verifies nothing sends no code", "no CodeDeliveryDetails", "D")
def test_pool_that_verifies_nothing_sends_no_code(bench: Bench) -> None:
    pool = bench.pool(auto_verified=())
    require("CodeDeliveryDetails" not in pool.sign_up("ada"), "sent")


@behaviour("a wrong sign-up code is refused", "CodeMismatchException", "M, I", vital=True)
def test_wrong_code_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    with refused("CodeMismatchException"):
        pool.confirm("ada", "000000")
    expect(pool.status("ada"), "UNCONFIRMED", "confirmed anyway")


@behaviour("a sign-up code expires after 24 hours", "ExpiredCodeException", "D, I", vital=True)
def test_sign_up_code_expires(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    code = pool.code("ada")
    pool.advance(timedelta(hours=24, seconds=1))
    with refused("ExpiredCodeException"):
        pool.confirm("ada", code)


@behaviour("a sign-up code is good for 24 hours", "confirmed", "D")
def test_sign_up_code_lives_a_day(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    pool.advance(timedelta(hours=23, minutes=59))
    pool.confirm("ada")
    expect(pool.status("ada"), "CONFIRMED", "not confirmed")


@behaviour("a confirmed user cannot confirm again", "NotAuthorizedException", "I", vital=True)
def test_second_confirmation_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    code = pool.code("ada")
    pool.confirm("ada", code)
    with refused("NotAuthorizedException"):
        pool.confirm("ada", code)


@behaviour("confirmation verifies the email", "email_verified is true", "D", vital=True)
def test_confirmation_verifies_the_email(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    expect(pool.attributes("ada").get("email_verified", "false"), "false", "verified too early")
    pool.confirm("ada")
    expect(pool.attributes("ada").get("email_verified"), "true", "never set")


@behaviour("a code can be sent again", "CodeDeliveryDetails", "M", vital=True)
def test_code_is_sent_again(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    answer = pool.aws.resend_confirmation_code(**pool.app("ada"))
    expect(answer["CodeDeliveryDetails"]["Destination"], "a***@e***", "another mask")
    pool.confirm("ada")


@behaviour("a code sent again replaces the one before", "CodeMismatchException", "I")
def test_resent_code_replaces_the_old_one(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    old = pool.code("ada")
    pool.aws.resend_confirmation_code(**pool.app("ada"))
    with refused("CodeMismatchException"):
        pool.confirm("ada", old)


@behaviour("a confirmed user gets no further code", "InvalidParameterException", "I", vital=True)
def test_confirmed_user_gets_no_code(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("InvalidParameterException"):
        pool.aws.resend_confirmation_code(**pool.app("ada"))


@behaviour("AllowAdminCreateUserOnly closes sign-up", "NotAuthorizedException", "I")
def test_closed_pool_refuses_sign_up(bench: Bench) -> None:
    pool = bench.pool(admin_create_user_only=True)
    with refused("NotAuthorizedException"):
        pool.sign_up("ada")


@behaviour("an unknown app client is refused", "ResourceNotFoundException", "R")
def test_unknown_client_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("ResourceNotFoundException"):
        pool.aws.sign_up(ClientId="nobody", Username="ada", Password=PASSWORD)


FORBIDDEN = {"email_verified": "true", "sub": "1"}


@behaviour(
    "a client cannot write email_verified or sub at sign-up",
    "NotAuthorizedException",
    "I",
    vital=True,
)
def test_forbidden_attributes_are_refused_at_sign_up(bench: Bench) -> None:
    pool = bench.pool()
    for name, value in FORBIDDEN.items():
        with refused("NotAuthorizedException"):
            pool.sign_up("ada", **{name: value})


@behaviour(
    "an unknown attribute is refused at sign-up, in other words where WriteAttributes are given",
    "InvalidParameterException; NotAuthorizedException",
    "I",
)
def test_unknown_attribute_at_sign_up(bench: Bench) -> None:
    """amplify-js#2167; amplify-js#536."""
    pool = bench.pool()
    text = require_refusal("InvalidParameterException", lambda: pool.sign_up("ada", unknown="x"))
    told = "unknown: Attribute does not exist in the schema.\n"
    expect(text, f"Attributes did not conform to the schema: {told}", "another text")
    pool = bench.pool(client={"WriteAttributes": ["email"]})
    with refused("NotAuthorizedException"):
        pool.sign_up("ada", **{"custom:unknown": "x"})


@behaviour(
    "an unknown custom attribute is told in today's words; reports until 2021 have those of others",
    "Type for attribute {custom:...",
    "I",
)
def test_unknown_custom_attribute_at_sign_up(bench: Bench) -> None:
    """Applications of 2023 to 2026 have these words, amplify-flutter#509 of 2021 the older ones."""
    pool = bench.pool()
    text = require_refusal(
        "InvalidParameterException", lambda: pool.sign_up("ada", **{"custom:unknown": "x"})
    )
    told = "Type for attribute {custom:unknown} could not be determined"
    expect(text, f"Attributes did not conform to the schema: {told}", "another text")


@behaviour(
    "what is missing is told by the names of today; reports until 2021 have the attributes' own",
    "name.formatted: The attribute...",
    "I",
)
def test_missing_attributes_at_sign_up(bench: Bench) -> None:
    """Applications of 2023 to 2026 match on these words; decision 222."""
    required = {"AttributeDataType": "String", "Required": True, "Mutable": True}
    names = ("phone_number", "name", "birthdate")
    pool = bench.pool(pool={"Schema": [required | {"Name": name} for name in names]})
    text = require_refusal("InvalidParameterException", lambda: pool.sign_up("ada"))
    told = ", ".join(
        f"{name}: The attribute {name} is required"
        for name in ("phoneNumbers", "name.formatted", "birthdate")
    )
    expect(text, f"Attributes did not conform to the schema: {told}", "another text")


@behaviour(
    "a malformed email is refused and leaves no user", "InvalidParameterException", "R", vital=True
)
def test_malformed_email_leaves_no_user(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.sign_up("ada", email="not-an-email")
    with refused("UserNotFoundException"):
        pool.status("ada")


@behaviour("a refused password leaves no user", "UserNotFoundException afterwards", "D")
def test_refused_password_leaves_no_user(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidPasswordException"):
        pool.sign_up("ada", "short")
    with refused("UserNotFoundException"):
        pool.status("ada")


@behaviour("sign-up, verification and login: the whole journey", "tokens", "D", vital=True)
def test_journey(bench: Bench) -> None:
    pool = bench.pool()
    sub = pool.sign_up("ada")["UserSub"]
    with refused("UserNotConfirmedException"):
        pool.log_in("ada")
    pool.confirm("ada")
    tokens: dict[str, Any] = pool.log_in("ada")
    claims = pool.verified(tokens["IdToken"])
    expect(claims["sub"], sub, "another sub")
    expect(claims.get("email"), "ada@example.com", "no email in the id token")
    require(claims.get("email_verified") is True, "email not verified in the id token")


@pytest.mark.parametrize(
    "operation", ["sign_up", "confirm_sign_up", "resend_confirmation_code", "forgot_password"]
)
def test_secret_hash_of_another_name_is_refused(bench: Bench, operation: str) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    extra = {"Password": PASSWORD} if operation == "sign_up" else {}
    extra |= {"ConfirmationCode": "123456"} if operation == "confirm_sign_up" else {}
    with refused("NotAuthorizedException"):
        getattr(pool.aws, operation)(**pool.app("ada") | {"SecretHash": pool.hash("bob")}, **extra)
