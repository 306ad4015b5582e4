"""Login, refresh, sign-out and passwords; what a token is good for, and until when."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.contract.alteration import PATIENCE, changing
from tests.contract.examples import bearer, resigned, valid
from tests.subject import OTHER_PASSWORD, PASSWORD
from understudy.asgi import RemoteClient
from understudy.subject import Account
from understudy.world import World, scopes_of


def log_in(world: World, username: str, password: str) -> Any:
    form = {"username": username, "password": password}
    return world.client.request("POST", "/users/login", data=form)


def me(world: World, token: str) -> int:
    return int(world.client.request("GET", "/users/me", headers=bearer(token)).status_code)


def sign_out(world: World, user: Account) -> None:
    assert valid(world, "logout_user", user).send(world.client).status_code == 200


class TestLoginUser:
    def test_a_session_carries_the_scopes_of_the_trigger(self, world: World) -> None:
        user = world.account()
        session = log_in(world, user.username, user.password).json()
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
        assert me(world, session["access_token"]) == 200

    def test_a_group_narrows_the_scopes(self, world: World) -> None:
        guest = world.person("guest")
        token = log_in(world, guest.username, guest.password).json()["access_token"]
        assert scopes_of(token) == ("me",)
        assert world.client.request("GET", "/randoms", headers=bearer(token)).status_code == 403

    def test_unknown_user_and_wrong_password_look_alike(self, world: World) -> None:
        user = world.account()
        wrong = log_in(world, user.username, OTHER_PASSWORD)
        unknown = log_in(world, "nobody", OTHER_PASSWORD)
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.json() == unknown.json()
        assert wrong.headers.get("WWW-Authenticate") == unknown.headers.get("WWW-Authenticate")

    def test_an_unconfirmed_account_has_to_be_verified(self, world: World) -> None:
        user = world.unconfirmed()
        response = log_in(world, user.username, user.password)
        assert (response.status_code, response.json()) == (403, {"detail": "Verify your account"})

    def test_an_account_that_only_cognito_knows_moves_in(self, world: World) -> None:
        world.cognito.create_user("killed", "killed@example.com", PASSWORD)
        token = log_in(world, "killed", PASSWORD).json()["access_token"]
        assert me(world, token) == 200

    def test_an_address_that_another_account_has_meanwhile_is_409(self, world: World) -> None:
        user = world.account()
        world.cognito.create_user("killed", user.email, PASSWORD)
        assert log_in(world, "killed", PASSWORD).status_code == 409

    def test_the_trigger_failing_is_503(self, world: World) -> None:
        user = world.account()
        original = world.cognito.trigger

        def broken(_event: dict[str, Any], _context: object) -> dict[str, Any]:
            raise ValueError("no scopes today")

        world.cognito.trigger = broken
        try:
            response = log_in(world, user.username, user.password)
        finally:
            world.cognito.trigger = original
        assert response.status_code == 503
        assert "no scopes" not in response.text


class TestRefreshSession:
    def test_a_refreshed_token_is_the_same_identity(self, world: World) -> None:
        user = world.account()
        session = valid(world, "refresh_session", user).send(world.client).json()
        profile = world.client.request(
            "GET", "/users/me", headers=bearer(session["access_token"])
        ).json()
        assert profile["sub"] == user.sub

    def test_a_refreshed_session_can_be_refreshed_again(self, world: World) -> None:
        user = world.account()
        token = user.refresh_token
        for _ in range(3):
            body = {"username": user.username, "refresh_token": token}
            response = world.client.request("POST", "/users/refresh", json=body)
            assert response.status_code == 200
            token = response.json()["refresh_token"]
            assert me(world, response.json()["access_token"]) == 200

    def test_a_refreshed_token_has_no_more_rights(self, world: World) -> None:
        guest = world.person("guest")
        token = valid(world, "refresh_session", guest).send(world.client).json()["access_token"]
        assert scopes_of(token) == ("me",)

    def test_anothers_refresh_token_is_refused(self, world: World) -> None:
        user, other = world.account(), world.account()
        body = {"username": other.username, "refresh_token": user.refresh_token}
        assert world.client.request("POST", "/users/refresh", json=body).status_code == 401

    def test_a_signed_out_session_cannot_be_refreshed(self, world: World) -> None:
        user = world.account()
        sign_out(world, user)
        response = valid(world, "refresh_session", user).send(world.client)
        assert response.status_code == 401


class TestLogoutUser:
    def test_a_signed_out_token_is_refused_for_ever(self, world: World) -> None:
        user = world.account()
        assert me(world, user.access_token) == 200
        sign_out(world, user)
        assert me(world, user.access_token) == 401
        world.cognito.clock.advance(timedelta(seconds=30))
        assert me(world, user.access_token) == 401

    def test_all_sessions_end_and_a_new_login_works_at_once(self, world: World) -> None:
        user = world.account()
        second = log_in(world, user.username, user.password).json()["access_token"]
        sign_out(world, user)
        assert me(world, second) == 401
        third = log_in(world, user.username, user.password).json()["access_token"]
        assert me(world, third) == 200
        assert me(world, second) == 401

    def test_a_second_sign_out_ends_what_began_after_the_first(self, world: World) -> None:
        user = world.account()
        sign_out(world, user)
        session = log_in(world, user.username, user.password).json()
        assert me(world, session["access_token"]) == 200
        headers = bearer(session["access_token"])
        assert world.client.request("POST", "/users/logout", headers=headers).status_code == 200
        assert me(world, session["access_token"]) == 401

    def test_of_two_sign_outs_at_once_the_later_one_counts(self, world: World, live: str) -> None:
        user = world.account()
        request = valid(world, "logout_user", user)
        update, later = "UPDATE users SET signed_out_at = %s", int(time.time()) + 600
        with ThreadPoolExecutor(1) as pool:
            with changing(world, update, later) as wait_for_rival:
                answer = pool.submit(request.send, RemoteClient(live))
                wait_for_rival()
            assert answer.result(PATIENCE).status_code == 200
        # Opened after our own sign-out, but not after the later one.
        token = resigned(world, user.access_token, auth_time=later - 60)
        assert me(world, token) == 401

    def test_signing_out_concerns_nobody_else(self, world: World) -> None:
        user, other = world.account(), world.account()
        sign_out(world, user)
        assert me(world, other.access_token) == 200


class TestPasswords:
    def test_a_mailed_code_sets_a_new_password(self, world: World) -> None:
        user = world.account()
        assert valid(world, "reset_password", user).send(world.client).status_code == 200
        assert log_in(world, user.username, user.password).status_code == 401
        assert log_in(world, user.username, OTHER_PASSWORD).status_code == 200

    def test_a_code_is_good_once(self, world: World) -> None:
        request = valid(world, "reset_password")
        assert request.send(world.client).status_code == 200
        assert request.send(world.client).status_code == 403

    def test_a_code_expires(self, world: World) -> None:
        request = valid(world, "reset_password")
        world.cognito.clock.advance(timedelta(hours=1, seconds=1))
        assert request.send(world.client).status_code == 403

    def test_a_reset_ends_every_session(self, world: World) -> None:
        user = world.account()
        valid(world, "reset_password", user).send(world.client)
        assert me(world, user.access_token) == 401

    def test_a_changed_password_replaces_the_old_one(self, world: World) -> None:
        user = world.account()
        assert valid(world, "change_password", user).send(world.client).status_code == 200
        assert log_in(world, user.username, user.password).status_code == 401
        assert log_in(world, user.username, OTHER_PASSWORD).status_code == 200

    def test_the_current_password_is_asked_for(self, world: World) -> None:
        request = valid(world, "change_password")
        body = {"current_password": OTHER_PASSWORD, "new_password": OTHER_PASSWORD}
        assert request.send(world.client, json=body).status_code == 403


class TestTokens:
    @pytest.mark.parametrize("value", ["Basic YTpi", "Bearer", "bearer", "", "Token x"])
    def test_another_scheme_is_no_authentication(self, world: World, value: str) -> None:
        response = world.client.request("GET", "/users/me", headers={"Authorization": value})
        assert (response.status_code, response.json()) == (401, {"detail": "Not authenticated"})

    def test_an_expired_token_is_refused(self, world: World) -> None:
        user = world.account()
        world.cognito.clock.advance(timedelta(hours=-2))
        old = world.token(user.username)
        world.cognito.clock.reset()
        assert me(world, old) == 401

    @pytest.mark.parametrize(("left", "status"), [(-1, 401), (0, 401), (30, 200)])
    def test_a_token_is_good_until_the_second_of_its_expiry(
        self, world: World, left: int, status: int
    ) -> None:
        user = world.account()
        expiry = int(time.time()) + left
        token = world.cognito.mint(user.username, exp=expiry).access_token
        assert me(world, token) == status

    def test_rotated_keys_interrupt_nobody(self, world: World) -> None:
        user = world.account()
        world.cognito.keys.rotate()
        new = world.token(user.username)
        assert me(world, new) == 200
        assert me(world, user.access_token) == 200

    def test_a_disabled_account_is_refused_at_once(self, world: World) -> None:
        user = world.account()
        assert world.subject.disable is not None
        pool = {"UserPoolId": world.cognito.user_pool_id, "Username": user.username}
        assert world.aws.admin_get_user(**pool)["Enabled"]
        world.subject.disable(world.surroundings, user.username)
        assert not world.aws.admin_get_user(**pool)["Enabled"]
        assert me(world, user.access_token) == 401
        assert log_in(world, user.username, user.password).status_code == 401
