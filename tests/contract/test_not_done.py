"""What Cognito did not do has not happened here either: whoever is told so finds all as it was."""

import pytest

from apiproof.environment import Environment
from tests.contract.test_meanwhile import me
from tests.contract.test_two_at_once import CALLS, COMMANDS
from tests.contract.valid_requests import create, valid
from tests.property.snapshots import Row, snapshots

ASKED = {name: call for name, call in CALLS.items() if name not in COMMANDS}
ASKED |= {"signup_user": "SignUp", "verify_user": "ConfirmSignUp"}
# Logins that are under way fail from then on, whatever comes of it.
NOTED_FIRST = {"change_password": {"credentials_changed_at"}}


def left(env: Environment, but: set[str]) -> list[object]:
    """All rows and all accounts, without some columns."""
    seen = snapshots(env)

    def kept(rows: tuple[Row, ...]) -> list[Row]:
        return [{name: row[name] for name in row if name not in but} for row in rows]

    return [{table: kept(rows) for table, rows in seen.rows.items()}, seen.accounts]


@pytest.mark.parametrize("trouble", ["TooManyRequestsException", None], ids=["refused", "unheard"])
@pytest.mark.parametrize("name", ASKED)
def test_what_cognito_did_not_do_has_not_happened_here(
    env: Environment, name: str, trouble: str | None
) -> None:
    user, outages, call = env.new_account(), env.cognito.outages, ASKED[name]
    create(env, user)
    request = valid(env, name, user)
    before = left(env, NOTED_FIRST.get(name, set()))
    with outages.fail(call, trouble) if trouble else outages.time_out(call):
        assert request.send(env.client).status_code == (429 if trouble else 503)
    assert left(env, NOTED_FIRST.get(name, set())) == before
    assert me(env, user.access_token) == 200
    assert request.send(env.client).status_code < 300
