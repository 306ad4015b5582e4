from datetime import timedelta

from tests.cognito.behaviours import behaviour, expect, refused, require, require_refusal
from tests.cognito.bench import Bench
from tests.cognito.pools import Pool


def _token(pool: Pool, username: str = "ada") -> str:
    pool.user(username)
    return str(pool.log_in(username)["AccessToken"])


def _update(pool: Pool, token: str, **attributes: str) -> None:
    pool.aws.update_user_attributes(
        AccessToken=token,
        UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
    )


@behaviour("GetUser tells username and attributes", "attributes", "M", vital=True)
def test_get_user_tells_who_i_am(bench: Bench) -> None:
    pool = bench.pool()
    user = pool.aws.get_user(AccessToken=_token(pool))
    attributes = {each["Name"]: each["Value"] for each in user["UserAttributes"]}
    expect(user["Username"], "ada", "another username")
    expect(attributes["email"], "ada@example.com", "another email")
    expect(attributes["email_verified"], "true", "not verified")


@behaviour("an expired access token is refused", "NotAuthorizedException", "I", vital=True)
def test_expired_access_token_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    pool.advance(timedelta(hours=1, seconds=1))
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=token)


@behaviour("an id token is no access token", "NotAuthorizedException", "I")
def test_id_token_is_no_access_token(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=pool.log_in("ada")["IdToken"])


@behaviour("an unknown access token is refused", "NotAuthorizedException", "I", vital=True)
def test_unknown_access_token_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken="e30.e30.e30")


@behaviour("a disabled user's access token is refused", "NotAuthorizedException", "R")
def test_disabled_users_token_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    pool.aws.admin_disable_user(UserPoolId=pool.id, Username="ada")
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=token)


@behaviour(
    "a client cannot change email_verified or sub",
    "NotAuthorizedException",
    "I",
    vital=True,
)
def test_forbidden_attributes_cannot_be_changed(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    for name, value in {"email_verified": "true", "sub": "1"}.items():
        with refused("NotAuthorizedException"):
            _update(pool, token, **{name: value})


@behaviour("a client cannot change an unknown attribute", "InvalidParameterException", "I")
def test_unknown_attributes_cannot_be_changed(bench: Bench) -> None:
    """amplify-flutter#1531."""
    pool = bench.pool()
    token = _token(pool)
    text = require_refusal(
        "InvalidParameterException",
        lambda: _update(pool, token, **{"custom:one": "x", "custom:two": "x"}),
    )
    told = "user.custom:{}: Attribute does not exist in the schema.\n"
    expect(text, told.format("one") + told.format("two"), "another text")


@behaviour(
    "a changed email is unverified and gets a code", "email_verified is false", "D", vital=True
)
def test_changed_email_is_unverified(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    _update(pool, token, email="new@example.com")
    expect(pool.attributes("ada").get("email_verified"), "false", "still verified")
    pool.aws.verify_user_attribute(
        AccessToken=token, AttributeName="email", Code=pool.code("ada", "attribute")
    )
    expect(pool.attributes("ada").get("email_verified"), "true", "not verified")


@behaviour("an update to the same email changes nothing", "email_verified is true", "R")
def test_same_email_stays_verified(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    _update(pool, token, email="ada@example.com")
    expect(pool.attributes("ada")["email_verified"], "true", "unverified")


@behaviour("a malformed email is refused at an update", "InvalidParameterException", "R")
def test_malformed_email_is_refused_at_an_update(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    with refused("InvalidParameterException"):
        _update(pool, token, email="not-an-email")


@behaviour("a wrong attribute code is refused", "CodeMismatchException", "M", vital=True)
def test_wrong_attribute_code_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    _update(pool, token, email="new@example.com")
    with refused("CodeMismatchException"):
        pool.aws.verify_user_attribute(AccessToken=token, AttributeName="email", Code="000000")


@behaviour("an attribute code expires after 24 hours", "ExpiredCodeException", "D")
def test_attribute_code_expires(bench: Bench) -> None:
    pool = bench.pool(access_token_validity=timedelta(days=1))
    token = _token(pool)
    pool.advance(timedelta(hours=-1))
    _update(pool, token, email="new@example.com")
    pool.advance(timedelta(hours=24, seconds=1))
    with refused("ExpiredCodeException"):
        pool.aws.verify_user_attribute(
            AccessToken=token, AttributeName="email", Code=pool.code("ada", "attribute")
        )


@behaviour("a code for an attribute can be asked for", "CodeDeliveryDetails", "M")
def test_attribute_code_can_be_asked_for(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    pool.set("ada", email_verified="false")
    answer = pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
    expect(answer["CodeDeliveryDetails"]["Destination"], "a***@e***", "another mask")
    pool.aws.verify_user_attribute(
        AccessToken=token, AttributeName="email", Code=pool.code("ada", "attribute")
    )
    expect(pool.attributes("ada")["email_verified"], "true", "not verified")


@behaviour("users delete their attributes", "gone", "M")
def test_users_delete_their_attributes(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    _update(pool, token, given_name="Ada")
    pool.aws.delete_user_attributes(AccessToken=token, UserAttributeNames=["given_name"])
    require("given_name" not in pool.attributes("ada"), "still there")


@behaviour("users delete themselves", "UserNotFoundException afterwards", "M", vital=True)
def test_users_delete_themselves(bench: Bench) -> None:
    pool = bench.pool()
    token = _token(pool)
    pool.aws.delete_user(AccessToken=token)
    with refused("UserNotFoundException"):
        pool.status("ada")
    with refused("UserNotFoundException"):
        pool.aws.get_user(AccessToken=token)


@behaviour("a deleted user's name is free again", "another sub", "D")
def test_name_of_a_deleted_user_is_free(bench: Bench) -> None:
    pool = bench.pool()
    before = pool.user("ada")
    tokens = pool.log_in("ada")
    pool.aws.admin_delete_user(UserPoolId=pool.id, Username="ada")
    require(pool.user("ada") != before, "the same sub")
    with refused("NotAuthorizedException"):
        pool.refresh(tokens["RefreshToken"], "ada")
