from collections.abc import Iterator

import pytest

from api.admin import disable, enable, main
from api.dependencies import AppState
from api.errors import UserNotFound
from apiproof.environment import Environment
from apiproof.service import Account
from tests.service import PASSWORD, settings_for


@pytest.fixture
def inside(env: Environment) -> Iterator[AppState]:
    inside = AppState.build(settings_for(env.config))
    yield inside
    inside.database.engine.dispose()


def me(env: Environment, token: str) -> int:
    answer = env.client.request("GET", "/users/me", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


def log_in(env: Environment, user: Account) -> str | None:
    form = {"username": user.username, "password": user.password}
    answer = env.client.request("POST", "/users/login", data=form)
    return str(answer.json()["access_token"]) if answer.status_code == 200 else None


def test_a_disabled_users_token_is_refused_at_once(env: Environment, inside: AppState) -> None:
    user = env.new_account()
    assert me(env, user.access_token) == 200
    disable(inside.database, inside.identity, user.username.upper(), inside.sign_out_cutoff)
    assert me(env, user.access_token) == 401
    assert log_in(env, user) is None


def test_the_row_alone_shuts_a_disabled_user_out(env: Environment, inside: AppState) -> None:
    user = env.new_account()
    disable(inside.database, inside.identity, user.username, cutoff=lambda: 0)
    assert me(env, user.access_token) == 401


def test_an_enabled_user_logs_in_anew(env: Environment, inside: AppState) -> None:
    user = env.new_account()
    disable(inside.database, inside.identity, user.username, inside.sign_out_cutoff)
    enable(inside.database, inside.identity, user.username)
    assert me(env, user.access_token) == 401
    token = log_in(env, user)
    assert token is not None
    assert me(env, token) == 200


def test_a_failure_of_cognito_disables_nothing(env: Environment, inside: AppState) -> None:
    user = env.new_account()
    with (
        env.cognito.outages.fail("AdminDisableUser", "UserNotFoundException"),
        pytest.raises(UserNotFound),
    ):
        disable(inside.database, inside.identity, user.username, inside.sign_out_cutoff)
    assert me(env, user.access_token) == 200


def test_an_account_without_a_row_is_shut_and_opened_by_any_spelling(
    env: Environment, inside: AppState
) -> None:
    env.cognito.create_user("Mary", "mary@example.com", PASSWORD)
    pool = {"UserPoolId": env.cognito.user_pool_id, "Username": "Mary"}
    form = {"username": "mary", "password": PASSWORD}
    disable(inside.database, inside.identity, "MARY", inside.sign_out_cutoff)
    assert env.aws.admin_get_user(**pool)["Enabled"] is False
    assert env.client.request("POST", "/users/login", data=form).status_code == 401
    enable(inside.database, inside.identity, "mary")
    assert env.client.request("POST", "/users/login", data=form).status_code == 200


def test_nobody_is_shut_by_the_sub_of_an_account(env: Environment, inside: AppState) -> None:
    sub = env.cognito.create_user("Mary", "mary@example.com", PASSWORD)
    with pytest.raises(UserNotFound):
        disable(inside.database, inside.identity, sub, inside.sign_out_cutoff)


def test_a_reservation_is_nobody_to_shut(env: Environment, inside: AppState) -> None:
    with env.cognito.outages.time_out("SignUp"), env.cognito.outages.time_out("AdminGetUser"):
        body = {"username": "ada", "email": "ada@example.com", "password": PASSWORD}
        assert env.client.request("POST", "/users/signup", json=body).status_code == 503
    with pytest.raises(UserNotFound):
        disable(inside.database, inside.identity, "ada", inside.sign_out_cutoff)


def test_nobody_can_be_neither_disabled_nor_enabled(inside: AppState) -> None:
    with pytest.raises(UserNotFound):
        disable(inside.database, inside.identity, "nobody", inside.sign_out_cutoff)
    with pytest.raises(UserNotFound):
        enable(inside.database, inside.identity, "nobody")


def test_the_command_ends_with_0_only_if_it_did_what_was_asked(
    env: Environment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("api.admin.read_settings", lambda: settings_for(env.config))
    user = env.new_account()
    assert main(["disable", user.username]) == 0
    assert log_in(env, user) is None
    assert main(["enable", user.username]) == 0
    assert log_in(env, user) is not None
    assert main(["disable", "nobody"]) == 2
    assert "nobody" in capsys.readouterr().err
