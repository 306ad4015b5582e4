"""Requests that change an account, each with what has to be there before: where faults happen.

Knows the operations of the API, and no fault.
"""

from collections.abc import Callable
from dataclasses import dataclass

import requests

from apiproof.environment import Environment
from apiproof.postgres.connection import ReconnectingConnection
from tests.property.api_driver import PASSWORD, RESET, ApiDriver, somebody

OTHER_PASSWORD = "Staple-8-Correct-Horse"
ADA = somebody("ada")


@dataclass(frozen=True)
class Scenario:
    """A request in its context.

    Attributes:
        before: prepares, and returns the request.
        passwords: one of them is in force afterwards.
    """

    before: Callable[[ApiDriver], Callable[[], requests.Response]]
    passwords: tuple[str, ...] = (PASSWORD,)


def _forget_in_pool(env: Environment) -> None:
    pool = {"UserPoolId": env.cognito.user_pool_id}
    env.aws.admin_delete_user(**pool, Username="ada")


def _sign_up(driver: ApiDriver) -> Callable[[], requests.Response]:
    return lambda: driver.sign_up(ADA)


def _sign_up_over_a_stale_row(driver: ApiDriver) -> Callable[[], requests.Response]:
    driver.settle(ADA)
    _forget_in_pool(driver.env)
    return lambda: driver.sign_up(ADA)


def _sign_up_over_an_orphan(driver: ApiDriver) -> Callable[[], requests.Response]:
    driver.env.cognito.create_user("ada", ADA.email, OTHER_PASSWORD, confirmed=False)
    return lambda: driver.sign_up(ADA)


def _log_in_without_a_row(driver: ApiDriver) -> Callable[[], requests.Response]:
    driver.env.cognito.create_user("ada", ADA.email, PASSWORD, confirmed=False)
    assert driver.verify("ada", driver.code("ada")).status_code == 200
    return lambda: driver.log_in("ada", PASSWORD)


def _delete(driver: ApiDriver) -> Callable[[], requests.Response]:
    token = driver.settle(ADA)["access_token"]
    return lambda: driver.delete_me(token)


def _verify(driver: ApiDriver) -> Callable[[], requests.Response]:
    assert driver.sign_up(ADA).status_code == 201
    code = driver.code("ada")
    return lambda: driver.verify("ada", code)


def _log_out(driver: ApiDriver) -> Callable[[], requests.Response]:
    token = driver.settle(ADA)["access_token"]
    return lambda: driver.log_out(token)


def _refresh(driver: ApiDriver) -> Callable[[], requests.Response]:
    refresh_token = driver.settle(ADA)["refresh_token"]
    return lambda: driver.refresh("ada", refresh_token)


def _change_password(driver: ApiDriver) -> Callable[[], requests.Response]:
    token = driver.settle(ADA)["access_token"]
    return lambda: driver.change_password(token, PASSWORD, OTHER_PASSWORD)


def _reset(driver: ApiDriver) -> Callable[[], requests.Response]:
    driver.settle(ADA)
    assert driver.forgot("ada").status_code == 200
    code = driver.code("ada", RESET)
    return lambda: driver.reset("ada", code, OTHER_PASSWORD)


EITHER = (PASSWORD, OTHER_PASSWORD)
SCENARIOS = {
    "sign-up": Scenario(_sign_up),
    "sign-up-over-a-stale-row": Scenario(_sign_up_over_a_stale_row),
    "sign-up-over-an-orphan": Scenario(_sign_up_over_an_orphan, EITHER),
    "login-without-a-row": Scenario(_log_in_without_a_row),
    "verify": Scenario(_verify),
    "refresh": Scenario(_refresh),
    "logout": Scenario(_log_out),
    "change-password": Scenario(_change_password, EITHER),
    "reset-password": Scenario(_reset, EITHER),
    "delete": Scenario(_delete),
}


def pass_time(env: Environment) -> None:
    """Let so much time pass that no sign-up of before can be under way any more.

    That names are free again by then, and not before, is a test of its own.
    """
    connection = ReconnectingConnection(env.database.libpq_url)
    try:
        connection.run("UPDATE users SET reserved_until = now() WHERE reserved_until > now()")
    finally:
        connection.close()


def use_or_recreate(driver: ApiDriver, passwords: tuple[str, ...]) -> None:
    """Try again as a user would: the account works, or can be made anew and then works.

    Args:
        driver: of the API after the fault.
        passwords: one of which is in force if the account is there.
    """
    pass_time(driver.env)
    if driver.sign_up(ADA).status_code == 201:
        passwords = (PASSWORD,)
    assert driver.resend("ada").status_code == 200
    verified = driver.verify("ada", driver.code("ada"))
    assert verified.status_code in {200, 403}  # 403 where it is verified already
    answers = [driver.log_in("ada", password) for password in passwords]
    good = [answer for answer in answers if answer.status_code == 200]
    assert good, [answer.status_code for answer in answers]
    token = good[0].json()["access_token"]
    assert driver.me(token).json()["email"] == ADA.email
    assert driver.delete_me(token).status_code == 204
    assert driver.sign_up(ADA).status_code == 201
