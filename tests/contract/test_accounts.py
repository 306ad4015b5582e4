"""Sign-up, verification and the profiles that follow from it."""

from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.http.client import AsgiClient, HttpClient
from tests.contract.pool_changes import altered, change
from tests.contract.valid_requests import bearer, valid
from tests.service import OTHER_PASSWORD, PASSWORD, application

NEWCOMER = {"username": "test", "email": "test@example.com", "password": PASSWORD}


def sign_up(client: HttpClient, **changes: str) -> Any:
    return client.request("POST", "/users/signup", json={**NEWCOMER, **changes})


class TestSignupUser:
    def test_a_new_user_can_be_read_back_by_the_sub(self, client: HttpClient) -> None:
        response = sign_up(client)
        assert response.status_code == 201
        assert response.json()["message"] == "User created successfully"
        sub = response.json()["sub"]
        profile = client.request("GET", f"/users/{sub}")
        assert profile.status_code == 200
        assert profile.json() == {"sub": sub, "username": "test", "email": "test@example.com"}

    @pytest.mark.parametrize(
        "taken",
        [
            {"email": "other@example.com"},
            {"username": "other"},
            {"username": "TEST", "email": "other@example.com"},
            {"username": "other", "email": "Test@Example.com"},
        ],
        ids=["username", "email", "username-in-capitals", "email-in-capitals"],
    )
    def test_a_taken_name_or_address_is_409(
        self, client: HttpClient, taken: dict[str, str]
    ) -> None:
        sign_up(client)
        response = sign_up(client, **taken)
        assert response.status_code == 409
        assert response.json() == {"detail": "Account with email exists"}

    def test_a_name_that_only_cognito_knows_is_409(self, env: Environment) -> None:
        env.cognito.create_user("test", "known@example.com", PASSWORD)
        response = sign_up(env.client)
        assert response.status_code == 409
        assert response.json() == {"detail": "Account with email exists"}

    def test_a_failed_sign_up_leaves_nothing_behind(self, env: Environment) -> None:
        with env.cognito.outages.fail("SignUp", "InternalErrorException"):
            assert sign_up(env.client).status_code == 503
        assert env.database.tables()["users"] == 0
        assert sign_up(env.client).status_code == 201

    def test_a_lost_answer_leaves_no_orphan_in_cognito(self, env: Environment) -> None:
        with env.cognito.outages.lose_answer("SignUp"):
            assert sign_up(env.client).status_code == 503
        pool = {"UserPoolId": env.cognito.user_pool_id}
        assert env.aws.list_users(**pool)["Users"] == []
        assert env.database.tables()["users"] == 0
        assert sign_up(env.client).status_code == 201

    @pytest.mark.parametrize("name", ["test", "TEST"])
    def test_an_orphan_of_a_killed_process_heals_at_the_next_sign_up(
        self, env: Environment, name: str
    ) -> None:
        env.cognito.create_user(name, "test@example.com", PASSWORD, confirmed=False)
        assert sign_up(env.client).status_code == 201

    def test_a_row_without_an_account_heals_at_the_next_sign_up(self, env: Environment) -> None:
        sign_up(env.client)
        env.aws.admin_delete_user(UserPoolId=env.cognito.user_pool_id, Username="test")
        assert sign_up(env.client).status_code == 201
        assert env.database.tables()["users"] == 1

    def test_healing_touches_only_rows_in_the_way(self, env: Environment) -> None:
        others = ["0first", "zlast"]
        subs = [sign_up(env.client, username=n, email=f"{n}@x.org").json()["sub"] for n in others]
        sign_up(env.client)
        for name in (*others, "test"):
            env.aws.admin_delete_user(UserPoolId=env.cognito.user_pool_id, Username=name)
        for sub, end in zip(subs, "0f", strict=True):  # before and after any other
            new = f"{end * 8}-{end * 4}-4{end * 3}-8{end * 3}-{end * 12}"
            change(env, "UPDATE users SET sub = %s WHERE sub = %s", new, sub)
        assert sign_up(env.client).status_code == 201
        assert env.database.tables()["users"] == 3

    @pytest.mark.parametrize(("lost", "status"), [(2, 201), (3, 409)])
    def test_a_neighbour_who_was_faster_and_went_away_is_no_obstacle(
        self, env: Environment, lost: int, status: int
    ) -> None:
        change = f"""
            CREATE SEQUENCE tries;
            CREATE FUNCTION outrun() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF nextval('tries') <= {lost} THEN
                    RAISE unique_violation;
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER outrun BEFORE INSERT ON users
            FOR EACH ROW EXECUTE FUNCTION outrun()
        """
        with altered(env, change, "DROP FUNCTION outrun CASCADE; DROP SEQUENCE tries"):
            assert sign_up(env.client).status_code == status

    @pytest.mark.parametrize(
        "body",
        [
            {"username": "a b"},
            {"username": "a\0b"},
            {"username": ""},
            {"username": "x" * 129},
            {"email": "nobody"},
            {"email": "a" * 65 + "@example.com"},
            {"email": "ada@" + "a" * 64 + ".com"},
            {"email": "ada@" + "a.bc." * 50 + "com"},
            {"password": "short"},
            {"password": "alllowercase1!"},
            {"username": "\ud800"},
        ],
        ids=lambda body: ascii(body)[:30],
    )
    def test_what_cognito_cannot_hold_is_422_and_is_not_echoed(
        self, client: HttpClient, body: dict[str, str]
    ) -> None:
        response = sign_up(client, **body)
        assert response.status_code == 422
        assert PASSWORD not in response.text
        assert all(set(problem) == {"loc", "msg", "type"} for problem in response.json()["detail"])


class TestVerifyUser:
    def test_the_mailed_code_opens_the_account(self, env: Environment) -> None:
        user = env.create_unconfirmed_user()
        body = {"username": user.username, "confirmation_code": env.code(user.username)}
        assert env.client.request("POST", "/users/verify", json=body).status_code == 200
        assert log_in(env, user.username, user.password).status_code == 200

    @pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "123456\n", "١٢٣٤٥٦"])
    def test_a_code_is_six_digits_of_ascii(self, env: Environment, code: str) -> None:
        body = {"username": "nobody", "confirmation_code": code}
        answer = env.client.request("POST", "/users/verify", json=body)
        assert answer.status_code == 422
        assert [problem["loc"][-1] for problem in answer.json()["detail"]] == ["confirmation_code"]

    def test_another_code_does_not(self, env: Environment) -> None:
        user = env.create_unconfirmed_user()
        code = f"{(int(env.code(user.username)) + 1) % 1_000_000:06d}"
        body = {"username": user.username, "confirmation_code": code}
        assert env.client.request("POST", "/users/verify", json=body).status_code == 403
        assert log_in(env, user.username, user.password).status_code == 403

    def test_an_unknown_user_looks_like_a_wrong_code(self, env: Environment) -> None:
        user = env.create_unconfirmed_user()
        wrong = {"username": user.username, "confirmation_code": "000000"}
        unknown = {"username": "nobody", "confirmation_code": "000000"}
        first = env.client.request("POST", "/users/verify", json=wrong)
        second = env.client.request("POST", "/users/verify", json=unknown)
        assert (first.status_code, first.json()) == (second.status_code, second.json())

    @pytest.mark.parametrize("known", ["verified", "waiting"])
    @pytest.mark.parametrize(
        "path", ["verify", "resend_confirmation_code", "forgot_password", "reset_password"]
    )
    def test_no_number_of_questions_tells_whether_a_user_exists(
        self, env: Environment, path: str, known: str
    ) -> None:
        """More of them than Cognito takes in an hour: only existing users have quotas."""
        user = env.new_account() if known == "verified" else env.create_unconfirmed_user()
        proof = {"confirmation_code": "000000"} if path in {"verify", "reset_password"} else {}
        change = {"new_password": OTHER_PASSWORD} if path == "reset_password" else {}
        told = []
        for name in (user.username, "nobody"):
            body = {"username": name, **proof, **change}
            answers = [env.client.request("POST", f"/users/{path}", json=body) for _ in range(17)]
            told.append([(answer.status_code, answer.content) for answer in answers])
        assert told[0] == told[1]
        assert len(set(told[1])) == 1

    def test_a_new_code_replaces_the_old_one(self, env: Environment) -> None:
        user = env.create_unconfirmed_user()
        old = env.code(user.username)
        body = {"username": user.username}
        resent = env.client.request("POST", "/users/resend_confirmation_code", json=body)
        assert resent.status_code == 200
        verify = {"username": user.username, "confirmation_code": old}
        assert env.client.request("POST", "/users/verify", json=verify).status_code == 403
        verify["confirmation_code"] = env.code(user.username)
        assert env.client.request("POST", "/users/verify", json=verify).status_code == 200

    @pytest.mark.parametrize("path", ["resend_confirmation_code", "forgot_password"])
    def test_nobody_learns_whether_a_user_exists(self, env: Environment, path: str) -> None:
        known = env.create_unconfirmed_user() if path.startswith("resend") else env.new_account()
        answers = [
            env.client.request("POST", f"/users/{path}", json={"username": name})
            for name in (known.username, "nobody")
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()

    def test_a_verified_account_gets_no_new_code(self, env: Environment) -> None:
        user = env.new_account()
        code = env.code(user.username)
        body = {"username": user.username}
        path = "/users/resend_confirmation_code"
        assert env.client.request("POST", path, json=body).status_code == 200
        assert env.code(user.username) == code


def log_in(env: Environment, username: str, password: str) -> Any:
    form = {"username": username, "password": password}
    return env.client.request("POST", "/users/login", data=form)


class TestProfile:
    def test_me_is_the_caller_and_none_of_the_others(self, env: Environment) -> None:
        _, user, _ = (env.new_account() for _ in range(3))
        profile = valid(env, "read_me", user).send(env.client).json()
        assert profile.pop("created_at")
        assert profile == {
            "sub": user.sub,
            "username": user.username,
            "email": user.email,
            "full_name": None,
        }

    @pytest.mark.parametrize("name", ["Ada L.", " Ada  L ", " ", "\x80\u00a0", "e\u0301 \u00e9"])
    def test_a_new_full_name_is_read_back(self, env: Environment, name: str) -> None:
        """As it was written: neither trimmed nor made one form of what looks the same."""
        user = env.new_account()
        change = valid(env, "update_me", user).send(env.client, json={"full_name": name})
        assert change.status_code == 200
        profile = valid(env, "read_me", user).send(env.client).json()
        assert change.json()["full_name"] == profile["full_name"] == name

    def test_me_is_not_shadowed_by_the_public_profile(self, env: Environment) -> None:
        assert env.client.request("GET", "/users/me").status_code == 401

    def test_an_unknown_sub_is_404(self, client: HttpClient) -> None:
        response = client.request("GET", "/users/6f1f1b8e-43a5-4a9b-9c53-2f7c7d1f3c55")
        assert (response.status_code, response.json()) == (404, {"detail": "User not found"})

    def test_a_deleted_account_is_gone_on_both_sides_and_can_be_made_again(
        self, env: Environment
    ) -> None:
        user = env.new_account()
        valid(env, "create_random", user).send(env.client)
        assert valid(env, "delete_me", user).send(env.client).status_code == 204
        assert set(env.database.tables().values()) == {0}
        assert env.aws.list_users(UserPoolId=env.cognito.user_pool_id)["Users"] == []
        headers = bearer(user.access_token)
        assert env.client.request("GET", "/users/me", headers=headers).status_code == 401
        again = sign_up(env.client, username=user.username, email=user.email)
        assert again.status_code == 201

    def test_who_has_the_name_by_now_keeps_the_account(self, env: Environment) -> None:
        """An operator deleted the account at Cognito, and somebody else has one of that name."""
        user = env.new_account()
        env.aws.admin_delete_user(UserPoolId=env.cognito.user_pool_id, Username=user.username)
        sub = env.cognito.create_user(user.username, "next@example.com", PASSWORD)
        assert valid(env, "delete_me", user).send(env.client).status_code == 204
        users = env.aws.list_users(UserPoolId=env.cognito.user_pool_id)["Users"]
        assert [{a["Name"]: a["Value"] for a in u["Attributes"]}["sub"] for u in users] == [sub]


@pytest.mark.parametrize("shown", [True, False])
def test_the_address_is_in_public_profiles_as_the_setting_says(
    env: Environment, *, shown: bool
) -> None:
    user = env.new_account()
    with AsgiClient(application(env.config, public_email=shown)) as client:
        profile = client.request("GET", f"/users/{user.sub}").json()
        assert ("email" in profile) is shown
        assert (user.email in str(profile)) is shown
        own = client.request("GET", "/users/me", headers=bearer(user.access_token))
        assert own.json()["email"] == user.email
        document = client.request("GET", "/openapi.json").json()
    answer = document["paths"]["/users/{sub}"]["get"]["responses"]["200"]
    name = answer["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
    assert ("email" in document["components"]["schemas"][name]["properties"]) is shown
