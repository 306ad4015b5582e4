"""What was deleted may still be shown, if it says by a word of its own that it was put aside.

What is read after a write may write its times in another form, and says the same for all that.
"""

from typing import Any

import pytest

from apiproof.access.http import Response
from apiproof.access.read_after_write import _alike, _is_put_aside


@pytest.mark.parametrize(
    "name",
    ["status", "orderState", "is_active", "isArchived", "cancelled_at", "deletedAt", "folder_id"],
)
def test_a_state_that_changes_tells_that_an_object_was_put_aside(name: str) -> None:
    before, after = (Response(200, {}, f'{{"row": {{"{name}": "{x}"}}}}') for x in "ab")
    assert _is_put_aside(before, after)
    assert _is_put_aside(Response(200, {}, '{"row": {}}'), after)


@pytest.mark.parametrize("name", ["statement", "estate", "interactive", "avoided"])
def test_a_word_that_holds_another_tells_nothing(name: str) -> None:
    before, after = (Response(200, {}, f'{{"{name}": "{x}"}}') for x in "ab")
    assert not _is_put_aside(before, after)


def _answer(at: str, *names: str) -> dict[str, Any]:
    return {"data": {"at": at, "names": list(names)}}


def test_a_time_without_its_zone_is_the_same_within_an_envelope_too() -> None:
    written = _answer("2026-11-27T21:02:58.354625Z", "ada")
    assert _alike(written, _answer("2026-11-27T21:02:58.354625", "ada"))
    assert _alike(written, _answer("2026-11-27T21:02:58.354625+00:00", "ada"))


@pytest.mark.parametrize(
    "read",
    [
        _answer("2026-11-27T21:02:59.354625", "ada"),
        _answer("2026-11-27T21:02:58.354625", "Ada"),
        _answer("2026-11-27T21:02:58.354625"),
        {"data": {}},
    ],
)
def test_another_time_name_or_number_of_things_differs(read: dict[str, Any]) -> None:
    assert not _alike(_answer("2026-11-27T21:02:58.354625Z", "ada"), read)
