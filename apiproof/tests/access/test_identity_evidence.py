"""Who of the file was ever taken for somebody: told from what none is answered."""

from typing import Any

import pytest

from apiproof.access.http import Request, Response
from apiproof.access.identity_evidence import IdentityEvidence
from apiproof.openapi.document import operations

PATHS = ("/mine", "/theirs", "/open")


def _requests() -> dict[str, Request]:
    answer: dict[str, Any] = {"responses": {"200": {"description": "read"}}}
    secured = {**answer, "security": [{"key": []}]}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Keys", "version": "1"},
        "components": {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}},
        "paths": {path: {"get": answer if path == "/open" else secured} for path in PATHS},
    }
    return {one.path: Request(one) for one in operations(document)}


@pytest.mark.parametrize(
    ("bare", "answers", "refused"),
    [
        pytest.param({"/mine": 401}, {"/mine": 200}, set(), id="let-in"),
        pytest.param({"/mine": 401}, {"/mine": 401, "/theirs": 401}, {401}, id="refused"),
        pytest.param({"/mine": 401}, {"/mine": 403}, set(), id="known-and-forbidden"),
        pytest.param({"/mine": 403}, {"/mine": 403}, {403}, id="forbidden-like-none"),
        pytest.param({"/mine": 401}, {"/mine": 404}, set(), id="nothing-there"),
        pytest.param({"/mine": 401}, {"/mine": 500, "/theirs": 401}, {401}, id="fault"),
        pytest.param({"/mine": 200}, {"/mine": 200, "/theirs": 401}, {401}, id="open-to-everybody"),
        pytest.param({"/open": 401}, {"/open": 200, "/mine": 401}, {401}, id="declared-public"),
        pytest.param({}, {"/mine": 200, "/theirs": 401}, set(), id="nothing-to-compare-with"),
        pytest.param({"/mine": 401}, {"/theirs": 403}, set(), id="maybe-of-too-few-rights"),
        pytest.param({"/mine": 401}, {"/theirs": 401}, {401}, id="taken-for-nobody"),
        pytest.param({"/mine": 401}, {}, set(), id="never-asked"),
    ],
)
def test_only_who_is_refused_wherever_they_ask_is_named(
    bare: dict[str, int], answers: dict[str, int], refused: set[int]
) -> None:
    evidence, requests = IdentityEvidence(), _requests()
    for name, seen in ((None, bare), ("ada", answers)):
        for path, status in seen.items():
            evidence.note(name, requests[path], Response(status, {}, ""))
    assert evidence.refused("ada") == refused
    assert evidence.refused("grace") == set()
