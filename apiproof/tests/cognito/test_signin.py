from tests.cognito.behaviours import behaviour, expect, refused
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD


@behaviour("a wrong password is refused", "NotAuthorizedException", "I", vital=True)
def test_wrong_password_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("NotAuthorizedException"):
        pool.log_in("ada", "Wrong-Horse-7")


@behaviour("an unknown user looks like a wrong password", "NotAuthorizedException", "D", vital=True)
def test_unknown_user_looks_like_a_wrong_password(bench: Bench) -> None:
    pool = bench.pool()
    with refused("NotAuthorizedException"):
        pool.log_in("nobody")


@behaviour("LEGACY tells that a user is unknown at login", "UserNotFoundException", "I")
def test_legacy_tells_that_a_user_is_unknown(bench: Bench) -> None:
    pool = bench.pool(prevent_user_existence_errors=False)
    with refused("UserNotFoundException"):
        pool.log_in("nobody")


@behaviour("an unconfirmed user cannot log in", "UserNotConfirmedException", "I", vital=True)
def test_unconfirmed_user_cannot_log_in(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    with refused("UserNotConfirmedException"):
        pool.log_in("ada")


@behaviour(
    "an unconfirmed user with a wrong password learns nothing", "NotAuthorizedException", "R"
)
def test_wrong_password_of_an_unconfirmed_user_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    with refused("NotAuthorizedException"):
        pool.log_in("ada", "Wrong-Horse-7")


@behaviour("a disabled user cannot log in", "NotAuthorizedException", "R", vital=True)
def test_disabled_user_cannot_log_in(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.aws.admin_disable_user(UserPoolId=pool.id, Username="ada")
    with refused("NotAuthorizedException"):
        pool.log_in("ada")
    pool.aws.admin_enable_user(UserPoolId=pool.id, Username="ada")
    pool.log_in("ada")


@behaviour(
    "a user whose password was reset by an administrator cannot log in",
    "PasswordResetRequiredException",
    "M",
    vital=True,
)
def test_reset_user_cannot_log_in(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    pool.aws.admin_reset_user_password(UserPoolId=pool.id, Username="ada")
    with refused("PasswordResetRequiredException"):
        pool.log_in("ada")


@behaviour("a flow that the client doesn't allow is refused", "InvalidParameterException", "R")
def test_flow_that_is_off_is_refused(bench: Bench) -> None:
    pool = bench.pool(auth_flows=("ALLOW_USER_SRP_AUTH",))
    pool.user("ada")
    with refused("InvalidParameterException"):
        pool.log_in("ada")


@behaviour(
    "a refresh is refused where the client doesn't allow it", "InvalidParameterException", "R"
)
def test_refresh_that_is_off_is_refused(bench: Bench) -> None:
    pool = bench.pool(auth_flows=("ALLOW_USER_PASSWORD_AUTH",))
    pool.user("ada")
    token = pool.log_in("ada")["RefreshToken"]
    with refused("InvalidParameterException"):
        pool.refresh(token, "ada")


@behaviour("a login without a password is refused", "InvalidParameterException", "I")
def test_login_without_a_password_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    with refused("InvalidParameterException"):
        pool.log_in("ada", "")


@behaviour("a user may log in by sub", "tokens", "D")
def test_sub_signs_in(bench: Bench) -> None:
    pool = bench.pool()
    sub = pool.user("ada")
    tokens = pool.log_in(sub)
    expect(pool.claims(tokens["AccessToken"])["username"], "ada", "another username")


@behaviour("an administrator signs a user in with the admin flow", "tokens", "M")
def test_administrator_signs_a_user_in(bench: Bench) -> None:
    pool = bench.pool(auth_flows=("ALLOW_ADMIN_USER_PASSWORD_AUTH",))
    pool.user("ada")
    answer = pool.aws.admin_initiate_auth(
        UserPoolId=pool.id,
        ClientId=pool.client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={
            "USERNAME": "ada",
            "PASSWORD": PASSWORD,
            "SECRET_HASH": pool.hash("ada"),
        },
    )
    pool.verified(answer["AuthenticationResult"]["AccessToken"])


@behaviour("the admin flow needs the SECRET_HASH too", "NotAuthorizedException", "D")
def test_admin_flow_needs_the_secret_hash(bench: Bench) -> None:
    pool = bench.pool(auth_flows=("ALLOW_ADMIN_USER_PASSWORD_AUTH",))
    pool.user("ada")
    with refused("NotAuthorizedException"):
        pool.aws.admin_initiate_auth(
            UserPoolId=pool.id,
            ClientId=pool.client_id,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "ada", "PASSWORD": PASSWORD},
        )
