from datetime import timedelta

from tests.kit.cognito.behaviours import behaviour, expect, refused
from tests.kit.cognito.bench import PASSWORD, Bench


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


def _fail(bench_pool: object, times: int) -> None:
    for _ in range(times):
        with refused("NotAuthorizedException"):
            bench_pool.log_in("ada", "Wrong-Horse-7")  # type: ignore[attr-defined]  # a Pool


@behaviour(
    "after five wrong passwords the right one is refused for a second",
    "NotAuthorizedException",
    "D",
)
def test_guessing_locks_sign_in(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 5)
    with refused("NotAuthorizedException"):
        pool.log_in("ada")
    pool.advance(timedelta(seconds=1.5))
    pool.log_in("ada")


@behaviour("four wrong passwords lock nobody out", "tokens", "D")
def test_four_wrong_passwords_lock_nobody_out(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 4)
    pool.log_in("ada")


@behaviour("the lock-out doubles with each further wrong password", "NotAuthorizedException", "D")
def test_lockout_doubles(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 5)
    for seconds in (2, 4, 8):
        pool.advance(timedelta(seconds=seconds / 2 + 0.1))
        _fail(pool, 1)
        pool.advance(timedelta(seconds=seconds - 0.5))
        with refused("NotAuthorizedException"):
            pool.log_in("ada")
        pool.advance(timedelta(seconds=0.4 - seconds / 2))
    pool.advance(timedelta(seconds=8))
    pool.log_in("ada")


@behaviour("attempts during a lock-out don't lengthen it", "tokens", "D")
def test_attempts_during_a_lockout_do_not_count(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 12)
    pool.advance(timedelta(seconds=1.5))
    pool.log_in("ada")


@behaviour("a lock-out ends after about 15 minutes at the latest", "tokens", "D")
def test_lockout_has_a_maximum(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    for _ in range(20):
        _fail(pool, 1)
        pool.advance(timedelta(minutes=14, seconds=50))
    pool.advance(timedelta(seconds=20))
    pool.log_in("ada")


@behaviour("a successful login forgets the wrong passwords", "tokens", "D")
def test_success_forgets_failures(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    _fail(pool, 4)
    pool.log_in("ada")
    _fail(pool, 4)
    pool.log_in("ada")


@behaviour("an invited user must choose a password", "NEW_PASSWORD_REQUIRED", "M")
def test_invited_user_must_choose_a_password(bench: Bench) -> None:
    pool = bench.pool()
    pool.aws.admin_create_user(
        UserPoolId=pool.id, Username="ada", TemporaryPassword="Temporary-Horse-1"
    )
    answer = pool.log_in("ada", "Temporary-Horse-1")
    expect(answer.get("ChallengeName"), "NEW_PASSWORD_REQUIRED", "no challenge")
    result = pool.aws.respond_to_auth_challenge(
        ClientId=pool.client_id,
        ChallengeName="NEW_PASSWORD_REQUIRED",
        Session=answer["Session"],
        ChallengeResponses={
            "USERNAME": "ada",
            "NEW_PASSWORD": PASSWORD,
            "SECRET_HASH": pool.hash("ada"),
        },
    )
    pool.verified(result["AuthenticationResult"]["AccessToken"])
    pool.log_in("ada")


@behaviour("an invited user cannot choose a weak password", "InvalidPasswordException", "M")
def test_invited_user_cannot_choose_a_weak_password(bench: Bench) -> None:
    pool = bench.pool()
    pool.aws.admin_create_user(
        UserPoolId=pool.id, Username="ada", TemporaryPassword="Temporary-Horse-1"
    )
    answer = pool.log_in("ada", "Temporary-Horse-1")
    with refused("InvalidPasswordException"):
        pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=answer["Session"],
            ChallengeResponses={
                "USERNAME": "ada",
                "NEW_PASSWORD": "weak",
                "SECRET_HASH": pool.hash("ada"),
            },
        )


@behaviour("a challenge must be answered within 3 minutes", "NotAuthorizedException", "M")
def test_challenge_expires(bench: Bench) -> None:
    pool = bench.pool()
    pool.aws.admin_create_user(
        UserPoolId=pool.id, Username="ada", TemporaryPassword="Temporary-Horse-1"
    )
    session = pool.log_in("ada", "Temporary-Horse-1")["Session"]
    pool.advance(timedelta(minutes=3, seconds=1))
    with refused("NotAuthorizedException"):
        pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=session,
            ChallengeResponses={
                "USERNAME": "ada",
                "NEW_PASSWORD": PASSWORD,
                "SECRET_HASH": pool.hash("ada"),
            },
        )


@behaviour("a challenge needs the session of the same user", "NotAuthorizedException", "R")
def test_challenge_needs_its_own_session(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("bob")
    pool.aws.admin_create_user(
        UserPoolId=pool.id, Username="ada", TemporaryPassword="Temporary-Horse-1"
    )
    session = pool.log_in("ada", "Temporary-Horse-1")["Session"]
    with refused("NotAuthorizedException"):
        pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=session,
            ChallengeResponses={
                "USERNAME": "bob",
                "NEW_PASSWORD": PASSWORD,
                "SECRET_HASH": pool.hash("bob"),
            },
        )


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
