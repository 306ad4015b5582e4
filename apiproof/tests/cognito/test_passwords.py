from tests.cognito.behaviours import behaviour, refused
from tests.cognito.bench import Bench
from tests.cognito.pools import PASSWORD

NEW = "New-Horse-8-Battery"


@behaviour("a password is changed with the old one", "the new one logs in", "M", vital=True)
def test_password_is_changed_with_the_old_one(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["AccessToken"]
    pool.aws.change_password(AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword=NEW)
    pool.log_in("ada", NEW)


@behaviour(
    "a change with a wrong old password is refused", "NotAuthorizedException", "R", vital=True
)
def test_change_with_a_wrong_password_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["AccessToken"]
    with refused("NotAuthorizedException"):
        pool.aws.change_password(
            AccessToken=token, PreviousPassword="Wrong-Horse-7", ProposedPassword=NEW
        )


@behaviour("a change to a weak password is refused", "InvalidPasswordException", "M")
def test_change_to_a_weak_password_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    token = pool.log_in("ada")["AccessToken"]
    with refused("InvalidPasswordException"):
        pool.aws.change_password(
            AccessToken=token, PreviousPassword=PASSWORD, ProposedPassword="weakling"
        )


@behaviour("a change of password leaves sessions alive", "tokens", "R")
def test_change_of_password_leaves_sessions_alive(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada")
    tokens = pool.log_in("ada")
    pool.aws.change_password(
        AccessToken=tokens["AccessToken"], PreviousPassword=PASSWORD, ProposedPassword=NEW
    )
    pool.refresh(tokens["RefreshToken"], "ada")
