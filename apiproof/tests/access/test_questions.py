"""What is added to what everybody reads, to what is private, and accounts that go by their ids."""

import pytest

from tests.access.strangers import assert_found, probed
from tests.apps import questions
from tests.apps.members import LENT, PASSWORD
from tests.apps.questions import Forum


def test_a_right_forum_has_no_finding_and_its_accounts_are_entered_and_closed() -> None:
    forum = Forum()
    report = probed(questions.create_forum(forum))
    assert [one.line for one in report.findings] == []
    entered = {cell.operation_id for cell in report.cells if cell.case == "valid"}
    assert {"change_user", "delete_user", "vote"} <= entered
    assert {name: forum.members.people[name].password for name in LENT} == dict.fromkeys(
        LENT, PASSWORD
    )
    stay = len(forum.members.people) - len(LENT)  # made by samples: nobody signs in to them
    assert f"{stay} by what /users/{{user_id}} names" in report.left_behind


@pytest.mark.parametrize("flaw", questions.FLAWS)
def test_a_flaw_is_found(flaw: str) -> None:
    expected = questions.FLAWS[flaw]
    report = probed(questions.create_forum(Forum(flaw)), checks=(expected.partition("/")[0],))
    assert_found(report, expected)


def test_lent_accounts_gain_nothing_that_others_can_make() -> None:
    forum = Forum()
    probed(questions.create_forum(forum))
    makers = {one.get("author", one.get("owner")) for one in forum.said.values()}
    assert makers
    assert not makers & set(LENT)
