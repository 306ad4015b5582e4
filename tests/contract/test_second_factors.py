"""Pools that ask for a second factor, which this API does not offer: told so, nothing breaks."""

from collections.abc import Iterator
from typing import Any

import pyotp
import pytest

from apiproof.environment import Environment
from tests.contract.test_pool_options import Person
from tests.service import OTHER_PASSWORD, PASSWORD, SERVICE, disable, enable


@pytest.fixture(scope="module", params=["OPTIONAL", "ON"])
def variant(request: pytest.FixtureRequest) -> Iterator[Environment]:
    with Environment.open(SERVICE) as env:
        env.aws.set_user_pool_mfa_config(
            UserPoolId=env.config.user_pool_id,
            SoftwareTokenMfaConfiguration={"Enabled": True},
            MfaConfiguration=request.param,
        )
        yield env


@pytest.fixture
def pool(variant: Environment) -> Environment:
    variant.reset()
    return variant


def is_required(env: Environment) -> bool:
    found = env.aws.get_user_pool_mfa_config(UserPoolId=env.config.user_pool_id)
    return bool(found["MfaConfiguration"] == "ON")


def take_app(person: Person, access_token: str) -> None:
    """Take an authenticator app as second factor, as another application of the pool may offer."""
    aws = person.env.aws
    app = pyotp.TOTP(aws.associate_software_token(AccessToken=access_token)["SecretCode"])
    aws.verify_software_token(AccessToken=access_token, UserCode=app.now())
    aws.set_user_mfa_preference(
        AccessToken=access_token,
        SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True},
    )


def refused(person: Person, password: str = PASSWORD) -> None:
    answer: Any = person.log_in(password, status=403)
    assert "sign-in step" in answer["detail"]
    person.log_in("Wrong-" + password, status=401)


def test_a_second_factor_that_must_be_set_up_is_told_and_a_wrong_password_as_ever(
    pool: Environment,
) -> None:
    ada = Person(pool)
    ada.sign_up()
    if is_required(pool):
        refused(ada)
    else:
        assert ada.opens(ada.log_in())


@pytest.mark.parametrize("variant", ["OPTIONAL"], indirect=True)
def test_an_account_with_an_authenticator_app_keeps_its_session_and_opens_no_other(
    pool: Environment,
) -> None:
    ada = Person(pool)
    ada.sign_up()
    session = ada.log_in()
    take_app(ada, session["access_token"])
    refused(ada)
    assert ada.opens(session)
    assert ada.opens(ada.refresh(session["refresh_token"]))
    ada.ask("POST", "/users/logout", 200, token=session["access_token"])
    assert not ada.opens(session)
    ada.refresh(session["refresh_token"], 401)
    refused(ada)


def test_a_reset_and_an_operator_act_on_such_an_account_as_on_any(pool: Environment) -> None:
    ada = Person(pool)
    ada.sign_up()
    ada.ask("POST", "/users/forgot_password", 200, json={"username": ada.seed.username})
    reset = {"username": ada.seed.username, "confirmation_code": ada.code()}
    ada.ask("POST", "/users/reset_password", 200, json={**reset, "new_password": OTHER_PASSWORD})
    ada.log_in(status=401)
    if is_required(pool):
        refused(ada, OTHER_PASSWORD)
    disable(pool.config, ada.seed.username)
    ada.log_in(OTHER_PASSWORD, status=401)
    enable(pool.config, ada.seed.username)
    if is_required(pool):
        refused(ada, OTHER_PASSWORD)
    else:
        assert ada.opens(ada.log_in(OTHER_PASSWORD))


@pytest.mark.parametrize("variant", ["OPTIONAL"], indirect=True)
@pytest.mark.parametrize("is_done", [True, False])
def test_a_reset_without_an_answer_ends_the_sessions_of_such_an_account_if_it_was_done(
    pool: Environment, *, is_done: bool
) -> None:
    """Who is asked for the second factor has the right password, though no session is opened."""
    ada = Person(pool)
    ada.sign_up()
    session = ada.log_in()
    take_app(ada, session["access_token"])
    ada.ask("POST", "/users/forgot_password", 200, json={"username": ada.seed.username})
    mailed = pool.cognito.outbox.last(ada.seed.username).code
    body = {"username": ada.seed.username, "confirmation_code": mailed}
    outages, call = pool.cognito.outages, "ConfirmForgotPassword"
    with outages.lose_answer(call) if is_done else outages.time_out(call):
        reset = {**body, "new_password": OTHER_PASSWORD}
        ada.ask("POST", "/users/reset_password", 503, json=reset)
    refused(ada, OTHER_PASSWORD if is_done else PASSWORD)
    assert ada.opens(session) is not is_done
    ada.refresh(session["refresh_token"], 401 if is_done else 200)
