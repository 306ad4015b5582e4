"""A code of Cognito's that says nothing of what was done: what may have been done is made good.

The codes are all those that AWS's own model of an operation names; what callers are told decides
which of them say that nothing was done.
"""

import pytest

from apiproof.cognito.validation import operations
from apiproof.environment import Environment
from tests.contract.pool_changes import change
from tests.contract.test_meanwhile import NEWCOMER, account_of, me
from tests.contract.valid_requests import valid
from tests.service import OTHER_PASSWORD


def codes(operation: str) -> list[str]:
    return sorted(shape.name for shape in operations()[operation].error_shapes)


def test_the_codes_are_those_that_say_something_and_others() -> None:
    """The control: were there none of the others, nothing would be tried."""
    for operation in ("SignUp", "ConfirmForgotPassword"):
        assert {"InvalidPasswordException", "UserLambdaValidationException"} < set(codes(operation))


@pytest.mark.parametrize("code", codes("SignUp"))
def test_an_account_that_a_sign_up_may_have_opened_is_withdrawn(
    env: Environment, code: str
) -> None:
    """Cognito has opened it, and then answers with a code: as it does where no mail is sent."""
    assert env.client.request("POST", "/users/signup", json=NEWCOMER).status_code == 201
    change(env, "DELETE FROM users")
    with env.cognito.outages.fail("SignUp", code, times=20):
        status = env.client.request("POST", "/users/signup", json=NEWCOMER).status_code
    is_told = status in {409, 422, 429}
    assert is_told or status == 503
    # Who is told that the name is taken is told so of an account that makes way first.
    is_left = is_told and status != 409
    assert (account_of(env, "newcomer") is not None) is is_left


@pytest.mark.parametrize("code", codes("ConfirmForgotPassword"))
def test_sessions_that_a_reset_may_have_ended_are_over(env: Environment, code: str) -> None:
    """Cognito has set the new password, and then answers with a code."""
    user = env.new_account()
    request = valid(env, "reset_password", user)
    env.aws.admin_set_user_password(
        UserPoolId=env.config.user_pool_id,
        Username=user.username,
        Password=OTHER_PASSWORD,
        Permanent=True,
    )
    with env.cognito.outages.fail("ConfirmForgotPassword", code):
        status = request.send(env.client).status_code
    assert status in {403, 422, 429, 503}
    assert me(env, user.access_token) == (401 if status == 503 else 200)
