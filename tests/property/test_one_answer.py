"""Who does not know a code learns nothing of who exists, neither by the answer nor by the work.

Wall time is noisy; what takes time is counted: the calls to Cognito.
"""

from collections.abc import Callable

import pytest
import requests

from apiproof.environment import Environment
from tests.property.api_driver import ApiDriver, somebody
from tests.property.faults import intercepted

CODE, PASSWORD = "000000", "Staple-8-Correct-Horse"


def _verified(driver: ApiDriver) -> None:
    driver.settle(somebody())


def _waiting(driver: ApiDriver) -> None:
    assert driver.sign_up(somebody()).status_code == 201


# More than Cognito lets one user do in an hour: that tells nothing, either.
ATTEMPTS = 7
STATES = [_verified, _waiting]
BODIES = {
    "/users/verify": {"confirmation_code": CODE},
    "/users/resend_confirmation_code": {},
    "/users/forgot_password": {},
    "/users/reset_password": {"confirmation_code": CODE, "new_password": PASSWORD},
}


def _told(answer: requests.Response) -> tuple[int, bytes, dict[str, str]]:
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    return answer.status_code, answer.content, headers


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("path", BODIES)
def test_known_and_unknown_names_are_answered_alike_and_with_the_same_calls(
    env: Environment, path: str, state: Callable[[ApiDriver], None]
) -> None:
    driver = ApiDriver(env)
    state(driver)

    def ask(name: str) -> tuple[tuple[int, bytes, dict[str, str]], list[str]]:
        with intercepted(env) as listened:
            answer = env.client.request("POST", path, json={"username": name, **BODIES[path]})
        return _told(answer), listened.calls

    for _ in range(ATTEMPTS):
        known = ask("ada")
        assert known == ask("nobody-of-that-name")
        assert known[1], "Cognito was asked"
