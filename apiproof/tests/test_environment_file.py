import errno
import stat
from pathlib import Path

import pytest

from apiproof.environment_file import EnvironmentFile, ReadyFileMissing, ReadyFileNotWritten
from apiproof.service import Account

USER = Account("ada", "ada@example.com", "sub", ("me",), "Passw0rd!", "token", "refresh")
READY = EnvironmentFile(
    base_url="http://127.0.0.1:1",
    openapi_url="http://127.0.0.1:1/openapi.json",
    cognito_endpoint="http://127.0.0.1:2",
    jwks_url="http://127.0.0.1:2/jwks.json",
    region="us-east-1",
    user_pool_id="us-east-1_x",
    client_id="client",
    client_secret="secret",
    database_url="postgresql+psycopg2:///x",
    control_url="http://127.0.0.1:3",
    control_secret="control",
    states_url="http://127.0.0.1:3/control/states",
    service="tests.service:SERVICE",
    issuer="https://issuer",
    users=(USER,),
)


def test_a_ready_file_reads_back_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ready.json"
    READY.write(path)
    assert EnvironmentFile.read(path) == READY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["ready.json"]


def test_what_was_half_written_does_not_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds secrets, and the next folder's user did not ask for it."""

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("apiproof.environment_file.json.dump", full)
    with pytest.raises(ReadyFileNotWritten, match="No space left on device") as caught:
        READY.write(tmp_path / "ready.json")
    assert "--" not in str(caught.value)  # `run` writes one, too, and has no option for it
    assert list(tmp_path.iterdir()) == []


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "elsewhere.json"
    READY.write(path)
    monkeypatch.setenv("APIPROOF_READY_FILE", str(path))
    assert EnvironmentFile.read() == READY


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"users": [{}]}'])
def test_what_is_no_ready_file_is_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ready.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ReadyFileMissing, match="apiproof serve") as caught:
        EnvironmentFile.read(path)
    assert "\n" not in str(caught.value)


def test_no_ready_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ReadyFileMissing, match="apiproof serve"):
        EnvironmentFile.read(tmp_path / "ready.json")


def test_secrets_stay_out_of_what_is_printed() -> None:
    assert not {"Passw0rd!", "'token'", "'refresh'", "'secret'"} & set(repr(READY).split("="))
    assert "Passw0rd!" not in repr(READY)
