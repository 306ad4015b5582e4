"""Nested owners, and an API that refuses everything with 403: right and wrong."""

import pytest
from fastapi import FastAPI

from tests.access.strangers import assert_found, probed
from tests.apps import folders
from tests.apps.members import LENT, PASSWORD


def _folders(flaw: str = "", *, forbidding: bool = False) -> tuple[FastAPI, folders.Store]:
    store = folders.Store()
    for name in LENT:
        store.members.add(name)
    return folders.create_folders(flaw, store, forbidding=forbidding), store


@pytest.mark.parametrize("forbidding", [False, True], ids=["hides", "forbids"])
def test_right_nested_owners_have_no_finding(*, forbidding: bool) -> None:
    app, store = _folders(forbidding=forbidding)
    report = probed(app)
    assert not report.interrupted
    assert [finding.line for finding in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {"read_document", "move_document", "read_comment", "drop_comment"} <= entered
    assert all(store.members.people[name].password == PASSWORD for name in LENT)


@pytest.mark.parametrize("flaw", folders.FLAWS)
def test_a_wrong_nested_owner_is_found(flaw: str) -> None:
    app, _ = _folders(flaw)
    assert_found(probed(app, checks=("ownership_enforced",)), folders.FLAWS[flaw])


@pytest.mark.parametrize("flaw", ["", "labels-listed"])
def test_what_hangs_below_a_folder_that_only_a_list_shows_is_its_owners(flaw: str) -> None:
    app, _ = _folders(flaw)
    app.openapi_schema = app.openapi()
    del app.openapi_schema["paths"]["/folders/{folder_id}"]["get"]
    report = probed(app, checks=("ownership_enforced",))
    found = {finding.operation_id for finding in report.findings}
    assert found == ({"list_labels"} if flaw else set())


@pytest.mark.parametrize("flaw", folders.FORBIDDING_FLAWS)
def test_a_flaw_where_everything_else_is_403_is_found(flaw: str) -> None:
    app, _ = _folders(flaw, forbidding=True)
    assert_found(probed(app, checks=("ownership_enforced",)), folders.FORBIDDING_FLAWS[flaw])
