"""What the consumers expect: passed, all of it, and covering what the API offers."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apiproof.environment import Environment
from apiproof.openapi.document import Router, operations
from apiproof.pacts.reading import PactFile, load_pact
from apiproof.pacts.states.catalogue import as_readme
from apiproof.pacts.verify.results import InteractionStatus
from apiproof.pacts.verify.run import verify_paths
from apiproof.service import Service
from tests.contract.states import STATES

PACTS = Path(__file__).parents[2] / "pacts"
FILES = sorted(PACTS.glob("*.json"))
# Each is about what a client does next: log in, ask for rights, look elsewhere, correct, wait.
HANDLED = {401, 403, 404, 409, 422, 429, 503}


def pacts() -> list[PactFile]:
    return [load_pact(path) for path in FILES]


def test_both_consumers_have_a_pact() -> None:
    assert [path.name for path in FILES] == [
        "randomizer-cli--randomizer-api.json",
        "randomizer-web--randomizer-api.json",
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_interaction_passes(env: Environment, path: Path) -> None:
    verification = verify_paths([path], env)
    count = len(load_pact(path).interactions)
    assert verification.statuses == {InteractionStatus.PASSED: count}, verification.summary
    assert verification.verified == count
    assert verification.exit_code == 0


Spoil = Callable[[dict[str, Any]], bool]


def spoilt(path: Path, spoil: Spoil) -> dict[str, Any]:
    """The pact with every expected response spoilt, without those that cannot be."""
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    kept = [each for each in document["interactions"] if spoil(each["response"])]
    return {**document, "interactions": kept}


def expect_another_status(response: dict[str, Any]) -> bool:
    response["status"] = 418
    return True


def expect_a_header_more(response: dict[str, Any]) -> bool:
    response.setdefault("headers", {})["X-Never"] = ["sent"]
    return True


def expect_a_key_more(response: dict[str, Any]) -> bool:
    if "body" not in response:
        return False
    content = response["body"]["content"]
    item = content[0] if isinstance(content, list) and content else content
    if isinstance(item, dict):
        item["never"] = "sent"
    else:
        response["body"]["content"] = ["never"]
    return True


SPOILS: dict[Spoil, tuple[str, ...]] = {
    expect_another_status: ("$.status",),
    expect_a_header_more: ("$.headers['X-Never']",),
    expect_a_key_more: ("$.body.never", "$.body[0].never", "$.body"),
}


@pytest.mark.parametrize("spoil", SPOILS, ids=lambda spoil: spoil.__name__)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_interaction_is_really_compared(
    env: Environment, tmp_path: Path, path: Path, spoil: Spoil
) -> None:
    document = spoilt(path, spoil)
    (tmp_path / "pact.json").write_text(json.dumps(document), encoding="utf-8")
    [pact] = verify_paths([tmp_path / "pact.json"], env).pacts
    assert pact.count(InteractionStatus.FAILED) == len(document["interactions"])
    for result in pact.interactions:
        assert {each.path for each in result.mismatches} & set(SPOILS[spoil]), result


def test_the_pacts_cover_every_operation(service: Service) -> None:
    document = service.document()
    routes = Router(document)
    found = {
        operation.operation_id
        for pact in pacts()
        for each in pact.interactions
        if (operation := routes.find(each.request.method, each.request.path))
    }
    assert found == {operation.operation_id for operation in operations(document)}


def test_the_pacts_cover_the_errors_that_clients_handle() -> None:
    statuses = {each.response.status for pact in pacts() for each in pact.interactions}
    assert statuses >= HANDLED


def test_the_pacts_cover_query_form_and_json_bodies() -> None:
    requests = [each.request for pact in pacts() for each in pact.interactions]
    types = {request.content_type for request in requests if request.body}
    assert types >= {"application/json", "application/x-www-form-urlencoded"}
    assert any(request.query for request in requests)


def test_every_state_is_documented_and_used() -> None:
    used = {state.name for pact in pacts() for each in pact.interactions for state in each.states}
    assert used == {state.sentence for state in STATES}
    for state in STATES:
        assert state.doc
        assert all(each.doc for each in state.parameters)
        assert all(each.doc for each in state.values)


def test_the_readme_is_the_registrys(service: Service) -> None:
    written = (PACTS / "README.md").read_text(encoding="utf-8")
    assert written == as_readme(STATES, service.name), (
        "pacts/README.md is out of date: run `apiproof pact states --readme pacts/README.md`"
    )
