"""What the pages of single operations and triggers say: errors, sessions, events."""

from collections.abc import Callable
from typing import Any

from tests.cognito.behaviours import behaviour, expect, refused, require
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD, Pool
from tests.cognito.test_flows import PUBLIC, answer, begin

Event = dict[str, Any]
ARN = "arn:aws:lambda:us-east-1:123456789012:function:f"
CHOICE = PUBLIC | {"auth_flows": ("ALLOW_USER_AUTH", "ALLOW_USER_PASSWORD_AUTH")}


def recorder(pool: Pool, *names: str) -> dict[str, Event]:
    """Attach triggers that change nothing; gives the newest request of each source."""
    seen: dict[str, Event] = {}

    def handler(event: Event, _: Any) -> Event:
        seen[event["triggerSource"]] = event["request"]
        return event

    for name in names:
        pool.attach(name, handler)
    return seen


def refuse_pool(bench: Bench, **settings: Any) -> None:
    with refused("InvalidParameterException"):
        bench.pool().aws.create_user_pool(PoolName="x", **settings)


# Settings that contradict each other


@behaviour("a pool has sign-in names or aliases, not both", "InvalidParameterException", "I")
def test_names_or_aliases(bench: Bench) -> None:
    refuse_pool(bench, UsernameAttributes=["email"], AliasAttributes=["phone_number"])


@behaviour("admin_only excludes other ways of recovery", "InvalidParameterException", "I")
def test_admin_only_excludes(bench: Bench) -> None:
    names = ("admin_only", "verified_email")
    ways = [{"Name": name, "Priority": rank} for rank, name in enumerate(names, start=1)]
    refuse_pool(bench, AccountRecoverySetting={"RecoveryMechanisms": ways})


@behaviour("MFA at creation needs an SmsConfiguration", "InvalidParameterException", "M")
def test_mfa_at_creation(bench: Bench) -> None:
    for mode in ("ON", "OPTIONAL"):
        refuse_pool(bench, MfaConfiguration=mode)


@behaviour("both settings of Pre Token Generation name one ARN", "InvalidParameterException", "M")
def test_one_pre_token_generation(bench: Bench) -> None:
    other = {"LambdaArn": f"{ARN}2", "LambdaVersion": "V2_0"}
    refuse_pool(bench, LambdaConfig={"PreTokenGeneration": ARN, "PreTokenGenerationConfig": other})


@behaviour("only what is auto-verified waits for verification", "InvalidParameterException", "I")
def test_waiting_is_auto_verified(bench: Bench) -> None:
    waiting = {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    refuse_pool(bench, UserAttributeUpdateSettings=waiting)


@behaviour("an app client names attributes that the pool has", "InvalidParameterException", "I")
def test_attributes_of_a_client(bench: Bench) -> None:
    pool = bench.pool()
    for wrong in (
        {"WriteAttributes": ["nope"]},
        {"WriteAttributes": ["email_verified"]},
        {"ReadAttributes": ["custom:nope"]},
    ):
        with refused("InvalidParameterException"):
            pool.another_client(**wrong)


@behaviour("two pools don't share a domain", "InvalidParameterException", "I")
def test_domains_are_unique(bench: Bench) -> None:
    pool = bench.pool(name="domains")
    aws = pool.aws
    pools = [aws.create_user_pool(PoolName="x")["UserPool"]["Id"] for _ in range(2)]
    aws.create_user_pool_domain(UserPoolId=pools[0], Domain="shared")
    try:
        with refused("InvalidParameterException"):
            aws.create_user_pool_domain(UserPoolId=pools[1], Domain="shared")
        with refused("InvalidParameterException"):
            aws.create_user_pool_domain(UserPoolId=pools[0], Domain="second")
    finally:
        aws.delete_user_pool_domain(UserPoolId=pools[0], Domain="shared")


@behaviour("two identity providers have two names", "DuplicateProviderException", "M")
def test_providers_are_unique(bench: Bench) -> None:
    pool = bench.pool()
    made = pool.aws.create_user_pool(PoolName="x")["UserPool"]["Id"]
    details = {"client_id": "x", "client_secret": "x", "authorize_scopes": "openid"}
    provider = {"UserPoolId": made, "ProviderName": "Google", "ProviderType": "Google"}
    pool.aws.create_identity_provider(**provider, ProviderDetails=details)
    with refused("DuplicateProviderException"):
        pool.aws.create_identity_provider(**provider, ProviderDetails=details)


# Users


@behaviour("a blank value deletes an attribute", "no attribute", "M")
def test_blank_value_deletes(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada", nickname="A", given_name="Ada")
    token = pool.log_in("ada")["AccessToken"]
    blank = [{"Name": "nickname", "Value": ""}]
    pool.aws.update_user_attributes(AccessToken=token, UserAttributes=blank)
    require("nickname" not in pool.attributes("ada"), "kept, blank")
    pool.set("ada", given_name="", email="")
    left = pool.attributes("ada")
    require(not {"given_name", "email", "email_verified"} & left.keys(), "kept, blank")


@behaviour("disabling a user revokes their access tokens", "NotAuthorizedException", "M")
def test_disabling_revokes(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    old = pool.log_in("ada")["AccessToken"]
    pool.aws.admin_disable_user(UserPoolId=pool.id, Username="ada")
    pool.aws.admin_enable_user(UserPoolId=pool.id, Username="ada")
    new = pool.log_in("ada")["AccessToken"]
    pool.aws.get_user(AccessToken=new)
    with refused("NotAuthorizedException"):
        pool.aws.get_user(AccessToken=old)


@behaviour("users are searched by status, whatever its case", "found", "M")
def test_search_by_status(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    search = 'cognito:user_status = "confirmed"'
    found = pool.aws.list_users(UserPoolId=pool.id, Filter=search)["Users"]
    expect([each["Username"] for each in found], ["ada"], "not found")


@behaviour("a page of users needs a token that was given", "InvalidParameterException", "M")
def test_unknown_page(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.aws.list_users(UserPoolId=pool.id, PaginationToken="made-up")


@behaviour("users have no attributes but the pool's", "InvalidParameterException", "M")
def test_unknown_attributes_to_get(bench: Bench) -> None:
    pool = bench.pool()
    with refused("InvalidParameterException"):
        pool.aws.list_users(UserPoolId=pool.id, AttributesToGet=["nope"])


@behaviour("an app is set up where the pool has such a factor", "SoftwareTokenMFANotFound...", "M")
def test_no_app_in_a_pool_without(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("SoftwareTokenMFANotFoundException"):
        pool.aws.associate_software_token(AccessToken=pool.log_in("ada")["AccessToken"])


@behaviour("PreSignUp cannot verify an address that isn't there", "an error, and no user", "D")
def test_auto_verified_nothing(bench: Bench) -> None:
    pool = bench.pool()

    def handler(event: Event, _: Any) -> Event:
        event["response"]["autoVerifyPhone"] = True
        return event

    pool.attach("PreSignUp", handler)
    with refused("InvalidLambdaResponseException"):
        pool.sign_up("ada")
    with refused("UserNotFoundException"):
        pool.status("ada")


# From the sign-up right into the sign-in


def signed_up(pool: Pool, username: str) -> Any:
    return pool.aws.sign_up(
        ClientId=pool.client_id,
        Username=username,
        Password=PASSWORD,
        UserAttributes=[{"Name": "email", "Value": f"{username}@example.com"}],
    )


def go_on(pool: Pool, username: str, session: str) -> Any:
    return pool.aws.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": username},
        Session=session,
    )


@behaviour("who has just confirmed the sign-up is signed in by its session, once", "tokens", "M")
def test_session_of_a_sign_up(bench: Bench) -> None:
    pool = bench.pool(**CHOICE)
    sessions = {}
    for name in ("ada", "bob"):
        session = signed_up(pool, name).get("Session")
        require(session, "no session")
        confirmed = pool.aws.confirm_sign_up(
            ClientId=pool.client_id,
            Username=name,
            ConfirmationCode=pool.code(name),
            Session=session,
        )
        sessions[name] = confirmed["Session"]
    with refused("NotAuthorizedException"):
        go_on(pool, "bob", sessions["ada"])
    tokens = go_on(pool, "ada", sessions["ada"])["AuthenticationResult"]
    expect(pool.verified(tokens["AccessToken"])["username"], "ada", "another user")
    with refused("NotAuthorizedException"):
        go_on(pool, "ada", sessions["ada"])


@behaviour("the session of a sign-up alone signs nobody in", "NotAuthorizedException", "M")
def test_session_of_an_unconfirmed_sign_up(bench: Bench) -> None:
    pool = bench.pool(**CHOICE)
    session = signed_up(pool, "ada").get("Session")
    require(session, "no session")
    with refused("NotAuthorizedException"):
        go_on(pool, "ada", session)


# ClientMetadata: which triggers get it, and where


@behaviour("the metadata of InitiateAuth is validation data, for two triggers alone", "so", "M, D")
def test_metadata_of_initiate_auth(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    names = ("PreAuthentication", "PostAuthentication", "PreTokenGeneration", "UserMigration")
    seen = recorder(pool, *names)

    def log_in(username: str) -> Any:
        return pool.aws.initiate_auth(
            ClientId=pool.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
            ClientMetadata={"from": "phone"},
        )

    log_in("ada")
    require(seen, "never fire")
    expect(seen["PreAuthentication_Authentication"]["validationData"], {"from": "phone"}, "none")
    for source in ("PostAuthentication_Authentication", "TokenGeneration_Authentication"):
        require(not seen[source].get("clientMetadata"), "told to others, too")
    with refused("NotAuthorizedException"):
        log_in("nobody")
    expect(seen["UserMigration_Authentication"]["validationData"], {"from": "phone"}, "none")


@behaviour("the metadata of an answer to a challenge reaches the triggers after it", "so", "D")
def test_metadata_of_an_answer(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    invited = {"UserPoolId": pool.id, "Username": "ada", "MessageAction": "SUPPRESS"}
    pool.aws.admin_create_user(**invited, TemporaryPassword=PASSWORD)
    seen = recorder(pool, "PostAuthentication", "PreTokenGeneration")
    challenge = begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=PASSWORD)
    pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=challenge["Session"],
        ChallengeResponses={"USERNAME": "ada", "NEW_PASSWORD": f"{PASSWORD}-2"},
        ClientMetadata={"from": "phone"},
    )
    require(seen, "never fire")
    for source in ("PostAuthentication_Authentication", "TokenGeneration_NewPasswordChallenge"):
        expect(seen[source]["clientMetadata"], {"from": "phone"}, "none")


def refreshed_by_flow(pool: Pool, token: str) -> None:
    pool.aws.initiate_auth(
        ClientId=pool.client_id,
        AuthFlow="REFRESH_TOKEN_AUTH",
        AuthParameters={"REFRESH_TOKEN": token},
        ClientMetadata={"from": "phone"},
    )


def refreshed_by_call(pool: Pool, token: str) -> None:
    pool.aws.get_tokens_from_refresh_token(
        ClientId=pool.client_id, RefreshToken=token, ClientMetadata={"from": "phone"}
    )


@behaviour("the metadata of GetTokensFromRefreshToken is told, that of the flow not", "so", "M")
def test_metadata_of_a_refresh(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    pool.user("ada")
    seen = recorder(pool, "PreTokenGeneration")
    ways: list[tuple[Callable[[Pool, str], None], object]] = [
        (refreshed_by_call, {"from": "phone"}),
        (refreshed_by_flow, None),
    ]
    token = begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=PASSWORD)
    for refresh, told in ways:
        refresh(pool, token["AuthenticationResult"]["RefreshToken"])
        require(seen, "never fires")
        expect(seen["TokenGeneration_RefreshTokens"].get("clientMetadata"), told, "otherwise")


@behaviour("the metadata of ForgotPassword reaches UserMigration", "clientMetadata", "D")
def test_metadata_of_a_reset(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC)
    seen = recorder(pool, "UserMigration")
    pool.aws.forgot_password(
        ClientId=pool.client_id, Username="nobody", ClientMetadata={"from": "phone"}
    )
    require(seen, "never fires")
    request = seen["UserMigration_ForgotPassword"]
    expect((request["clientMetadata"], request["password"]), ({"from": "phone"}, None), "none")


# Addresses and names are one user's, on every path


def choosing(pool: Pool, username: str, **attributes: str) -> Any:
    """Answer the first challenge of an invited user, with attributes."""
    challenge = begin(pool, "USER_PASSWORD_AUTH", USERNAME=username, PASSWORD=PASSWORD)
    chosen = {f"userAttributes.{name}": value for name, value in attributes.items()}
    responses = {"USERNAME": username, "NEW_PASSWORD": f"{PASSWORD}-2"} | chosen
    return answer(pool, challenge["ChallengeName"], challenge["Session"], **responses)


@behaviour("a new password brings no sign-in email of another user along", "AliasExists...", "M")
def test_new_password_takes_no_email(bench: Bench) -> None:
    pool = bench.pool(**PUBLIC, username_attributes=("email",))
    for name in ("a@example.com", "b@example.com"):
        pool.aws.admin_create_user(
            UserPoolId=pool.id, Username=name, TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
        )
    with refused("AliasExistsException"):
        choosing(pool, "b@example.com", email="a@example.com")
    require(choosing(pool, "b@example.com", email="c@example.com").get("AuthenticationResult"), "-")
    flag = pool.attributes("c@example.com").get("email_verified")
    expect(flag, "false", "verified")


@behaviour("a code that signs in verifies no alias of another user", "AliasExists...", "M")
def test_code_takes_no_alias(bench: Bench) -> None:
    factors = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = bench.pool(**PUBLIC, alias_attributes=("email",), pool={"Policies": factors})
    pool.user("ada")
    pool.sign_up("bob", email="ada@example.com")
    pool.aws.admin_confirm_sign_up(UserPoolId=pool.id, Username="bob")
    challenge = begin(pool, "USER_AUTH", USERNAME="bob", PREFERRED_CHALLENGE="EMAIL_OTP")
    code = pool.code("bob", "sign-in")
    with refused("AliasExistsException"):
        answer(pool, "EMAIL_OTP", challenge["Session"], USERNAME="bob", EMAIL_OTP_CODE=code)
    require(pool.attributes("bob").get("email_verified") != "true", "verified twice")


@behaviour("no preferred username is another user's username", "AliasExistsException", "I")
def test_preferred_username_is_no_username(bench: Bench) -> None:
    pool = bench.pool(alias_attributes=("preferred_username",))
    pool.user("ada")
    pool.user("bob")
    with refused("AliasExistsException"):
        pool.set("bob", preferred_username="ada")
    pool.set("bob", preferred_username="bob")


@behaviour("a preferred username is no alias before the confirmation", "InvalidParameter...", "I")
def test_preferred_username_at_sign_up(bench: Bench) -> None:
    pool = bench.pool(alias_attributes=("preferred_username",))
    with refused("InvalidParameterException"):
        pool.sign_up("ada", preferred_username="countess")


@behaviour(
    "who is invited may lack what is required, and is asked for it", "requiredAttributes", "D"
)
def test_invited_without_required_attributes(bench: Bench) -> None:
    schema = [{"Name": "name", "AttributeDataType": "String", "Required": True, "Mutable": True}]
    pool = bench.pool(**PUBLIC, pool={"Schema": schema})
    pool.aws.admin_create_user(
        UserPoolId=pool.id, Username="ada", TemporaryPassword=PASSWORD, MessageAction="SUPPRESS"
    )
    asked = begin(pool, "USER_PASSWORD_AUTH", USERNAME="ada", PASSWORD=PASSWORD)
    expect(
        asked["ChallengeParameters"].get("requiredAttributes"), '["userAttributes.name"]', "none"
    )
    with refused("InvalidParameterException"):
        choosing(pool, "ada")
    require(choosing(pool, "ada", name="Ada").get("AuthenticationResult"), "no tokens")
    with refused("InvalidParameterException"):
        pool.sign_up("bob")
