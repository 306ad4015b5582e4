"""The state handler of a served environment: `apiproof serve` is like any deployed provider."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from apiproof.cli import main
from apiproof.environment import Environment
from apiproof.environment_file import EnvironmentFile
from apiproof.live import live_environment
from apiproof.service import Service

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def _served(service: Service) -> Iterator[tuple[Environment, EnvironmentFile]]:
    with live_environment(service) as found:
        yield found


@pytest.fixture
def running(_served: tuple[Environment, EnvironmentFile]) -> tuple[Environment, EnvironmentFile]:
    """A served environment where no interaction is going on."""
    ask(_served, "no user exists", "teardown")
    return _served


def states_url(running: tuple[Environment, EnvironmentFile]) -> str:
    return running[1].states_url


def test_both_consumers_verify_a_served_api_by_its_urls(
    running: tuple[Environment, EnvironmentFile],
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    report = tmp_path / "report.json"
    _, ready = running
    options = ["--provider-url", ready.base_url, "--state-url", states_url(running)]
    with pytest.raises(SystemExit) as ended:
        main(["pact", "verify", "pacts", *options, "--json", str(report)])
    assert ended.value.code in {0, None}, capfd.readouterr().out
    [step] = json.loads(report.read_text(encoding="utf-8"))["steps"]
    assert step["evidence"]["verified"] == step["evidence"]["interactions"] > 40


def ask(
    running: tuple[Environment, EnvironmentFile], state: str, action: str = "setup"
) -> requests.Response:
    body = {"state": state, "action": action, "params": {}}
    return requests.post(states_url(running), json=body, timeout=10)


def names(env: Environment) -> int:
    return env.database.tables()["users"]


def test_states_of_one_interaction_add_up(running: tuple[Environment, EnvironmentFile]) -> None:
    ask(running, "a verified user exists")
    ask(running, "someone else has a random number")
    assert names(running[0]) == 2


@pytest.mark.parametrize("teardown", [True, False])
def test_the_next_interaction_begins_with_an_empty_environment(
    running: tuple[Environment, EnvironmentFile],
    teardown: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    env, ready = running
    ask(running, "a verified user exists")
    requests.get(f"{ready.base_url}/health", timeout=10)
    if teardown:
        ask(running, "a verified user exists", "teardown")
    ask(running, "someone else has a random number")
    assert names(env) == 1


def test_the_answer_holds_the_values_and_the_token(
    running: tuple[Environment, EnvironmentFile],
) -> None:
    answer = ask(running, "a verified user exists").json()
    assert answer["username"] == "ada"
    assert len(answer["access_token"]) > 100
    assert ask(running, "the access token is invalid").json() == {"access_token": None}


def test_an_unknown_state_is_refused_with_the_nearest(
    running: tuple[Environment, EnvironmentFile],
) -> None:
    answer = ask(running, "a verified usr exists")
    assert answer.status_code == 400
    assert "did you mean 'a verified user exists'?" in answer.json()["detail"]
