"""The state file: what is in an emulator survives its end, however it comes."""

import contextlib
import hashlib
import json
import os
import pickle
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import boto3
import pyotp
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError, HTTPClientError

from apiproof.cognito import Cognito, PoolSettings, StateUnusable
from apiproof.cognito import state as state_module
from apiproof.cognito.backend import Backend
from apiproof.cognito.state import StateFile
from tests.cognito.bench import Emulator
from tests.cognito.oauth_pool import MACHINE_CLIENT, OAuthPool
from tests.cognito.pools import PASSWORD

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "state"


@contextmanager
def running(path: Path) -> Iterator[Emulator]:
    with Cognito.start(http=True, state=path) as cognito:
        yield Emulator(cognito)


def test_everything_is_there_again(path: Path) -> None:
    with running(path) as pool:
        ids = (pool.id, pool.client_id, pool.client_secret)
        pool.user("ada", email="ada@example.com")
        pool.aws.create_group(
            UserPoolId=pool.id, GroupName="staff", RoleArn="arn:aws:iam::1:role/x"
        )
        pool.aws.admin_add_user_to_group(UserPoolId=pool.id, Username="ada", GroupName="staff")
        tokens = pool.log_in("ada")
        pool.aws.set_user_pool_mfa_config(
            UserPoolId=pool.id,
            MfaConfiguration="OPTIONAL",
            SoftwareTokenMfaConfiguration={"Enabled": True},
        )
        secret = pool.aws.associate_software_token(AccessToken=tokens["AccessToken"])["SecretCode"]
        pool.sign_up("bob")
        code, keys = pool.code("bob"), pool.jwks()
        app = OAuthPool(pool.cognito).app(**MACHINE_CLIENT)
    with running(path) as pool:
        assert (pool.id, pool.client_id, pool.client_secret) == ids
        assert pool.jwks() == keys
        assert pool.aws.get_user(AccessToken=tokens["AccessToken"])["Username"] == "ada"
        renewed = pool.refresh(tokens["RefreshToken"], "ada")
        assert pool.verified(renewed["IdToken"])["cognito:groups"] == ["staff"]
        assert pool.verified(tokens["IdToken"])
        pool.aws.verify_software_token(
            AccessToken=tokens["AccessToken"], UserCode=pyotp.TOTP(secret).now()
        )
        assert pool.code("bob") == code
        pool.confirm("bob", code)
        pool.sign_up("carla")
        assert pool.code("carla") != code, "the same codes are drawn again"
        answer = requests.post(
            f"{pool.cognito.endpoint_url}/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(app.id, str(app.secret)),
            timeout=5,
        )
        assert answer.status_code == 200


def test_sign_in_under_way_goes_on(path: Path) -> None:
    with running(path) as pool:
        pool.aws.admin_create_user(
            UserPoolId=pool.id, Username="ada", TemporaryPassword="Temporary-1!"
        )
        challenge = pool.log_in("ada", "Temporary-1!")
    with running(path) as pool:
        done = pool.aws.respond_to_auth_challenge(
            ClientId=pool.client_id,
            ChallengeName="NEW_PASSWORD_REQUIRED",
            Session=challenge["Session"],
            ChallengeResponses={
                "USERNAME": "ada",
                "NEW_PASSWORD": PASSWORD,
                "SECRET_HASH": pool.hash("ada"),
            },
        )
        assert done["AuthenticationResult"]["AccessToken"]


def test_moved_clock_and_reset_are_kept(path: Path) -> None:
    with running(path) as pool:
        pool.user("ada")
        url = f"{pool.cognito.endpoint_url}/_apiproof"
        requests.post(f"{url}/clock", json={"advance_seconds": 86400}, timeout=5)
    with running(path) as pool:
        assert pool.cognito.clock.offset == timedelta(days=1)
        assert pool.status("ada") == "CONFIRMED"
        requests.post(f"{pool.cognito.endpoint_url}/_apiproof/reset", timeout=5)
    with running(path) as pool:
        assert pool.cognito.clock.offset == timedelta()
        assert not pool.aws.list_users(UserPoolId=pool.id)["Users"]


def test_kept_keys_are_no_other_pools(path: Path) -> None:
    with running(path) as pool:
        kept = {key["n"] for key in pool.jwks()["keys"]}
    with running(path) as pool:
        assert {key["n"] for key in pool.jwks()["keys"]} == kept
    with Cognito.start() as one, Cognito.start() as other:
        for cognito in (one, other):
            assert kept.isdisjoint({key["n"] for key in cognito.keys.jwks()["keys"]})


def test_file_is_its_owners_alone(path: Path) -> None:
    with running(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {each.name for each in path.parent.iterdir()} == {"state", "state.lock"}


def test_reading_writes_nothing(path: Path) -> None:
    with running(path) as pool:
        pool.user("ada")
        pool.jwks()  # makes the keys
        before = path.stat().st_mtime_ns
        pool.aws.list_users(UserPoolId=pool.id)
        pool.jwks()
        assert path.stat().st_mtime_ns == before


def test_reading_takes_no_time_for_the_state(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(path) as pool:
        pool.user("ada")
        token = pool.log_in("ada")["AccessToken"]
        saved: list[StateFile] = []

        def write(state: StateFile) -> None:
            saved.append(state)

        monkeypatch.setattr(StateFile, "_write", write)
        pool.aws.get_user(AccessToken=token)
        pool.aws.describe_user_pool(UserPoolId=pool.id)
        pool.aws.admin_get_user(UserPoolId=pool.id, Username="ada")
        assert saved == []
        pool.aws.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
        assert len(saved) == 1
        monkeypatch.undo()


def test_one_write_serves_all_who_wait(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = StateFile(path, Backend("us-east-1", hourly_limits=False))
    writes = []
    monkeypatch.setattr(state_module, "write_atomically", lambda *_: writes.append(1))
    threads = [Thread(target=state.save) for _ in range(5)]
    with state._turn:  # noqa: SLF001 - they must all wait
        for thread in threads:
            thread.start()
        while state._last_ticket < len(threads):  # noqa: SLF001 - until the last one does
            pass
    for thread in threads:
        thread.join(10)
    state.close()
    assert len(writes) == 1


# Files that are wrong


def changed(path: Path, how: str) -> None:
    content = path.read_bytes()
    head, _, data = content.partition(b"\n")
    start, _, _ = head.rpartition(b" ")
    versions = {
        "empty": b"",
        "cut": content[: len(content) // 2],
        "one bit": content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
        "text": b"not ours\n",
        "no line": b"\xff" * 300,
        "other version": content.replace(b"apiproof ", b"apiproof 9", 1),
    }
    path.write_bytes(versions[how])
    assert data
    assert start


@pytest.mark.parametrize("how", ["empty", "cut", "one bit", "text", "no line", "other version"])
def test_broken_file_is_one_line(path: Path, how: str) -> None:
    with running(path) as pool:
        pool.user("ada")
    changed(path, how)
    before = path.read_bytes()
    with pytest.raises(StateUnusable, match="move it away") as refusal, running(path):
        pass
    assert "\n" not in str(refusal.value)
    assert path.read_bytes() == before, "the broken file was overwritten"


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, (str(self),)

    def __str__(self) -> str:
        return "hacked"


class Reaching:
    """Asks for what is no member of an enumeration, as Python before 3.11.4 asks for members."""

    def __reduce__(self) -> Any:
        return getattr, (PoolSettings, "__init__")


@pytest.mark.parametrize("evil", [Evil(), Reaching()])
def test_foreign_code_is_never_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evil: object
) -> None:
    monkeypatch.chdir(tmp_path)
    data = pickle.dumps({"user_pools": evil})
    head = state_module.StateFile._head(data)  # noqa: SLF001 - a file with the right checksum
    path.parent.mkdir()
    path.write_bytes(head + b"\n" + data)
    with pytest.raises(StateUnusable, match="UnpicklingError"), running(path):
        pass
    assert not (tmp_path / "hacked").exists()
    assert hashlib.sha256(data).hexdigest().encode() in head


def test_file_has_one_user_at_a_time(path: Path) -> None:
    with running(path), pytest.raises(StateUnusable, match="in use by another"), running(path):
        pass
    with running(path):
        pass


def test_unwritable_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnusable, match="cannot be"), running(tmp_path / "file" / "state"):
        pass
    (tmp_path / "folder").mkdir()
    with pytest.raises(StateUnusable, match="cannot be read"), running(tmp_path / "folder"):
        pass


# Killed at any moment


@contextmanager
def process(path: Path, ready: Path) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, str]]]:
    command = [sys.executable, "-m", "apiproof", "cognito"]
    options = ["--state", str(path), "--ready-file", str(ready), "--no-secret"]
    ready.unlink(missing_ok=True)
    with subprocess.Popen([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL) as child:  # noqa: S603 - our own
        try:
            while not ready.exists():
                assert child.poll() is None
                time.sleep(0.01)
            yield child, json.loads(ready.read_text())
        finally:
            child.kill()


def client_of(ready: dict[str, str]) -> Any:
    return boto3.client(
        "cognito-idp",
        endpoint_url=ready["endpoint_url"],
        region_name=ready["region"],
        aws_access_key_id="x",
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )


def sign_up_until_killed(
    aws: Any, client_id: str, child: subprocess.Popen[bytes], goal: int
) -> list[str]:
    """Sign users up without a pause; the emulator is killed meanwhile. Gives who was answered."""
    answered: list[str] = []

    def kill_in_the_middle() -> None:
        while len(answered) < goal:
            time.sleep(0.0001)
        child.kill()

    Thread(target=kill_in_the_middle, daemon=True).start()
    with contextlib.suppress(ConnectionError, EndpointConnectionError, HTTPClientError):
        while len(answered) < 5000:
            name = f"user-{len(answered)}-{child.pid}"
            aws.sign_up(ClientId=client_id, Username=name, Password=PASSWORD)
            answered.append(name)
    return answered


def test_what_was_answered_survives_kill_9(path: Path, tmp_path: Path) -> None:
    answered: list[str] = []
    for goal in (5, 9):
        with process(path, tmp_path / "ready") as (child, ready):
            aws = client_of(ready)
            answered += sign_up_until_killed(aws, ready["client_id"], child, goal)
            assert child.wait(5) == -signal.SIGKILL
    assert len(answered) >= 14
    with running(path) as pool:
        users = pool.aws.get_paginator("list_users").paginate(UserPoolId=pool.id)
        there = {user["Username"] for page in users for user in page["Users"]}
    assert set(answered) <= there
    assert len(there) <= len(answered) + 2  # at most the call under way, at each kill
