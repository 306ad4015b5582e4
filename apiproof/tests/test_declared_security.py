"""Security that went from code and document together is found against either of two memories."""

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from apiproof import access
from apiproof.declared_security import as_lines, declared_security, from_lines, lost_security
from apiproof.errors import UserError
from apiproof.pipeline import PipelineContext, check_document
from apiproof.reporting import Status, build_report, step_result
from apiproof.reporting.baseline import no_longer_found, read_baseline, write_baseline


def secured(*security: dict[str, list[str]]) -> dict[str, Any]:
    operation = {"operationId": "read", "security": list(security), "responses": {}}
    return {"openapi": "3.1.0", "info": {}, "paths": {"/x": {"get": operation}}}


BEFORE = declared_security(secured({"token": ["a"]}))
CASES = [
    (secured({"token": ["a"]}), []),
    (secured({"token": ["a", "b"]}), []),
    (secured(), ["document/security_kept/read/open"]),
    (secured({}), ["document/security_kept/read/open"]),
    (secured({"token": []}), ["document/security_kept/read/scopes"]),
    ({**secured(), "paths": {}}, []),  # an operation that is gone asks for nothing
]


@pytest.mark.parametrize(("after", "lost"), CASES)
def test_security_that_was_removed_is_found(after: dict[str, Any], lost: list[str]) -> None:
    assert [each.finding.id for each in lost_security(BEFORE, after)] == lost


@pytest.mark.parametrize(("after", "lost"), CASES)
def test_a_baseline_alone_remembers_it(
    tmp_path: Path, after: dict[str, Any], lost: list[str]
) -> None:
    """A project that has not committed its document yet is told, too."""
    path = tmp_path / "known.txt"
    report = build_report("s", datetime.now(UTC), [step_result("document", {"n": 1})])
    assert write_baseline(report, path, as_lines(BEFORE)) == 0
    known = read_baseline(path)
    assert from_lines(known) == BEFORE
    assert no_longer_found(known, [step_result("document", {"n": 1})], bool) == []
    service = SimpleNamespace(document_path=tmp_path / "openapi.json", make_document=None)
    context = SimpleNamespace(
        service=service, env=SimpleNamespace(declared=after), secured=from_lines(known)
    )
    step = check_document(cast("PipelineContext", context))
    assert [finding.id for finding in step.findings] == lost
    assert step.status is (Status.FAILED if lost else Status.PASSED)


@pytest.mark.parametrize(("after", "lost"), CASES)
def test_so_does_the_baseline_of_a_probe_abroad(
    tmp_path: Path, after: dict[str, Any], lost: list[str]
) -> None:
    """And what it was told once is what it remembers from then on."""
    path = tmp_path / "known.json"
    was = secured({"token": ["a"]})
    access.write_baseline(access.AccessReport({}, document=was), path)
    found = access.AccessReport({}, document=after)
    found.add(access.security_lost(access.read_baseline(path).secured, after))
    ids = [f"{one.check}/{one.operation_id}/{one.kind}" for one in found.findings]
    assert ids == [each.removeprefix("document/") for each in lost]
    assert all(one.severity is access.Impact.LET_IN for one in found.findings)
    access.write_baseline(found, path)
    known = access.read_baseline(path)
    assert not known.known
    assert not list(access.security_lost(known.secured, after))


def test_a_baseline_of_before_that_remembers_no_security_is_read(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    path.write_text('{"known": [{"id": "one"}]}')
    assert access.read_baseline(path) == access.Baseline({"one": ""}, {})
    for bad in ('{"known": [], "secured": 1}', "[]", '{"known": [], "secured": [1]}'):
        path.write_text(bad)
        with pytest.raises(UserError, match="is not a baseline"):
            access.read_baseline(path)
