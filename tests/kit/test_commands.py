"""Wrong input to every command is one clear line and exit code 2, never a traceback."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apiproof.cli import main
from apiproof.environment_file import EnvironmentFile
from apiproof.http.server import bind_socket

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 60


def refuse(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Run a command in this process and return its one line."""
    with pytest.raises(SystemExit) as caught:
        main(list(arguments))
    output = capsys.readouterr()
    error = (output.err + output.out).strip()
    assert caught.value.code == 2, error
    assert len(error.splitlines()) == 1, error
    return error


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(  # noqa: S603  # our own command
        [sys.executable, "-m", "apiproof", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(process: "subprocess.Popen[str]", text: str) -> None:
    assert process.stdout is not None
    while text not in (line := process.stdout.readline()):
        assert line, f"the process ended without saying {text!r}"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("served") / "ready.json"
    with running("serve", "--port", "0", "--ready-file", str(path)) as process:
        wait_for(process, "Stop with Ctrl+C")
        yield path


class TestServe:
    def test_the_ready_file_tells_all_and_goes_with_the_server(self, tmp_path: Path) -> None:
        path = tmp_path / "ready.json"
        with running("serve", "--port", "0", "--ready-file", str(path)) as process:
            wait_for(process, "Stop with Ctrl+C")
            ready = EnvironmentFile.read(path)
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=START_SECONDS)
        assert process.returncode == 0, error
        assert error == ""
        assert not path.exists()
        by_scopes = [user.scopes for user in ready.users]
        assert by_scopes.count(("me", "randoms")) >= 2
        assert by_scopes.count(("me",)) == 1

    def test_a_taken_port_is_one_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        with bind_socket() as holder:
            holder.listen()
            port = holder.getsockname()[1]
            assert f"Port {port} is taken" in refuse(capsys, "serve", "--port", str(port))

    @pytest.mark.parametrize(
        "url", ["mysql://localhost/x", "postgresql://nobody:secret@127.0.0.1:1/x", "nonsense"]
    )
    def test_a_bad_postgresql_url_is_one_line_without_its_password(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("APIPROOF_DATABASE_URL", url)
        line = refuse(capsys, "serve", "--port", "0")
        assert "APIPROOF_DATABASE_URL" in line
        assert "secret" not in line

    @pytest.mark.parametrize(
        "name", ["nowhere:SERVICE", "tests.service:NOBODY", "tests.service:Path"]
    )
    def test_an_unknown_subject_is_one_line(
        self, capsys: pytest.CaptureFixture[str], name: str
    ) -> None:
        assert name.split(":", maxsplit=1)[0] in refuse(capsys, "serve", "--service", name)


class TestToken:
    def test_a_token_of_the_scopes_asked_for_is_printed(
        self, served: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as caught:
            main(["token", "--user", "ada", "--scope", "me", "--ready-file", str(served)])
        assert caught.value.code == 0
        assert capsys.readouterr().out.count(".") == 2

    def test_no_such_user_is_one_line(
        self, served: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        line = refuse(capsys, "token", "--user", "nobody", "--ready-file", str(served))
        assert "nobody" in line
        assert "ada" in line

    def test_no_running_environment_is_one_line(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        path = str(tmp_path / "none.json")
        assert "apiproof serve" in refuse(capsys, "token", "--user", "ada", "--ready-file", path)

    def test_an_environment_that_has_ended_is_one_line(
        self, served: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        gone = tmp_path / "gone.json"
        text = served.read_text(encoding="utf-8")
        control = EnvironmentFile.read(served).control_url
        gone.write_text(text.replace(control, "http://127.0.0.1:9"), encoding="utf-8")
        line = refuse(capsys, "token", "--user", "ada", "--ready-file", str(gone))
        assert "apiproof serve" in line


@pytest.mark.parametrize(
    "arguments",
    [
        ["coverage", "--openapi", "none.json"],
        ["pact", "compare", "pacts", "--openapi", "none.json"],
        ["openapi", "diff", "none.json", "openapi.json"],
        ["pact", "verify", "none.json"],
        ["pact", "verify", "--openapi", "none.json"],
    ],
    ids=" ".join,
)
def test_a_missing_file_is_one_line_that_names_it(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert "none.json" in refuse(capsys, *arguments)


@pytest.mark.parametrize("arguments", [["token"], ["serve", "--port", "high"], ["frobnicate"]])
def test_wrong_usage_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert "--help" in refuse(capsys, *arguments)


def test_an_interrupted_run_is_one_line() -> None:
    with running("fuzz") as process:
        wait_for(process, "Loaded specification")
        process.send_signal(signal.SIGTERM)
        _, error = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 2, error
    assert "Traceback" not in error
    assert "Interrupted" in error
