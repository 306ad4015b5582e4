"""The state file when its writer dies, at any moment."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError, HTTPClientError

from apiproof.cognito import Cognito
from apiproof.cognito.state import write_atomically
from tests.cognito.pools import PASSWORD
from tests.cognito.served import client_of

ROOT = Path(__file__).parents[2]


class Died(BaseException):
    """What the death of the process is to the code under test."""


@pytest.mark.parametrize("step", range(5))
def test_file_is_whole_whenever_the_writer_dies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """Draft opened, draft on the disk, renamed, folder opened, folder on the disk, in order."""
    path = tmp_path / "deep" / "state"
    write_atomically(path, b"old")
    steps: list[str] = []

    def dying(name: str, real: Any) -> Any:
        def call(*args: Any, **more: Any) -> Any:
            steps.append(name)
            if len(steps) > step:
                raise Died
            return real(*args, **more)

        return call

    monkeypatch.setattr(os, "open", dying("open", os.open))
    monkeypatch.setattr(os, "fsync", dying("sync", os.fsync))
    monkeypatch.setattr(Path, "replace", dying("rename", Path.replace))
    with pytest.raises(Died):
        write_atomically(path, b"new")
    monkeypatch.undo()
    assert steps == ["open", "sync", "rename", "open", "sync"][: step + 1]
    assert path.read_bytes() == (b"new" if step > 2 else b"old")
    write_atomically(path, b"newer")
    assert {each.name for each in path.parent.iterdir()} == {"state"}, "drafts pile up"


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


def test_what_was_answered_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "state"
    answered: list[str] = []
    for goal in (5, 9):
        with process(path, tmp_path / "ready") as (child, ready):
            aws = client_of(ready)
            answered += sign_up_until_killed(aws, ready["client_id"], child, goal)
            assert child.wait(5) == -signal.SIGKILL
    assert len(answered) >= 14
    with Cognito.start(http=True, state=path) as cognito:
        pages = cognito.client().get_paginator("list_users")
        users = pages.paginate(UserPoolId=cognito.user_pool_id)
        there = {user["Username"] for page in users for user in page["Users"]}
    assert set(answered) <= there
    assert len(there) <= len(answered) + 2  # at most the call under way, at each kill
