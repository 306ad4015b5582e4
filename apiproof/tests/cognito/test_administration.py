from tests.cognito.behaviours import behaviour, expect, refused
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD
from tests.cognito.test_flows import PUBLIC, begin


@behaviour("an administrator confirms a user without a code", "CONFIRMED, email unverified", "D")
def test_administrator_confirms_without_a_code(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    pool.aws.admin_confirm_sign_up(UserPoolId=pool.id, Username="ada")
    expect(pool.status("ada"), "CONFIRMED", "another status")
    expect(pool.attributes("ada").get("email_verified", "false"), "false", "verified")


@behaviour(
    "a confirmed user cannot be confirmed by an administrator", "NotAuthorizedException", "I"
)
def test_administrator_cannot_confirm_twice(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("NotAuthorizedException"):
        pool.aws.admin_confirm_sign_up(UserPoolId=pool.id, Username="ada")


@behaviour("an administrator's calls name unknown users", "UserNotFoundException", "M")
def test_unknown_user_is_named_to_administrators(bench: Bench) -> None:
    pool = bench.pool()
    user = {"UserPoolId": pool.id, "Username": "nobody"}
    for operation in (
        "admin_get_user",
        "admin_disable_user",
        "admin_enable_user",
        "admin_delete_user",
        "admin_user_global_sign_out",
        "admin_confirm_sign_up",
        "admin_reset_user_password",
    ):
        with refused("UserNotFoundException"):
            getattr(pool.aws, operation)(**user)


@behaviour("an unknown pool is refused", "ResourceNotFoundException", "M")
def test_unknown_pool_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    with refused("ResourceNotFoundException"):
        pool.aws.admin_get_user(UserPoolId=f"{pool.region}_unknown99", Username="ada")


@behaviour("case doesn't matter to an administrator either", "the user", "M")
def test_case_does_not_matter_to_administrators(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("Ada")
    expect(pool.status("aDA"), "CONFIRMED", "another status")


@behaviour("an administrator writes email_verified", "true", "D")
def test_administrator_writes_email_verified(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    pool.set("ada", email_verified="true")
    expect(pool.attributes("ada")["email_verified"], "true", "not verified")


@behaviour("nobody writes sub", "InvalidParameterException", "R")
def test_administrator_cannot_write_sub(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("InvalidParameterException"):
        pool.set("ada", sub="1")


@behaviour("an administrator sets a permanent password", "tokens", "M")
def test_administrator_sets_a_permanent_password(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.aws.admin_set_user_password(
        UserPoolId=pool.id, Username="ada", Password="Fresh-Horse-9-!", Permanent=True
    )
    pool.log_in("ada", "Fresh-Horse-9-!")


@behaviour("a temporary password must be replaced", "NEW_PASSWORD_REQUIRED", "M")
def test_temporary_password_must_be_replaced(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.aws.admin_set_user_password(
        UserPoolId=pool.id, Username="ada", Password="Fresh-Horse-9-!", Permanent=False
    )
    answer = pool.log_in("ada", "Fresh-Horse-9-!")
    expect(answer.get("ChallengeName"), "NEW_PASSWORD_REQUIRED", "no challenge")


@behaviour("an invitation carries a temporary password", "FORCE_CHANGE_PASSWORD", "D")
def test_invitation_carries_a_temporary_password(bench: Bench) -> None:
    pool = bench.pool()
    pool.aws.admin_create_user(
        UserPoolId=pool.id,
        Username="ada",
        UserAttributes=[{"Name": "email", "Value": "ada@example.com"}],
    )
    expect(pool.status("ada"), "FORCE_CHANGE_PASSWORD", "another status")
    answer = pool.log_in("ada", pool.code("ada", "invitation"))
    expect(answer.get("ChallengeName"), "NEW_PASSWORD_REQUIRED", "no challenge")


@behaviour("an administrator cannot take a taken name", "UsernameExistsException", "M")
def test_administrator_cannot_take_a_taken_name(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("UsernameExistsException"):
        pool.aws.admin_create_user(UserPoolId=pool.id, Username="ADA", TemporaryPassword=PASSWORD)


@behaviour("an administrator's reset needs a confirmed user", "NotAuthorizedException", "I")
def test_unconfirmed_password_cannot_be_reset(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    with refused("NotAuthorizedException"):
        pool.aws.admin_reset_user_password(UserPoolId=pool.id, Username="ada")


@behaviour("users are listed and counted", "users", "M")
def test_users_are_listed(bench: Bench) -> None:
    pool = bench.pool()
    for username in ("ada", "bob"):
        pool.user(username)
    users = pool.aws.list_users(UserPoolId=pool.id)["Users"]
    expect(sorted(user["Username"] for user in users), ["ada", "bob"], "others")
    found = pool.aws.list_users(UserPoolId=pool.id, Filter='email = "bob@example.com"')["Users"]
    expect([user["Username"] for user in found], ["bob"], "others")


@behaviour("a group's members are listed, deleted users not among them", "members", "M")
def test_members_of_a_group_are_listed(bench: Bench) -> None:
    pool = bench.pool()
    pool.aws.create_group(UserPoolId=pool.id, GroupName="readers")
    for username in ("ada", "bob"):
        pool.user(username)
        pool.aws.admin_add_user_to_group(UserPoolId=pool.id, GroupName="readers", Username=username)
    pool.aws.admin_delete_user(UserPoolId=pool.id, Username="bob")
    members = pool.aws.list_users_in_group(UserPoolId=pool.id, GroupName="readers")["Users"]
    expect([user["Username"] for user in members], ["ada"], "others")


@behaviour("an invitation sent again brings a new password", "NotAuthorizedException", "M")
def test_invitation_sent_again(bench: Bench) -> None:
    pool = bench.pool()
    user = {"UserPoolId": pool.id, "Username": "ada"}
    email = [{"Name": "email", "Value": "ada@example.com"}]
    pool.aws.admin_create_user(**user, TemporaryPassword=PASSWORD, UserAttributes=email)
    pool.aws.admin_create_user(**user, MessageAction="RESEND")
    with refused("NotAuthorizedException"):
        pool.log_in("ada")
    asked = pool.log_in("ada", pool.code("ada", "invitation"))
    expect(asked.get("ChallengeName"), "NEW_PASSWORD_REQUIRED", "tokens")


@behaviour("who is invited to a pool without passwords gets none", "CONFIRMED, EMAIL_OTP", "M")
def test_invitation_without_a_password(bench: Bench) -> None:
    policy = {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}
    pool = bench.pool(**PUBLIC, pool={"Policies": policy})
    user = {"UserPoolId": pool.id, "Username": "ada", "MessageAction": "SUPPRESS"}
    email = [{"Name": "email", "Value": "ada@example.com"}]
    pool.aws.admin_create_user(**user, UserAttributes=email)
    expect(pool.status("ada"), "CONFIRMED", "to be changed")
    offered = begin(pool, "USER_AUTH", USERNAME="ada")["AvailableChallenges"]
    expect(offered, ["EMAIL_OTP"], "a password")
