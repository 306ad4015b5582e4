"""Whatever a dependency does at the socket: an answer in time, no 500, and service afterwards.

Each operation is sent once while the fault lasts, all at the same moment, beside those that need
the dependency not at all.
"""

import json
from functools import partial
from typing import Any

import pytest

from apiproof.deployment import Deployment
from apiproof.http.client import HttpClient
from apiproof.network_faults import (
    HOSTILE_ANSWERS,
    Answer,
    Drip,
    FaultProxy,
    NetworkFault,
    Refused,
    Reset,
    Silent,
    Unreachable,
    http_answer,
)
from apiproof.service import Account
from tests.contract.live.conftest import DEADLINE, SLACK, UNDELAYED
from tests.contract.live.crowd import (
    Timed,
    at_once,
    fresh,
    one_of_each,
    send,
    until_success,
)
from tests.contract.valid_requests import OPERATIONS

FAULTS: dict[str, NetworkFault] = {
    "silent": Silent(),
    "silent-after-acting": Silent(acts=True),
    "dripping": Drip(pause=0.3),
    "reset": Reset(),
    "cut-off-after-acting": Reset(acts=True, answered=40),
    "refused": Refused(),
    "unreachable": Unreachable(),
}
ASK_COGNITO = {
    "signup_user",
    "verify_user",
    "resend_confirmation_code",
    "login_user",
    "refresh_session",
    "forgot_password",
    "reset_password",
    "logout_user",
    "change_password",
    "delete_me",
}
# Those that may do without a row: they ask Cognito, which knows the account.
ASK_COGNITO_ALONE = {
    "verify_user",
    "resend_confirmation_code",
    "forgot_password",
    "check_health",
}
NEED = {
    "cognito": ASK_COGNITO,
    "database": set(OPERATIONS) - ASK_COGNITO_ALONE,
    "keys": set(),  # they are at hand
}
MAY_NEED = {"cognito": ASK_COGNITO, "database": set(OPERATIONS) - {"check_health"}, "keys": set()}


def proxy(deployed: Deployment, dependency: str) -> FaultProxy:
    return {
        "cognito": deployed.cognito,
        "database": deployed.database,
        "keys": deployed.keys,
    }[dependency]


def judge(answers: list[Timed], dependency: str) -> None:
    """Each answer in time; 503 with a hint where the dependency is needed, else a success."""
    for answer in answers:
        name = answer.operation_id
        if name in NEED[dependency]:
            assert answer.status == 503, answer
        elif name not in MAY_NEED[dependency]:
            assert answer.is_success, answer
            assert answer.seconds < UNDELAYED, answer
        assert answer.is_success or answer.status == 503, answer
        assert answer.seconds < DEADLINE + SLACK, answer
        assert (answer.status == 503) is ("Retry-After" in answer.headers), answer


# After these an account or its session serves no other request.
USE_UP = {"logout_user", "delete_me", "change_password", "reset_password"}


def recovers(deployed: Deployment) -> None:
    """Each operation works again, one after the other; one account will do for most of them."""
    user = deployed.env.new_account()
    for name in OPERATIONS:
        caller = None if name in USE_UP else user
        answer = until_success(deployed.url, partial(fresh, deployed, name, caller))
        assert answer.is_success, answer


@pytest.mark.parametrize("dependency", ["cognito", "database"])
@pytest.mark.parametrize("fault", FAULTS)
def test_every_operation_is_answered_in_time_and_works_again_afterwards(
    deployed: Deployment, dependency: str, fault: str
) -> None:
    requests = one_of_each(deployed)
    with proxy(deployed, dependency).fault(FAULTS[fault]):
        answers = at_once(deployed.url, [[request] for request in requests])
        judge(answers, dependency)
    recovers(deployed)


@pytest.mark.parametrize("answer", HOSTILE_ANSWERS)
def test_an_answer_that_is_not_cognitos_is_an_answer_lost(
    deployed: Deployment, answer: str
) -> None:
    requests = one_of_each(deployed)
    with deployed.cognito.fault(Answer(HOSTILE_ANSWERS[answer])):
        judge(at_once(deployed.url, [[request] for request in requests]), "cognito")
    recovers(deployed)


# A 200 with a JSON object, or nothing: all that Cognito answers with where there is nothing to say.
MAY_BE_COGNITOS = {"another-shape", "megabyte", "empty"}


def as_cognitos(answer: bytes) -> bytes:
    """Give an answer the header that all of Cognito's have."""
    head, end, body = answer.partition(b"\r\n\r\n")
    return head + b"\r\nx-amzn-RequestId: 1" + end + body


json_answer = partial(http_answer, content_type="application/x-amz-json-1.1")
ALMOST_COGNITOS = {
    **{name: HOSTILE_ANSWERS[name] for name in sorted(set(HOSTILE_ANSWERS) - MAY_BE_COGNITOS)},
    "no-content": json_answer(b"", status="204 No Content"),
    "accepted": json_answer(b"{}", status="202 Accepted"),
    "page": http_answer(b"{}"),
    "success-that-names-an-error": json_answer(b'{"__type": "NotAuthorizedException"}'),
    "success-of-a-gateway": json_answer(b'{"message": "Internal server error"}'),
    **{
        f"{status[:3]}-{code}": json_answer(b'{"__type": "%b"}' % code.encode(), status=status)
        for status in ("500 Internal Server Error", "503 Service Unavailable")
        for code in ("NotAuthorizedException", "UserNotFoundException")
    },
    # Whole by itself, but not all that was announced.
    "broken-off": json_answer(b"{}" + b" " * 100).removesuffix(b" " * 100),
}


@pytest.mark.parametrize("answer", ALMOST_COGNITOS)
def test_what_only_has_cognitos_header_is_an_answer_lost(deployed: Deployment, answer: str) -> None:
    requests = [fresh(deployed, name) for name in sorted(ASK_COGNITO)]
    with deployed.cognito.fault(Answer(as_cognitos(ALMOST_COGNITOS[answer]))):
        judge(at_once(deployed.url, [[request] for request in requests]), "cognito")


def _lacking(user: Account) -> list[tuple[str, str, dict[str, Any]]]:
    """Answers of Cognito's that lack what is relied upon: to which operation, what, the answer."""
    session = {
        "AccessToken": user.access_token,
        "IdToken": "a.b.c",
        "RefreshToken": "a.b.c",
        "ExpiresIn": 3600,
    }
    odd: tuple[Any, ...] = (None, "", 0, True, [], "\ud800", "\x00")
    broken = {
        f"{key} is {value!r}": {"AuthenticationResult": {**session, key: value}}
        for key in session
        for value in odd
    }
    nothing: dict[str, dict[str, Any]] = {"nothing": {}}
    broken |= nothing | {"another result": {"AuthenticationResult": "ok"}}
    # There is a new refresh token only in pools where they rotate.
    refreshed = {what: body for what, body in broken.items() if what != "RefreshToken is None"}
    signed_up = {f"UserSub is {sub!r}": {"UserSub": sub} for sub in ("ada", 1, *odd)}
    sent = nothing | {"a code": {"CodeDeliveryDetails": "sent"}}
    answers = {
        "login_user": broken,
        "refresh_session": refreshed,
        "signup_user": nothing | signed_up,
        "resend_confirmation_code": sent,
        "forgot_password": sent,
    }
    return [(name, what, body) for name, each in answers.items() for what, body in each.items()]


def test_an_answer_that_lacks_what_is_relied_upon_is_no_success(deployed: Deployment) -> None:
    user, other = deployed.env.new_account(), deployed.env.new_account()
    requests = {name: fresh(deployed, name, user) for name in ("login_user", "refresh_session")}
    others = [("signup_user", "another user's sub", {"UserSub": other.sub})]
    found = set()
    for name, what, body in [*_lacking(user), *others]:
        request = requests.get(name) or fresh(deployed, name)
        content = http_answer(json.dumps(body).encode(), content_type="application/json")
        with (
            deployed.cognito.fault(Answer(as_cognitos(content))),
            HttpClient(deployed.url) as client,
        ):
            answer = send(client, request)
        if answer.status != 503 or "Retry-After" not in answer.headers:
            found.add((name, what, answer.status))
    assert found == set()


@pytest.mark.parametrize("fault", [*FAULTS, *HOSTILE_ANSWERS])
def test_tokens_of_a_new_key_wait_for_the_key_source_and_no_others_do(
    deployed: Deployment, fault: str
) -> None:
    env = deployed.env
    old = fresh(deployed, "list_randoms")
    assert until_success(deployed.url, old).is_success  # its key is at hand
    env.cognito.keys.rotate()
    new = [fresh(deployed, name) for name in ("list_randoms", "login_user", "refresh_session")]
    what = FAULTS.get(fault) or Answer(HOSTILE_ANSWERS[fault])
    with deployed.keys.fault(what):
        answers = at_once(deployed.url, [[request] for request in [*new, old]])
    assert [answer.status for answer in answers] == [503, 503, 503, 200]
    assert answers[-1].seconds < UNDELAYED
    assert max(answer.seconds for answer in answers) < DEADLINE + SLACK
    for request in new:
        answer = until_success(deployed.url, request)
        assert answer.is_success, answer


# Messages of PostgreSQL's protocol (its manual, "Message Formats") that nobody sends in this place.
NO_DATABASES = {
    "http": b"HTTP/1.1 400 Bad Request\r\n\r\n",
    "nothing": b"",
    "zeros": b"\0" * 64,
    "no UTF-8": b"\xff" * 64,
    "no message of that type": b"?\0\0\0\4",
    "a message without an end": b"T\x7f\xff\xff\xff",
    "an error in Latin-1": b"E\0\0\0\x1cSFATAL\0C57P03\0Mr\xf4le\0\0\0\0\0",
    "an error without a code": b"E\0\0\0\x13SERROR\0Mwhat?\0\0Z\0\0\0\5I",
    "a copy": b"G\0\0\0\7\0\0\0",
    "rows without columns": b"T\0\0\0\6\0\0C\0\0\0\rSELECT 0\0Z\0\0\0\5T",
}


@pytest.mark.parametrize("when", ["COMMIT", ""])
@pytest.mark.parametrize("answer", NO_DATABASES)
def test_somebody_elses_server_on_the_databases_port(
    deployed: Deployment, answer: str, when: str
) -> None:
    names = ("list_randoms", "create_random", "login_user", "signup_user", "check_readiness")
    requests = [fresh(deployed, name) for name in names]
    assert until_success(deployed.url, requests[0]).is_success
    with deployed.database.fault(Answer(NO_DATABASES[answer]), when=when.encode()):
        judge(at_once(deployed.url, [[request] for request in requests]), "database")
    assert until_success(deployed.url, fresh(deployed, "create_random")).is_success
