from datetime import timedelta

from tests.cognito.behaviours import behaviour, expect, refused
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD


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
