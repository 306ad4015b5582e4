from tests.cognito.behaviours import behaviour, expect, refused
from tests.cognito.bench import Bench


@behaviour("a taken username is refused", "UsernameExistsException", "D", vital=True)
def test_taken_username_is_refused(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("ada")
    with refused("UsernameExistsException"):
        pool.sign_up("ada")


@behaviour("two users may share an email in a plain username pool", "accepted", "D")
def test_email_may_be_shared(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("ada", email="shared@example.com")
    pool.user("bob", email="shared@example.com")


@behaviour("a case-insensitive pool takes Ada and ada for one user", "UsernameExistsException", "M")
def test_case_does_not_make_another_user(bench: Bench) -> None:
    pool = bench.pool()
    pool.sign_up("Ada")
    with refused("UsernameExistsException"):
        pool.sign_up("aDA")


@behaviour("a case-insensitive pool signs ADA in for ada", "tokens", "M")
def test_case_does_not_matter_at_sign_in(bench: Bench) -> None:
    pool = bench.pool()
    pool.user("Ada")
    tokens = pool.log_in("ADA")
    expect(pool.claims(tokens["AccessToken"])["username"], "Ada", "another username")


@behaviour("a case-sensitive pool takes Ada and ada for two users", "accepted", "M")
def test_case_sensitive_pool_tells_names_apart(bench: Bench) -> None:
    pool = bench.pool(case_sensitive=True)
    assert pool.user("Ada") != pool.user("ada")


@behaviour("an update of the pool doesn't change its case sensitivity", "fixed at creation", "M")
def test_case_sensitivity_survives_an_update(bench: Bench) -> None:
    pool = bench.pool(name="updated")
    pool.aws.update_user_pool(UserPoolId=pool.id, AutoVerifiedAttributes=["email"])
    pool.sign_up("Ada")
    with refused("UsernameExistsException"):
        pool.sign_up("ada")


@behaviour(
    "where emails are usernames, the username is the sub and the email signs in", "tokens", "D"
)
def test_email_can_be_the_username(bench: Bench) -> None:
    pool = bench.pool(username_attributes=("email",))
    sub = pool.user("ada@example.com", email="ada@example.com")
    tokens = pool.log_in("ada@example.com")
    expect(pool.claims(tokens["AccessToken"])["username"], sub, "another username")


@behaviour("where emails are usernames, other names are refused", "InvalidParameterException", "I")
def test_other_names_are_refused_where_emails_are_usernames(bench: Bench) -> None:
    pool = bench.pool(username_attributes=("email",))
    with refused("InvalidParameterException"):
        pool.sign_up("ada")


@behaviour("a verified email signs in where it is an alias", "tokens", "D")
def test_verified_alias_signs_in(bench: Bench) -> None:
    pool = bench.pool(alias_attributes=("email",))
    pool.user("ada")
    tokens = pool.log_in("ada@example.com")
    expect(pool.claims(tokens["AccessToken"])["username"], "ada", "another username")


@behaviour("an unverified email is no alias", "NotAuthorizedException", "D")
def test_unverified_alias_does_not_sign_in(bench: Bench) -> None:
    pool = bench.pool(alias_attributes=("email",))
    pool.user("ada")
    pool.set("ada", email_verified="false")
    with refused("NotAuthorizedException"):
        pool.log_in("ada@example.com")


@behaviour("a second user cannot verify an alias in use", "AliasExistsException", "D")
def test_alias_cannot_be_taken_twice(bench: Bench) -> None:
    pool = bench.pool(alias_attributes=("email",))
    pool.user("ada", email="shared@example.com")
    pool.sign_up("bob", email="shared@example.com")
    with refused("AliasExistsException"):
        pool.confirm("bob")
