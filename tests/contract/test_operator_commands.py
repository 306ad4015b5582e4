"""`python -m api.admin` as a shell sees it: what it prints, how it ends, what it has done."""

from collections.abc import Callable

import pytest

from apiproof.environment import Environment
from tests.contract.pool_changes import altered
from tests.contract.test_operators import is_shut, login, me, refresh
from tests.service import environment_variables, operate

NOBODY = "nobody-of-that-name"


@pytest.fixture
def command(env: Environment) -> Callable[..., int]:
    """Run the command on the environment's deployment, with other variables where given."""

    def run(*arguments: str, **other: str) -> int:
        return operate({**environment_variables(env.config), **other}, *arguments)

    return run


def refusal(capsys: pytest.CaptureFixture[str]) -> str:
    """What a command that was refused said: one line for the operator, on standard error."""
    printed = capsys.readouterr()
    # Standard output has the log's lines, if any.
    assert "Traceback" not in printed.out + printed.err
    assert printed.err.count("\n") == 1
    return printed.err


def test_a_command_that_did_what_was_asked_ends_with_0(
    env: Environment, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    user, other = env.new_account(), env.new_account()
    assert command("disable", user.username.upper()) == 0
    assert is_shut(env, user)
    assert command("disable", user.username) == 0
    assert command("enable", user.username.title()) == 0
    assert [me(env, user), refresh(env, user), login(env, user)] == [401, 401, 200]
    assert command("enable", user.username) == 0
    assert [me(env, other), refresh(env, other), login(env, other)] == [200, 200, 200]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("what", ["disable", "enable"])
def test_nobody_of_that_name_is_one_line_and_the_exit_code_2(
    env: Environment, command: Callable[..., int], capsys: pytest.CaptureFixture[str], what: str
) -> None:
    sub = env.new_account().sub
    for name in (NOBODY, sub, "", "x" * 129, "a b", "\udcff", "\u202e"):
        assert command(what, name) == 2
        said = refusal(capsys)
        assert said.startswith(f"Cannot {what} {name!r}: ")
        assert "not found" in said


CALLS = {"disable": "AdminDisableUser", "enable": "AdminEnableUser"}
COGNITO = {
    "InternalErrorException": "Identity service unavailable",
    "TooManyRequestsException": "Too many requests",
}


@pytest.mark.parametrize("code", COGNITO)
@pytest.mark.parametrize("what", CALLS)
def test_what_cognito_did_not_do_is_one_line_and_the_exit_code_2(
    env: Environment,
    command: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    what: str,
    code: str,
) -> None:
    user = env.new_account()
    with env.cognito.outages.fail(CALLS[what], code):
        assert command(what, user.username) == 2
    assert COGNITO[code] in refusal(capsys)
    assert command(what, user.username) == 0


@pytest.mark.parametrize("what", ["disable", "enable"])
def test_a_database_that_is_away_is_one_line_and_the_exit_code_2(
    env: Environment, command: Callable[..., int], capsys: pytest.CaptureFixture[str], what: str
) -> None:
    user = env.new_account()
    with env.database.outage():
        assert command(what, user.username) == 2
    assert "Database unavailable" in refusal(capsys)
    assert [me(env, user), login(env, user)] == [200, 200]


@pytest.mark.parametrize("what", ["disable", "enable"])
def test_a_database_that_waits_for_its_migration_is_one_line_and_the_exit_code_2(
    env: Environment, command: Callable[..., int], capsys: pytest.CaptureFixture[str], what: str
) -> None:
    user = env.new_account()
    with altered(env, "ALTER TABLE users RENAME TO gone", "ALTER TABLE gone RENAME TO users"):
        assert command(what, user.username) == 2
    assert "is it migrated?" in refusal(capsys)
    assert [me(env, user), login(env, user)] == [200, 200]


def test_bad_settings_are_one_line_and_the_exit_code_2(
    env: Environment, command: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    user = env.new_account()
    assert command("disable", user.username, DATABASE_THREADS="none") == 2
    assert "DATABASE_THREADS" in refusal(capsys)
    assert me(env, user) == 200
