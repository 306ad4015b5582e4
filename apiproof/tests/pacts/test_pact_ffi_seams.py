"""Where verification holds on to pact's library: an upgrade that moves a seam fails here.

The library's results are JSON of no published schema and English sentences; both are read by
`pact_ffi.py` and `mismatches.py`.
"""

import json
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from apiproof.http.server import run_server
from apiproof.pacts.verify.fetching import Credentials
from apiproof.pacts.verify.loading import load_pacts
from apiproof.pacts.verify.pact_ffi import verify_interaction

PACT = {
    "consumer": {"name": "seams"},
    "provider": {"name": "shop"},
    "interactions": [
        {
            "description": "an order",
            "request": {"method": "GET", "path": "/order"},
            "response": {
                "status": 200,
                "headers": {"X-Version": "1"},
                "body": {"id": 1, "name": "ada"},
            },
        }
    ],
    "metadata": {"pactSpecification": {"version": "2.0.0"}},
}


async def _order(_request: Request) -> JSONResponse:
    return JSONResponse({"id": 2}, 201, {"X-Version": "2"})


async def _state(_request: Request) -> JSONResponse:
    return JSONResponse({})


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What the library says of a provider that is wrong in every way."""
    folder = tmp_path_factory.mktemp("seams")
    path = folder / "seams.json"
    path.write_text(json.dumps(PACT), encoding="utf-8")
    [loaded] = load_pacts([str(path)], Credentials()).found
    routes = [Route("/order", _order), Route("/", _state, methods=["POST"])]
    with run_server(Starlette(routes=routes)) as url:
        return verify_interaction(loaded, loaded.pact.interactions[0], url, url, folder)


def test_the_library_is_the_minor_version_that_the_seams_were_proven_on() -> None:
    known = {"pact-python": "4.2.", "pact-python-ffi": "0.5."}
    assert all(version(name).startswith(minor) for name, minor in known.items()), (
        "Run apiproof/tests/pacts against this version of pact, look at every failure here, then "
        "move the pins in constraints.txt and this test."
    )


def test_one_interaction_has_one_result_with_its_mismatches(result: Mapping[str, Any]) -> None:
    assert result["result"] == "Error", result
    kinds = {found["type"] for found in result["mismatch"]["mismatches"]}
    assert kinds == {"StatusMismatch", "HeaderMismatch", "BodyMismatch"}


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        ("StatusMismatch", {"expected", "actual"}),
        ("HeaderMismatch", {"key", "expected", "actual", "mismatch"}),
        ("BodyMismatch", {"path", "expected", "actual", "mismatch"}),
    ],
)
def test_a_mismatch_has_the_members_that_are_read(
    result: Mapping[str, Any], kind: str, members: set[str]
) -> None:
    found = [one for one in result["mismatch"]["mismatches"] if one["type"] == kind]
    assert found
    assert all(members <= set(one) for one in found)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("HeaderMismatch", "Mismatch with header '"),
        ("BodyMismatch", "missing the following keys"),
    ],
)
def test_the_sentences_that_are_read_are_as_they_were(
    result: Mapping[str, Any], kind: str, words: str
) -> None:
    texts = [o["mismatch"] for o in result["mismatch"]["mismatches"] if o["type"] == kind]
    assert any(words in text for text in texts), texts
