"""A login or refresh that is under way when the account's sessions end does not survive that.

The order is forced: Cognito's answer (or the request to it) is held until the other request has
been answered.
"""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from apiproof.deployment import Deployment
from apiproof.http.client import HttpClient
from apiproof.network_faults import Hold
from apiproof.service import Account
from tests.contract.live.crowd import Timed, crowd, fresh, send
from tests.contract.valid_requests import Valid, bearer, valid
from tests.service import OTHER_PASSWORD, SERVICE

MOMENTS = {"before Cognito knows": Hold(), "after Cognito has agreed": Hold(acts=True)}


def _ask(deployed: Deployment, request: Valid) -> Timed:
    with HttpClient(deployed.url) as client:
        return send(client, request)


def _by_request(operation_id: str) -> Callable[[Deployment, Account], Callable[[], None]]:
    def prepare(deployed: Deployment, user: Account) -> Callable[[], None]:
        request = valid(deployed.env, operation_id, user)

        def end() -> None:
            answer = _ask(deployed, request)
            assert answer.is_success, answer

        return end

    return prepare


def _disable(deployed: Deployment, user: Account) -> Callable[[], None]:
    assert SERVICE.disable is not None
    disable = SERVICE.disable
    return lambda: disable(deployed.env.config, user.username)


ENDINGS = {
    "reset_password": _by_request("reset_password"),
    "change_password": _by_request("change_password"),
    "logout_user": _by_request("logout_user"),
    "delete_me": _by_request("delete_me"),
    "disable": _disable,
}
NEW_PASSWORD = {"reset_password", "change_password"}
GONE = {"delete_me", "disable"}


def opens(deployed: Deployment, access_token: str) -> bool:
    """Whether a token opens the profile."""
    answer = _ask(deployed, Valid("read_me", "/users/me", headers=bearer(access_token)))
    assert answer.status in {200, 401}, answer
    return answer.status == 200


def login_of(user: Account) -> Valid:
    form = {"username": user.username, "password": user.password}
    return Valid("login_user", "/users/login", form=form)


def tokens(answer: Timed) -> dict[str, str]:
    return dict(json.loads(answer.text))


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_overtaken_login_opens_nothing(deployed: Deployment, ending: str, moment: str) -> None:
    user = deployed.env.new_account()
    end = ENDINGS[ending](deployed, user)
    with (
        deployed.cognito.fault(MOMENTS[moment], when=b"InitiateAuth", times=1) as active,
        crowd(deployed.url, [login_of(user)]) as waiting,
    ):
        active.wait()
        end()
        active.end()
        (answer,) = waiting.answers()
    assert answer.status != 500
    # A sign-out ends what was before it; a login that Cognito hears of afterwards is after it.
    is_later = ending == "logout_user" and moment == "before Cognito knows"
    if answer.is_success and not is_later:
        found = tokens(answer)
        assert not opens(deployed, found["access_token"])
        body = {"username": user.username, "refresh_token": found["refresh_token"]}
        assert not _ask(deployed, Valid("refresh_session", "/users/refresh", json=body)).is_success
    if ending not in GONE:
        password = OTHER_PASSWORD if ending in NEW_PASSWORD else user.password
        again = _ask(deployed, login_of(replace(user, password=password)))
        assert again.is_success, again
        assert opens(deployed, tokens(again)["access_token"])


def test_an_overtaken_login_does_not_bring_a_deleted_account_back(deployed: Deployment) -> None:
    user = deployed.env.new_account()
    end = ENDINGS["delete_me"](deployed, user)
    with (
        deployed.cognito.fault(Hold(acts=True), when=b"InitiateAuth", times=1) as active,
        crowd(deployed.url, [login_of(user)]) as waiting,
    ):
        active.wait()
        end()
        active.end()
        waiting.answers()
    assert _ask(deployed, Valid("read_user", f"/users/{user.sub}")).status == 404
    body = {"username": user.username, "email": user.email, "password": user.password}
    assert _ask(deployed, Valid("signup_user", "/users/signup", json=body)).status == 201


@pytest.mark.parametrize("ending", ["reset_password", "logout_user", "delete_me", "disable"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_an_overtaken_refresh_is_refused(deployed: Deployment, ending: str, moment: str) -> None:
    user = deployed.env.new_account()
    end = ENDINGS[ending](deployed, user)
    refresh = fresh(deployed, "refresh_session", user)
    with (
        deployed.cognito.fault(
            MOMENTS[moment], when=b"GetTokensFromRefreshToken", times=1
        ) as active,
        crowd(deployed.url, [refresh]) as waiting,
    ):
        active.wait()
        end()
        active.end()
        (answer,) = waiting.answers()
    assert not answer.is_success, "a dead token is no success"
    assert answer.status in {401, 503}, answer
