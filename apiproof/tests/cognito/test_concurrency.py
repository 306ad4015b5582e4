"""Many threads at once, as behind a live server: no update is lost, nobody waits for anybody."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from tests.cognito.bench import Bench, Emulator
from tests.cognito.pools import PASSWORD

THREADS = 16
CALLS = 400


def _at_once(calls: list[Callable[[], Any]]) -> list[str]:
    """Make calls from 16 threads; gives the AWS error code of each, or an empty text."""

    def outcome(call: Callable[[], Any]) -> str:
        try:
            call()
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return ""

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(outcome, calls))


def test_400_sign_ups_make_400_users(pool: Emulator) -> None:
    names = [f"user-{number}" for number in range(CALLS)]
    outcomes = _at_once([partial(pool.sign_up, name) for name in names])
    assert Counter(outcomes) == {"": CALLS}
    sent = {message.username: message.code for message in pool.cognito.outbox.messages}
    assert set(sent) == set(names)
    outcomes = _at_once([partial(pool.confirm, name, sent[name]) for name in names])
    assert Counter(outcomes) == {"": CALLS}
    listed = pool.aws.get_paginator("list_users").paginate(UserPoolId=pool.id)
    users = [user for page in listed for user in page["Users"]]
    assert {user["Username"] for user in users} == set(names)
    assert {user["UserStatus"] for user in users} == {"CONFIRMED"}


def test_one_name_goes_to_one_of_400(pool: Emulator) -> None:
    outcomes = _at_once([lambda: pool.sign_up("ada")] * CALLS)
    assert Counter(outcomes) == {"": 1, "UsernameExistsException": CALLS - 1}


def test_one_code_confirms_once(pool: Emulator) -> None:
    pool.sign_up("ada")
    outcomes = Counter(_at_once([lambda: pool.confirm("ada")] * CALLS))
    assert outcomes.pop("") == 1
    # The 15 an hour that Cognito allows, less the one that went through; then it refuses to look.
    assert outcomes == {"NotAuthorizedException": 14, "LimitExceededException": CALLS - 15}


def test_400_failures_meet_an_outage_of_400(pool: Emulator) -> None:
    pool.cognito.outages.fail("ListUsers", "TooManyRequestsException", times=CALLS // 2)
    outcomes = _at_once([lambda: pool.aws.list_users(UserPoolId=pool.id)] * CALLS)
    assert Counter(outcomes) == {"TooManyRequestsException": CALLS // 2, "": CALLS // 2}


def test_sign_out_among_400_refreshes_ends_all(pool: Emulator) -> None:
    pool.user("ada")
    tokens = pool.log_in("ada")

    def refresh() -> None:
        pool.refresh(tokens["RefreshToken"], "ada")

    def sign_out() -> None:
        pool.aws.global_sign_out(AccessToken=tokens["AccessToken"])

    outcomes = _at_once([*[refresh] * (CALLS // 2), sign_out, *[refresh] * (CALLS // 2 - 1)])
    assert set(outcomes) <= {"", "NotAuthorizedException"}
    assert _at_once([refresh]) == ["NotAuthorizedException"]


def test_pools_do_not_mix(bench: Bench) -> None:
    one, other = bench.pool(), bench.pool(name="another")
    calls: list[Callable[[], Any]] = []
    for number in range(CALLS // 2):
        calls += [partial(one.sign_up, f"one-{number}"), partial(other.sign_up, f"other-{number}")]
    assert Counter(_at_once(calls)) == {"": CALLS}
    for pool, prefix in ((one, "one-"), (other, "other-")):
        listed = pool.aws.get_paginator("list_users").paginate(UserPoolId=pool.id)
        names = [user["Username"] for page in listed for user in page["Users"]]
        assert len(names) == CALLS // 2
        assert all(name.startswith(prefix) for name in names)


def test_trigger_may_call_cognito(pool: Emulator) -> None:
    pool.cognito.create_user("ada", "ada@example.com", PASSWORD)

    def looking_up(event: dict[str, Any], _: Any) -> dict[str, Any]:
        status = pool.status(event["userName"])
        event["response"]["claimsAndScopeOverrideDetails"] = {
            "accessTokenGeneration": {"claimsToAddOrOverride": {"status": status}}
        }
        return event

    pool.trigger(looking_up)
    assert pool.claims(pool.log_in("ada")["AccessToken"])["status"] == "CONFIRMED"
