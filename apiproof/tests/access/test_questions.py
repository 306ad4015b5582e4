"""What is added to what everybody reads, to what is private, and accounts that go by their ids."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from apiproof.access.functions import FunctionProbe
from apiproof.access.users import User
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


def test_what_can_be_read_only_by_a_flaw_excuses_nobody_who_writes_to_it() -> None:
    forum = Forum("read-by-all messages-for-all")
    report = probed(questions.create_forum(forum), checks=("ownership_enforced",))
    found = {one.operation_id.partition("_groups")[0] for one in report.findings}
    assert found == {"read_group", "write"}


def test_an_account_that_is_gone_is_replaced_in_its_place() -> None:
    gone, new, root = User("gone"), User("new"), User("root", is_lent=True)
    accounts: Any = SimpleNamespace(
        is_gone=lambda user: user is gone, users=lambda: iter([new, root])
    )
    roles, nothing = {"signed-up": gone, "admin": root}, cast("Any", None)
    FunctionProbe(nothing, accounts, {}).renew(roles)
    assert list(roles.items()) == [("signed-up", new), ("admin", root)]
