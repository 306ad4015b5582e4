"""The state file: what is in an emulator survives its end, however it comes."""

import errno
import hashlib
import os
import pickle
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pyotp
import pytest
import requests
from botocore.exceptions import ClientError

from apiproof.cognito import Cognito, PoolSettings, StateUnusable
from apiproof.cognito import state as state_module
from apiproof.cognito.backend import Backend
from apiproof.cognito.botocore_hook import make_client
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


def test_regions_are_there_again(path: Path) -> None:
    """Whatever region the emulator is started with the next time."""
    settings = PoolSettings(region="eu-west-1")
    with Cognito.start(settings, http=True, state=path) as cognito:
        there = make_client("ap-south-1", cognito.endpoint_url)
        second = there.create_user_pool(PoolName="second")["UserPool"]["Id"]
        there.create_user_pool_domain(UserPoolId=second, Domain="shop")
    with running(path) as pool:
        assert pool.region == "eu-west-1"
        assert pool.aws.describe_user_pool(UserPoolId=pool.id)["UserPool"]["Id"] == pool.id
        assert pool.aws.describe_user_pool_domain(Domain="shop")["DomainDescription"] == {}
        there = make_client("ap-south-1", pool.cognito.endpoint_url)
        domain = there.describe_user_pool_domain(Domain="shop")["DomainDescription"]
        assert domain["UserPoolId"] == second


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


def test_large_state_is_written_after_the_answers(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Every state counts as large here; the pause between two writes is set long."""
    monkeypatch.setattr(state_module, "_PATIENCE", 0)
    monkeypatch.setattr(state_module, "_SHARE", 10**9)
    with running(path) as pool:
        before = path.read_bytes()
        pool.user("ada")
        pool.user("bob")
        assert path.read_bytes() == before, "the answers waited"
        assert [record.getMessage() for record in caplog.records if str(path) in record.message]
    with running(path) as pool:
        assert pool.status("ada") == pool.status("bob") == "CONFIRMED"


def test_large_state_is_written_before_long(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = StateFile(path, Backend("us-east-1", hourly_limits=False))
    written = Event()
    monkeypatch.setattr(state_module, "write_atomically", lambda *_: written.set())
    state._cost = 2 * state_module._PATIENCE  # noqa: SLF001 - of a large one
    state.save()
    assert written.wait(5)
    state.close(keep=False)


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
    state.close(keep=False)
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
    other = path.with_name("link")
    other.symlink_to(path)
    with running(path), pytest.raises(StateUnusable, match="in use by another"), running(other):
        pass
    with running(other) as pool:
        pool.sign_up("ada")
    assert other.is_symlink()
    with running(path) as pool:
        assert pool.status("ada") == "UNCONFIRMED"


def test_unwritable_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateUnusable, match="cannot be"), running(tmp_path / "file" / "state"):
        pass
    (tmp_path / "folder").mkdir()
    for odd in (tmp_path / "folder", Path("/dev/null"), Path()):
        with pytest.raises(StateUnusable, match="it is no file"), running(odd):
            pass
    assert {each.name for each in tmp_path.iterdir()} == {"file", "folder"}, "a lock was left"


def test_file_that_cannot_be_written_any_more_is_one_line(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with running(path) as pool:
        with monkeypatch.context() as patch:
            patch.setattr(state_module, "write_atomically", full)
            with pytest.raises(ClientError, match=f"{path} cannot be written: No space left"):
                pool.sign_up("ada")
        assert "Traceback" not in caplog.text
        assert pool.status("ada") == "UNCONFIRMED"
    with running(path) as pool:
        assert pool.status("ada") == "UNCONFIRMED", "the next write holds it"
