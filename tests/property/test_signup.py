"""Sign-up: any valid user gets in, nobody else does, and nothing is left of a refusal."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from apiproof.cognito import PasswordPolicy
from apiproof.cognito.validation import SYMBOLS
from apiproof.environment import Environment
from apiproof.strategies import (
    Broken,
    Signup,
    broken_passwords,
    rules,
    same_addresses,
    tagged_addresses,
)
from apiproof.strategies.reach import premise
from tests.property.api_driver import ApiDriver, somebody
from tests.property.snapshots import snapshots
from tests.property.strategies import (
    BROKEN_USERNAMES,
    MALFORMED_EMAILS,
    USERS,
    few,
    lookalike_names,
    spellings,
)


@given(user=USERS)
@example(user=Signup("A" * 128, "ada@example.com", "Correct-Horse-7"))
def test_any_valid_user_signs_up_verifies_logs_in_and_reads_back_what_was_sent(
    env: Environment, user: Signup
) -> None:
    """Planted: usernames stored in lower case."""
    premise("the name has capitals", user.username != user.username.lower(), share=0.2)
    premise("the address has capitals", user.email != user.email.lower(), share=0.1)
    premise("the password is beyond ASCII", not user.password.isascii(), share=0.1)
    env.reset()
    driver = ApiDriver(env)
    created = driver.sign_up(user)
    assert created.status_code == 201
    assert driver.verify(user.username, driver.code(user.username)).status_code == 200
    profile = driver.me(driver.session(user)["access_token"]).json()
    sent = {"username": user.username, "email": user.email, "sub": created.json()["sub"]}
    assert {name: profile[name] for name in sent} == sent


def _broken(password: str) -> set[str]:
    """Name the rules of the default policy that a password breaks."""
    broken = {
        "too-short": len(password) < 8,
        "too-long": len(password) > 256,
        "leading-space": password.startswith(" "),
        "trailing-space": password.endswith(" "),
        "no-lowercase": not re.search("[a-z]", password),
        "no-uppercase": not re.search("[A-Z]", password),
        "no-number": not re.search("[0-9]", password),
        "no-symbol": SYMBOLS.isdisjoint(password.strip(" ")),
    }
    return {rule for rule, is_broken in broken.items() if is_broken}


@pytest.mark.parametrize("rule", rules(PasswordPolicy()))
@few(0.25)
@given(data=st.data())
def test_each_broken_password_rule_is_refused_without_a_trace(
    env: Environment, rule: str, data: st.DataObject
) -> None:
    """Planted: the schema's check of the policy left out, and the pool's policy with it."""
    broken: Broken = data.draw(broken_passwords(env.cognito.settings.password_policy, rule))
    premise("no other rule is broken", _broken(broken.password) == {rule}, share=0.5)
    driver = ApiDriver(env)
    before = snapshots(env)
    user = Signup("ada", "ada@example.com", broken.password)
    assert 400 <= driver.sign_up(user).status_code < 500
    assert snapshots(env) == before


@given(
    user=st.one_of(
        st.builds(Signup, BROKEN_USERNAMES, st.just("ada@example.com"), st.just("Horse-7-Ok")),
        st.builds(Signup, st.just("ada"), MALFORMED_EMAILS, st.just("Horse-7-Ok")),
    )
)
def test_a_refused_name_or_address_leaves_no_trace(env: Environment, user: Signup) -> None:
    """Planted: names that neither the schema nor Cognito's model checks."""
    driver = ApiDriver(env)
    before = snapshots(env)
    assert driver.sign_up(user).status_code == 422
    assert snapshots(env) == before


@st.composite
def _seconds(draw: st.DrawFn, first: Signup, wanted: str) -> Signup:
    """Draw someone who wants the name or the address of another, in whatever case."""
    second = draw(USERS)
    if wanted == "name":
        # No drawn address has this domain.
        return Signup(draw(spellings(first.username)), "second@second.example", second.password)
    name = "second" if first.username.lower() != "second" else "third"
    return Signup(name, draw(same_addresses(first.email)), second.password)


@few(0.5)
@given(first=USERS, data=st.data())
@pytest.mark.parametrize("wanted", ["name", "address"])
@pytest.mark.parametrize("verified", [True, False], ids=["verified", "waiting"])
def test_what_is_taken_is_refused_and_nothing_changes(
    env: Environment,
    *,
    first: Signup,
    data: st.DataObject,
    wanted: str,
    verified: bool,
) -> None:
    """Planted: addresses compared with their case."""
    env.reset()
    driver = ApiDriver(env)
    assert driver.sign_up(first).status_code == 201
    if verified:
        assert driver.verify(first.username, driver.code(first.username)).status_code == 200
    before = snapshots(env)
    second = data.draw(_seconds(first, wanted))
    same = {first.username, first.email} & {second.username, second.email}
    premise("what is taken is spelt otherwise", not same, share=0.3)
    assert driver.sign_up(second).status_code == 409
    assert snapshots(env) == before
    if verified:
        assert driver.session(first)


@given(first=USERS, data=st.data())
def test_lookalikes_are_other_users(env: Environment, first: Signup, data: st.DataObject) -> None:
    """Planted: dots of a name left out, as mail providers do."""
    env.reset()
    driver = ApiDriver(env)
    address = data.draw(tagged_addresses(first.email))
    second = Signup(data.draw(lookalike_names(first.username)), address, first.password)
    premise("the names differ", second.username != first.username, share=1)
    assert driver.sign_up(first).status_code == 201
    assert driver.sign_up(second).status_code == 201
    assert {first.username, second.username} == set(snapshots(env).accounts)


@few(0.5)
@given(other=USERS, capitals=st.booleans())
def test_nobody_takes_an_account_by_naming_its_sub(
    env: Environment, other: Signup, *, capitals: bool
) -> None:
    """Planted: names in the form of a UUID."""
    env.reset()
    driver = ApiDriver(env)
    ada = somebody()
    sub = driver.sign_up(ada).json()["sub"]
    assume(other.email.lower() != ada.email)
    name = sub.upper() if capitals else sub
    premise("the sub is spelt otherwise", capitals, share=0.1)
    before = snapshots(env)
    assert driver.sign_up(Signup(name, other.email, other.password)).status_code == 422
    assert snapshots(env) == before
    assert driver.verify(ada.username, driver.code(ada.username)).status_code == 200
    assert driver.session(ada)
