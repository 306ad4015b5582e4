"""Login, refresh, sign-out and passwords; what a token is good for, and until when."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from apiproof.environment import Environment, scopes_of
from apiproof.http.client import HttpClient
from apiproof.service import Account
from tests.contract.events import PATIENCE
from tests.contract.pool_changes import changing
from tests.contract.valid_requests import bearer, resigned, valid
from tests.service import OTHER_PASSWORD, PASSWORD


def log_in(env: Environment, username: str, password: str) -> Any:
    form = {"username": username, "password": password}
    return env.client.request("POST", "/users/login", data=form)


def me(env: Environment, token: str) -> int:
    return int(env.client.request("GET", "/users/me", headers=bearer(token)).status_code)


def sign_out(env: Environment, user: Account) -> None:
    assert valid(env, "logout_user", user).send(env.client).status_code == 200


class TestLoginUser:
    def test_a_session_carries_the_scopes_of_the_trigger(self, env: Environment) -> None:
        user = env.new_account()
        session = log_in(env, user.username, user.password).json()
        assert set(session) == {
            "access_token",
            "id_token",
            "refresh_token",
            "token_type",
            "expires_in",
        }
        assert session["token_type"] == "bearer"
        assert session["expires_in"] == 3600
        assert set(scopes_of(session["access_token"])) == {"me", "randoms"}
        assert me(env, session["access_token"]) == 200

    def test_a_group_narrows_the_scopes(self, env: Environment) -> None:
        guest = env.user("guest")
        token = log_in(env, guest.username, guest.password).json()["access_token"]
        assert scopes_of(token) == ("me",)
        assert env.client.request("GET", "/randoms", headers=bearer(token)).status_code == 403

    def test_unknown_user_and_wrong_password_look_alike(self, env: Environment) -> None:
        user = env.new_account()
        wrong = log_in(env, user.username, OTHER_PASSWORD)
        unknown = log_in(env, "nobody", OTHER_PASSWORD)
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.json() == unknown.json()
        assert wrong.headers.get("WWW-Authenticate") == unknown.headers.get("WWW-Authenticate")

    def test_an_unconfirmed_account_has_to_be_verified(self, env: Environment) -> None:
        user = env.create_unconfirmed_user()
        response = log_in(env, user.username, user.password)
        assert (response.status_code, response.json()) == (403, {"detail": "Verify your account"})

    def test_an_account_that_only_cognito_knows_moves_in(self, env: Environment) -> None:
        env.cognito.create_user("killed", "killed@example.com", PASSWORD)
        token = log_in(env, "killed", PASSWORD).json()["access_token"]
        assert me(env, token) == 200

    def test_an_address_that_another_account_has_meanwhile_is_409(self, env: Environment) -> None:
        user = env.new_account()
        env.cognito.create_user("killed", user.email, PASSWORD)
        assert log_in(env, "killed", PASSWORD).status_code == 409

    def test_the_trigger_failing_is_503(self, env: Environment) -> None:
        user = env.new_account()
        original = env.cognito.trigger

        def broken(_event: dict[str, Any], _context: object) -> dict[str, Any]:
            raise ValueError("no scopes today")

        env.cognito.trigger = broken
        try:
            response = log_in(env, user.username, user.password)
        finally:
            env.cognito.trigger = original
        assert response.status_code == 503
        assert "no scopes" not in response.text


class TestRefreshSession:
    def test_a_refreshed_token_is_the_same_identity(self, env: Environment) -> None:
        user = env.new_account()
        session = valid(env, "refresh_session", user).send(env.client).json()
        profile = env.client.request(
            "GET", "/users/me", headers=bearer(session["access_token"])
        ).json()
        assert profile["sub"] == user.sub

    def test_a_refreshed_session_can_be_refreshed_again(self, env: Environment) -> None:
        user = env.new_account()
        token = user.refresh_token
        for _ in range(3):
            body = {"username": user.username, "refresh_token": token}
            response = env.client.request("POST", "/users/refresh", json=body)
            assert response.status_code == 200
            token = response.json()["refresh_token"]
            assert me(env, response.json()["access_token"]) == 200

    def test_a_refreshed_token_has_no_more_rights(self, env: Environment) -> None:
        guest = env.user("guest")
        token = valid(env, "refresh_session", guest).send(env.client).json()["access_token"]
        assert scopes_of(token) == ("me",)

    def test_anothers_refresh_token_is_refused(self, env: Environment) -> None:
        user, other = env.new_account(), env.new_account()
        body = {"username": other.username, "refresh_token": user.refresh_token}
        assert env.client.request("POST", "/users/refresh", json=body).status_code == 401

    def test_a_signed_out_session_cannot_be_refreshed(self, env: Environment) -> None:
        user = env.new_account()
        sign_out(env, user)
        response = valid(env, "refresh_session", user).send(env.client)
        assert response.status_code == 401


class TestLogoutUser:
    def test_a_signed_out_token_is_refused_for_ever(self, env: Environment) -> None:
        user = env.new_account()
        assert me(env, user.access_token) == 200
        sign_out(env, user)
        assert me(env, user.access_token) == 401
        env.cognito.clock.advance(timedelta(seconds=30))
        assert me(env, user.access_token) == 401

    def test_all_sessions_end_and_a_new_login_works_at_once(self, env: Environment) -> None:
        user = env.new_account()
        second = log_in(env, user.username, user.password).json()["access_token"]
        sign_out(env, user)
        assert me(env, second) == 401
        third = log_in(env, user.username, user.password).json()["access_token"]
        assert me(env, third) == 200
        assert me(env, second) == 401

    def test_a_second_sign_out_ends_what_began_after_the_first(self, env: Environment) -> None:
        user = env.new_account()
        sign_out(env, user)
        session = log_in(env, user.username, user.password).json()
        assert me(env, session["access_token"]) == 200
        headers = bearer(session["access_token"])
        assert env.client.request("POST", "/users/logout", headers=headers).status_code == 200
        assert me(env, session["access_token"]) == 401

    def test_of_two_sign_outs_at_once_the_later_one_counts(
        self, env: Environment, live: str
    ) -> None:
        user = env.new_account()
        request = valid(env, "logout_user", user)
        update, later = "UPDATE users SET signed_out_at = %s", int(time.time()) + 600
        with ThreadPoolExecutor(1) as pool:
            with changing(env, update, later) as wait_for_rival:
                answer = pool.submit(request.send, HttpClient(live))
                wait_for_rival()
            assert answer.result(PATIENCE).status_code == 200
        # Opened after our own sign-out, but not after the later one.
        token = resigned(env, user.access_token, auth_time=later - 60)
        assert me(env, token) == 401

    def test_signing_out_concerns_nobody_else(self, env: Environment) -> None:
        user, other = env.new_account(), env.new_account()
        sign_out(env, user)
        assert me(env, other.access_token) == 200


class TestPasswords:
    def test_a_mailed_code_sets_a_new_password(self, env: Environment) -> None:
        user = env.new_account()
        assert valid(env, "reset_password", user).send(env.client).status_code == 200
        assert log_in(env, user.username, user.password).status_code == 401
        assert log_in(env, user.username, OTHER_PASSWORD).status_code == 200

    def test_a_code_is_good_once(self, env: Environment) -> None:
        request = valid(env, "reset_password")
        assert request.send(env.client).status_code == 200
        assert request.send(env.client).status_code == 403

    def test_a_code_expires(self, env: Environment) -> None:
        request = valid(env, "reset_password")
        env.cognito.clock.advance(timedelta(hours=1, seconds=1))
        assert request.send(env.client).status_code == 403

    def test_a_reset_ends_every_session(self, env: Environment) -> None:
        user = env.new_account()
        valid(env, "reset_password", user).send(env.client)
        assert me(env, user.access_token) == 401

    def test_a_changed_password_replaces_the_old_one(self, env: Environment) -> None:
        user = env.new_account()
        assert valid(env, "change_password", user).send(env.client).status_code == 200
        assert log_in(env, user.username, user.password).status_code == 401
        assert log_in(env, user.username, OTHER_PASSWORD).status_code == 200

    def test_the_current_password_is_asked_for(self, env: Environment) -> None:
        request = valid(env, "change_password")
        body = {"current_password": OTHER_PASSWORD, "new_password": OTHER_PASSWORD}
        assert request.send(env.client, json=body).status_code == 403


class TestTokens:
    @pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "bearer", "", "Token x"])
    def test_another_scheme_is_no_authentication(self, env: Environment, value: str) -> None:
        response = env.client.request("GET", "/users/me", headers={"Authorization": value})
        assert (response.status_code, response.json()) == (401, {"detail": "Not authenticated"})

    def test_an_expired_token_is_refused(self, env: Environment) -> None:
        user = env.new_account()
        env.cognito.clock.advance(timedelta(hours=-2))
        old = env.token(user.username)
        env.cognito.clock.reset()
        assert me(env, old) == 401

    @pytest.mark.parametrize(("left", "status"), [(-1, 401), (0, 401), (30, 200)])
    def test_a_token_is_good_until_the_second_of_its_expiry(
        self, env: Environment, left: int, status: int
    ) -> None:
        user = env.new_account()
        expiry = int(time.time()) + left
        token = env.cognito.issue_tokens(user.username, exp=expiry).access_token
        assert me(env, token) == status

    def test_rotated_keys_interrupt_nobody(self, env: Environment) -> None:
        user = env.new_account()
        env.cognito.keys.rotate()
        new = env.token(user.username)
        assert me(env, new) == 200
        assert me(env, user.access_token) == 200

    def test_a_disabled_account_is_refused_at_once(self, env: Environment) -> None:
        user = env.new_account()
        assert env.service.disable is not None
        pool = {"UserPoolId": env.cognito.user_pool_id, "Username": user.username}
        assert env.aws.admin_get_user(**pool)["Enabled"]
        env.service.disable(env.config, user.username)
        assert not env.aws.admin_get_user(**pool)["Enabled"]
        assert me(env, user.access_token) == 401
        assert log_in(env, user.username, user.password).status_code == 401
