"""Where many operations take one credential, most of them are shown what tells most."""

from typing import Any

from apiproof.access.case_sample import ENOUGH, TELLING, CaseSample
from apiproof.access.report import AccessFinding
from apiproof.access.requirements import SecurityModel, SecurityRequirement
from apiproof.jwt import CREDENTIAL_CASES, Expected

MANY = ENOUGH + 5


def _requirements() -> list[SecurityRequirement]:
    read: dict[str, Any] = {"responses": {"200": {"description": "read"}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Many", "version": "1"},
        "security": [{"bearer": []}],
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "paths": {
            f"/things/{number}": {"get": {**read, "operationId": f"read_{number}"}}
            for number in range(MANY)
        },
    }
    return [one for each in SecurityModel(document).requirements.values() for one in each]


def _shown(sample: CaseSample, requirement: SecurityRequirement) -> set[str]:
    turn = sample.turn_of(requirement)
    return {one.id for one in sample.of(requirement, CREDENTIAL_CASES.values(), turn)}


def _forged(shown: set[str]) -> set[str]:
    cases = (CREDENTIAL_CASES[name] for name in shown)
    is_forged = (case.expected is Expected.UNAUTHENTICATED for case in cases)
    return {name for name, forged in zip(shown, is_forged, strict=True) if forged}


def test_a_score_of_operations_is_shown_everything_and_the_rest_what_tells_most() -> None:
    sample = CaseSample()
    shown = [_shown(sample, one) for one in _requirements()]
    assert all(one == set(CREDENTIAL_CASES) for one in shown[:ENOUGH])
    ending = {"signed-out", "disabled", "deleted"}
    assert all(_forged(one) - ending == TELLING for one in shown[ENOUGH:])
    assert {"valid", "no-scope"} & set(CREDENTIAL_CASES) <= shown[-1]
    assert sample.note_of.startswith("5 further operations of bearer ")


def test_what_was_let_in_once_is_shown_everywhere() -> None:
    sample = CaseSample()
    requirements = _requirements()
    sample.note(
        requirements[0],
        [AccessFinding("forged_tokens_rejected", "read_0", "kid-path@bearer", "", kind="let in")],
    )
    shown = [_shown(sample, one) for one in requirements]
    assert "kid-path" in shown[-1]
    assert "kid-url" not in shown[-1]
