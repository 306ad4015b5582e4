"""The committed OpenAPI document: current to the byte, valid, and complete."""

import json
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from apiproof.environment import Environment
from apiproof.openapi.document import Operation
from tests.contract.valid_requests import OPERATIONS
from tests.service import SERVICE, write_document

SCOPES = {"me", "randoms"}
DOCUMENT = json.loads(SERVICE.document_path.read_text(encoding="utf-8"))


def test_the_committed_document_is_current_to_the_byte() -> None:
    expected = json.dumps(SERVICE.document(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert SERVICE.document_path.read_text(encoding="utf-8") == expected, "run `nox -s openapi`"


def test_the_command_writes_the_document_and_tells_another_one_from_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "openapi.json"
    assert write_document("--check", str(path)) == 1, "there is none"
    assert write_document(str(path)) == 0
    assert path.read_bytes() == SERVICE.document_path.read_bytes()
    assert write_document("--check", str(path)) == 0
    path.write_text(path.read_text(encoding="utf-8") + " ", encoding="utf-8")
    capsys.readouterr()
    assert write_document("--check", str(path)) == 1
    assert str(path) in capsys.readouterr().err


def test_the_document_is_valid() -> None:
    assert [error.message for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_the_server_publishes_what_is_committed(env: Environment) -> None:
    assert env.client.request("GET", "/openapi.json").json() == DOCUMENT


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))
def test_every_operation_is_written_for_consumers(operation: Operation) -> None:
    definition = operation.definition
    assert operation.operation_id.isidentifier()
    assert definition["summary"]
    assert definition["description"]
    for status, response in definition["responses"].items():
        assert response["description"]
        has_schema = bool(response.get("content", {}).get("application/json", {}).get("schema"))
        assert has_schema or status == "204", f"{status} has no schema"


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))
def test_every_guarded_operation_declares_its_scopes_and_refusals(operation: Operation) -> None:
    if operation.secured:
        assert set(operation.scopes) <= SCOPES
        assert operation.scopes
        assert {"401", "403"} <= set(operation.statuses)
    else:
        assert operation.security == ()


def test_the_scopes_are_declared_once() -> None:
    schemes = DOCUMENT["components"]["securitySchemes"].values()
    declared = {scope for scheme in schemes for scope in scheme["flows"]["password"]["scopes"]}
    assert declared == SCOPES


# Whoever calls them has no account yet, has lost the way in, or is a load balancer; a public
# profile is for everyone who knows the sub.
PUBLIC = {
    *("signup_user", "verify_user", "resend_confirmation_code", "login_user", "refresh_session"),
    *("forgot_password", "reset_password", "read_user", "check_health", "check_readiness"),
}


def test_only_those_who_cannot_have_a_token_need_none() -> None:
    assert {name for name, found in OPERATIONS.items() if not found.secured} == PUBLIC


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))
def test_an_operation_asks_for_the_scope_that_its_path_is_about(operation: Operation) -> None:
    if operation.secured:
        assert operation.scopes == (
            ("randoms",) if operation.path.startswith("/randoms") else ("me",)
        )
