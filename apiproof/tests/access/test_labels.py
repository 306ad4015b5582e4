"""Lists of ids in a body and in a text of the query, with and without accounts of the run's own."""

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps import labels


@pytest.mark.parametrize("has_sign_up", [True, False])
def test_right_labels_give_no_finding(has_sign_up: bool) -> None:  # noqa: FBT001
    report = probed(labels.create_labels(has_sign_up=has_sign_up))
    assert not report.interrupted
    assert [one.line for one in report.findings] == []
    tried = {one.operation_id for one in report.cells if one.case == "bulk-ids" and one.got}
    assert tried == {"read_some", "remove_some"}


@pytest.mark.parametrize("has_sign_up", [True, False])
@pytest.mark.parametrize("flaw", labels.FLAWS)
def test_ids_of_others_in_a_list_are_found(flaw: str, has_sign_up: bool) -> None:  # noqa: FBT001
    app = labels.create_labels(flaw, has_sign_up=has_sign_up)
    assert_found(probed(app, checks=("ownership_enforced",)), labels.FLAWS[flaw])
