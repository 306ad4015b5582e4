"""A process killed in the middle of a request: the next one finds accounts that recover."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
import requests

from apiproof.cognito import Outage, Outages
from apiproof.cognito.outages import AnswerTimedOut
from apiproof.environment import Environment
from apiproof.http.client import HttpClient
from apiproof.service import Service
from tests.property.account_requests import SCENARIOS, use_or_recreate
from tests.property.api_driver import ApiDriver
from tests.property.snapshots import snapshots

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 30.0  # seconds


@pytest.fixture(scope="module")
def remote_env(service: Service) -> Iterator[Environment]:
    """An environment whose Cognito other processes reach."""
    with Environment.open(service, http=True) as env:
        yield env


@contextlib.contextmanager
def api_process(env: Environment) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the API in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.property.service"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(json.dumps(asdict(env.config)) + "\n")
            process.stdin.flush()
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


class Killing(Outage):
    """The outage that the caller's death is: before Cognito acts, or when it is about to answer."""

    def __init__(self, owner: Outages, process: subprocess.Popen[str], *, acts: bool) -> None:
        super().__init__(owner, "lose_answer", "*", None, 1)
        self._process = process
        self._acts = acts

    def meet(self, _: str) -> Outage:
        if not self._acts:
            self._kill()
            raise AnswerTimedOut
        return self

    def lose(self) -> None:
        self._kill()
        super().lose()

    def _kill(self) -> None:
        # SIGKILL: no handler runs, no transaction ends, no connection is closed politely.
        self._process.kill()
        self._process.wait(PATIENCE)


@pytest.mark.parametrize("acts", [False, True], ids=["before-cognito-acts", "after-cognito-acts"])
@pytest.mark.parametrize("name", ["sign-up", "delete"])
def test_a_process_killed_between_cognito_and_the_commit_leaves_accounts_recoverable(
    remote_env: Environment, monkeypatch: pytest.MonkeyPatch, name: str, *, acts: bool
) -> None:
    """Planted: a row in the way refused for ever, whether its account is still there or not."""
    remote_env.reset()
    with api_process(remote_env) as (process, base_url):
        request = SCENARIOS[name].before(ApiDriver(remote_env, HttpClient(base_url)))

        killing = Killing(remote_env.cognito.outages, process, acts=acts)
        with monkeypatch.context() as patch:
            patch.setattr(remote_env.cognito.outages, "trigger", killing.meet)
            patch.setattr(remote_env.cognito.outages, "pending", [None])  # else nobody asks
            with pytest.raises(requests.ConnectionError):
                request()
    assert process.returncode == -signal.SIGKILL
    # What Cognito has done and the database has not is what there is to recover from.
    assert bool(snapshots(remote_env).orphans) is acts
    use_or_recreate(ApiDriver(remote_env), SCENARIOS[name].passwords)
    assert not snapshots(remote_env).orphans
