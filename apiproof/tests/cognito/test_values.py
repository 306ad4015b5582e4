from tests.cognito.behaviours import behaviour, expect, refused, require, require_refusal
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD


@behaviour("a sign-in email cannot be given to a second user", "AliasExistsException", "M, I")
def test_sign_in_email_is_unique(bench: Bench) -> None:
    pool = bench.pool(client_secret=False, username_attributes=("email",))
    for name in ("a@example.com", "b@example.com"):
        pool.aws.admin_create_user(UserPoolId=pool.id, Username=name, MessageAction="SUPPRESS")
    with refused("AliasExistsException"):
        pool.set("b@example.com", email="a@example.com")


@behaviour("a verified alias cannot be given to a second user", "AliasExistsException", "M, I")
def test_alias_is_unique(bench: Bench) -> None:
    pool = bench.pool(alias_attributes=("email",))
    pool.user("ada")
    pool.user("bob")
    with refused("AliasExistsException"):
        pool.set("bob", email="ada@example.com", email_verified="true")


@behaviour("a taken sign-in email is told by its text", "An account with the given email...", "I")
def test_text_of_a_taken_email(bench: Bench) -> None:
    pool = bench.pool(client_secret=False, username_attributes=("email",))
    for _ in range(2):
        try:
            pool.aws.sign_up(ClientId=pool.client_id, Username="a@example.com", Password=PASSWORD)
        except pool.aws.exceptions.UsernameExistsException as error:
            text = error.response["Error"]["Message"]
            expect(text, "An account with the given email already exists.", "another text")
            return
    raise AssertionError("accepted")


@behaviour("a taken alias is told by its text", "An account with the email already...", "I")
def test_text_of_a_taken_alias(bench: Bench) -> None:
    """Applications match on it, with an alias by phone as well; decision 222."""
    pool = bench.pool(alias_attributes=("email",))
    pool.user("ada")
    pool.user("bob")
    taken = {"email": "ada@example.com", "email_verified": "true"}
    text = require_refusal("AliasExistsException", lambda: pool.set("bob", **taken))
    expect(text, "An account with the email already exists.", "another text")


@behaviour("where emails are aliases, no username looks like one", "InvalidParameterException", "I")
def test_username_is_no_alias(bench: Bench) -> None:
    pool = bench.pool(alias_attributes=("email",))
    with refused("InvalidParameterException"):
        pool.sign_up("ada@example.com", email="ada@example.com")


@behaviour("only who is there is invited again", "UserNotFoundException", "M")
def test_resend_for_nobody(bench: Bench) -> None:
    pool = bench.pool()
    with refused("UserNotFoundException"):
        pool.aws.admin_create_user(UserPoolId=pool.id, Username="nobody", MessageAction="RESEND")


@behaviour("custom attributes stay text in the id token", "'level2'", "D")
def test_custom_attribute_stays_text(bench: Bench) -> None:
    pool = bench.pool()
    names = {
        each["Name"]
        for each in pool.aws.describe_user_pool(UserPoolId=pool.id)["UserPool"]["SchemaAttributes"]
    }
    if "custom:kyc_verified" not in names:
        pool.aws.add_custom_attributes(
            UserPoolId=pool.id,
            CustomAttributes=[
                {"Name": "kyc_verified", "AttributeDataType": "String", "Mutable": True}
            ],
        )
    pool.user("ada")
    pool.set("ada", **{"custom:kyc_verified": "level2"})
    claims = pool.claims(pool.log_in("ada")["IdToken"])
    expect(claims.get("custom:kyc_verified"), "level2", "another value")


@behaviour("every answer has a request id", "ResponseMetadata.RequestId", "D")
def test_answers_have_a_request_id(bench: Bench) -> None:
    pool = bench.pool()
    metadata = pool.aws.list_user_pools(MaxResults=1)["ResponseMetadata"]
    require(metadata.get("RequestId"), "none")
