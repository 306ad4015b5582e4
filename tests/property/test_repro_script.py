"""A failure tells its shrunken story as a script of HTTP calls that a person can follow."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from apiproof.environment import Environment
from apiproof.live import live_environment
from apiproof.service import Service
from tests.property.account_machine import AccountMachine
from tests.property.account_model import Status
from tests.property.api_driver import ApiDriver, somebody
from tests.property.repro_script import HEADER, Script
from tests.property.strategies import few

needs_shell = pytest.mark.skipif(
    not all(map(shutil.which, ("sh", "curl", "jq"))), reason="the script is run with sh, curl, jq"
)


class Planted(AccountMachine):
    """The machine with a claim that is wrong: that nobody ever gets verified."""

    @invariant()
    def nobody_is_ever_verified(self) -> None:
        assert all(person.status is not Status.VERIFIED for person in self.persons.values())


@pytest.fixture
def told(env: Environment, capsys: pytest.CaptureFixture[str]) -> str:
    """What the failure of the planted machine prints."""
    phases = [Phase.generate, Phase.shrink]
    with pytest.raises(AssertionError) as failed:
        run_state_machine_as_test(
            lambda: Planted(env),  # type: ignore[arg-type]  # any factory will do
            settings=settings(few(1), phases=phases, stateful_step_count=10),
        )
    return "\n".join([*getattr(failed.value, "__notes__", []), capsys.readouterr().out])


def _script(told: str) -> str:
    begin = told.index(HEADER)
    lines = told[begin:].splitlines()
    known = ("#", "API=", "ANSWER=", "SUB_", "CODE_", "TOKEN_", "ID_", "REFRESH_", "curl ")
    end = next((n for n, line in enumerate(lines) if not line.startswith(known)), len(lines))
    return "\n".join(lines[:end])


def test_a_failing_machine_prints_few_calls_and_no_secret(told: str) -> None:
    """Planted: the claim above; what is left of up to ten steps is a sign-up and its verification.

    The bodies are whole and the codes are variables.
    """
    script = _script(told)
    calls = [line for line in script.splitlines() if '"$API"' in line]
    assert [line.split('"$API"')[1].split()[0] for line in calls][:2] == [
        "/users/signup",
        "/users/verify",
    ]
    assert len(calls) <= 6
    assert '"${CODE_1}"' in script
    assert "eyJ" not in script


@needs_shell
def test_whoever_follows_the_script_gets_there(told: str, service: Service, tmp_path: Path) -> None:
    """Planted: a variable that is never set."""
    with live_environment(service) as (env, ready):
        ready.write(tmp_path / "ready.json")
        run = subprocess.run(  # noqa: S603 - our own script
            ["sh", "-euc", _script(told)],  # noqa: S607 - whichever shell there is
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert run.returncode == 0, run.stderr
        users = env.aws.list_users(UserPoolId=env.cognito.user_pool_id)["Users"]
    assert "CONFIRMED" in [user["UserStatus"] for user in users if user["Username"] == "ada"]


@needs_shell
def test_awkward_bodies_are_quoted_for_the_shell(env: Environment) -> None:
    """Planted: bodies between plain double quotes."""
    driver = ApiDriver(env, script=Script())
    awkward = 'it\'s a "test" with $HOME, `id` and \\ \u00e9'
    driver.call("POST", "/users/verify", json={"username": awkward, "confirmation_code": "1"})
    line = driver.script.text.splitlines()[-1].replace("curl -sS", "printf '%s\\n'")
    run = subprocess.run(  # noqa: S603 - our own script
        ["sh", "-c", f"API=x; {line}"],  # noqa: S607 - whichever shell there is
        capture_output=True,
        text=True,
        check=True,
    )
    body = next(text for text in run.stdout.splitlines() if text.startswith("{"))
    assert json.loads(body)["username"] == awkward


def test_tokens_made_outside_of_the_api_are_not_written_out(env: Environment) -> None:
    """Planted: headers printed as they are."""
    account = env.new_account()
    driver = ApiDriver(env, script=Script())
    assert driver.me(account.access_token).status_code == 200
    assert account.access_token not in driver.script.text
    assert 'Bearer \'"${TOKEN_1}"' in driver.script.text
    assert driver.settle(somebody())
    assert "eyJ" not in driver.script.text
