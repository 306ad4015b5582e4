"""`apiproof cognito`: what its options do, and what it says of wrong ones."""

import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from botocore.exceptions import ClientError

from apiproof.cli import main
from apiproof.cognito import serving
from tests.cognito.pools import PASSWORD
from tests.cognito.served import client_of

Ready = dict[str, Any]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Run the command, look at what it serves, and interrupt it."""

    def command(look: Callable[[Ready, Any], None], *options: str) -> None:
        ready_file = tmp_path / "ready.json"

        class Interrupted(threading.Event):
            def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002 - Event's
                ready = json.loads(ready_file.read_text())
                look(ready, client_of(ready))
                raise KeyboardInterrupt

        monkeypatch.setattr(serving, "Event", Interrupted)
        with pytest.raises(SystemExit) as end:
            main(["cognito", "--ready-file", str(ready_file), *options])
        assert end.value.code == 0

    return command


def written(path: Path, document: Any) -> str:
    path.write_text(json.dumps(document))
    return str(path)


def sign_in(aws: Any, ready: Ready, username: str, flow: str = "USER_PASSWORD_AUTH") -> Any:
    return aws.initiate_auth(
        ClientId=ready["client_id"],
        AuthFlow=flow,
        AuthParameters={"USERNAME": username, "PASSWORD": PASSWORD},
    )


def test_ids_and_region_are_the_ones_asked_for(run: Callable[..., None]) -> None:
    def look(ready: Ready, aws: Any) -> None:
        assert ready["user_pool_id"] == "eu-west-1_Local1234"
        assert ready["client_id"] == "spa"
        pool = aws.describe_user_pool(UserPoolId="eu-west-1_Local1234")["UserPool"]
        assert pool["Id"] == "eu-west-1_Local1234"
        assert aws.describe_user_pool_client(UserPoolId=pool["Id"], ClientId="spa")

    run(look, "--region=eu-west-1", "--user-pool-id=eu-west-1_Local1234", "--client-id=spa")


def test_client_without_secret_signs_in_by_the_flows_asked_for(
    run: Callable[..., None], tmp_path: Path
) -> None:
    users = written(tmp_path / "users.json", [{"Username": "ada", "Password": PASSWORD}])

    def look(ready: Ready, aws: Any) -> None:
        assert ready["client_secret"] == ""
        with pytest.raises(ClientError, match="USER_PASSWORD_AUTH flow not enabled"):
            sign_in(aws, ready, "ada")
        answer = sign_in(aws, ready, "ada", "USER_AUTH")
        assert answer["ChallengeName"] == "SELECT_CHALLENGE"

    run(look, "--no-secret", "--auth-flow=ALLOW_USER_AUTH", f"--users={users}")


def test_pool_and_client_are_set_up_by_files_in_awss_shape(
    run: Callable[..., None], tmp_path: Path
) -> None:
    pool = {
        "PoolName": "mine",
        "Policies": {"PasswordPolicy": {"MinimumLength": 30}},
        "UsernameAttributes": ["email"],
    }
    client = {"ClientName": "web", "GenerateSecret": False, "AccessTokenValidity": 2}
    pool_file = written(tmp_path / "pool.json", pool)
    client_file = written(tmp_path / "client.json", client)

    def look(ready: Ready, aws: Any) -> None:
        described = aws.describe_user_pool(UserPoolId=ready["user_pool_id"])["UserPool"]
        assert described["Name"] == "mine"
        with pytest.raises(ClientError, match="Password not long enough"):
            aws.sign_up(ClientId=ready["client_id"], Username="a@b.cc", Password=PASSWORD)
        with pytest.raises(ClientError, match="Username should be an email"):
            aws.sign_up(ClientId=ready["client_id"], Username="ada", Password=PASSWORD * 2)

    run(look, f"--pool={pool_file}", f"--client={client_file}")


def test_users_are_there_from_the_beginning(run: Callable[..., None], tmp_path: Path) -> None:
    attributes = [
        {"Name": "email", "Value": "ada@example.com"},
        {"Name": "email_verified", "Value": "true"},
    ]
    users = [
        {
            "Username": "ada",
            "Password": PASSWORD,
            "UserAttributes": attributes,
            "Groups": ["staff", "admins"],
        },
        {"Username": "bob", "TemporaryPassword": PASSWORD},
    ]
    file = written(tmp_path / "users.json", users)

    def look(ready: Ready, aws: Any) -> None:
        tokens = sign_in(aws, ready, "ada")["AuthenticationResult"]
        claims = jwt.decode(tokens["IdToken"], options={"verify_signature": False})
        assert set(claims["cognito:groups"]) == {"staff", "admins"}
        assert claims["email_verified"] is True
        assert sign_in(aws, ready, "bob")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"

    options = ("--no-secret", f"--users={file}", f"--state={tmp_path / 'state'}")
    run(look, *options)


def test_state_keeps_users_who_were_there_from_the_beginning(
    run: Callable[..., None], tmp_path: Path
) -> None:
    file = written(tmp_path / "users.json", [{"Username": "ada", "Password": PASSWORD}])
    options = ("--no-secret", f"--users={file}", f"--state={tmp_path / 'state'}")
    seen: list[str] = []

    def change(ready: Ready, aws: Any) -> None:
        seen.append(ready["user_pool_id"])
        aws.admin_set_user_password(
            UserPoolId=ready["user_pool_id"],
            Username="ada",
            Password=f"{PASSWORD}-new",
            Permanent=True,
        )

    def look(ready: Ready, aws: Any) -> None:
        assert ready["user_pool_id"] == seen[0]
        with pytest.raises(ClientError, match="Incorrect"):
            sign_in(aws, ready, "ada")

    run(change, *options)
    run(look, *options)


@pytest.mark.parametrize("issuer", ["endpoint", "http://idp.test/", None])
def test_issuer_is_the_one_asked_for(run: Callable[..., None], issuer: str | None) -> None:
    def look(ready: Ready, aws: Any) -> None:
        bases = {
            "endpoint": ready["endpoint_url"],
            "http://idp.test/": "http://idp.test",
            None: "https://cognito-idp.us-east-1.amazonaws.com",
        }
        assert ready["issuer"] == f"{bases[issuer]}/{ready['user_pool_id']}"
        aws.sign_up(ClientId=ready["client_id"], Username="ada", Password=PASSWORD)
        aws.admin_confirm_sign_up(UserPoolId=ready["user_pool_id"], Username="ada")
        token = sign_in(aws, ready, "ada")["AuthenticationResult"]["AccessToken"]
        claims = jwt.decode(token, options={"verify_signature": False})
        assert claims["iss"] == ready["issuer"]
        if issuer == "endpoint":  # what libraries build from region and pool, they find
            url = f"{claims['iss']}/.well-known/openid-configuration"
            assert requests.get(url, timeout=5).json()["issuer"] == claims["iss"]

    run(look, "--no-secret", *([f"--issuer={issuer}"] if issuer else []))


def test_host_is_the_one_asked_for(run: Callable[..., None]) -> None:
    def look(ready: Ready, aws: Any) -> None:
        assert ready["endpoint_url"].startswith("http://127.0.0.1:")
        port = int(ready["endpoint_url"].rpartition(":")[2])
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.2", port))  # free, if it listened at 127.0.0.1 alone
        assert aws.list_user_pools(MaxResults=1)["UserPools"]

    run(look, "--host=0.0.0.0")


# Wrong options


def refusal(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    with pytest.raises(SystemExit) as end:
        main(["cognito", *options])
    assert end.value.code == 2
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "document", "said"),
    [
        ("--pool", [], "holds no object"),
        ("--pool", {"PoolName": ""}, "length greater than or equal to 1"),
        ("--pool", {"Polices": {}}, "CreateUserPool has no Polices."),
        ("--pool", {"Policies": {"PasswordPolicy": {"Min": 8}}}, "no Policies.PasswordPolicy.Min."),
        ("--pool", {"MfaConfiguration": "MAYBE"}, "enum value set"),
        ("--client", {"Schema": [{"Nam": "x"}]}, "CreateUserPoolClient has no Schema."),
        ("--client", {"AccessTokenValidity": "1"}, "accessTokenValidity: STRING_VALUE can"),
        ("--users", {}, "holds no list of users"),
        ("--users", ["ada"], "every user is an object"),
        ("--users", [{"Username": "ada"}], "a user has Username, Password"),
        ("--users", [{"Username": "a b", "Password": PASSWORD}], "regular expression"),
        ("--users", [{"Username": "ada", "Password": "x"}], "User ada: Password did not conform"),
        ("--users", [{"Username": "ada", "Password": PASSWORD, "Groups": "x"}], "a user has"),
        ("--users", [{"Username": "ada", "Password": PASSWORD, "Email": "x"}], "no Email"),
    ],
)
def test_wrong_files_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, document: Any, said: str
) -> None:
    text = refusal(capsys, option, written(tmp_path / "file.json", document))
    assert said in text
    assert text.strip().count("\n") == 0


@pytest.mark.parametrize("content", [None, b"{", b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize("option", ["--pool", "--client", "--users"])
def test_unreadable_files_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, option: str, content: bytes | None
) -> None:
    file = tmp_path / "file.json"
    if content is not None:
        file.write_bytes(content)
    text = refusal(capsys, option, str(file))
    assert "file.json" in text
    assert text.strip().count("\n") == 0


@pytest.mark.parametrize("content", [b"", b"{}", b"garbage\nmore"])
def test_broken_state_is_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "state"
    file.write_bytes(content)
    text = refusal(capsys, "--state", str(file))
    assert "move it away" in text
    assert text.strip().count("\n") == 0
    assert file.read_bytes() == content


@pytest.mark.parametrize(
    "options",
    [
        ("--port=65536",),
        ("--host=256.0.0.1",),
        ("--host=192.0.2.1",),
        ("--auth-flow=ALLOW_EVERYTHING",),
        ("--region=nowhere at all",),
        ("--user-pool-id=nonsense",),
        ("--user-pool-id=eu-west-1_Local1234",),
        ("--client-id=a b",),
        ("--issuer=nonsense",),
    ],
)
def test_wrong_values_are_refused(
    capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    assert "Traceback" not in refusal(capsys, *options)
