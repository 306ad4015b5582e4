"""What was deleted may still be shown, if it says by a word of its own that it was put aside."""

import pytest

from apiproof.access.http import Response
from apiproof.access.read_after_write import _is_put_aside


@pytest.mark.parametrize(
    "name", ["status", "orderState", "is_active", "isArchived", "cancelled_at", "deletedAt"]
)
def test_a_state_that_changes_tells_that_an_object_was_put_aside(name: str) -> None:
    before, after = (Response(200, {}, f'{{"row": {{"{name}": "{x}"}}}}') for x in "ab")
    assert _is_put_aside(before, after)
    assert _is_put_aside(Response(200, {}, '{"row": {}}'), after)


@pytest.mark.parametrize("name", ["statement", "estate", "interactive", "avoided"])
def test_a_word_that_holds_another_tells_nothing(name: str) -> None:
    before, after = (Response(200, {}, f'{{"{name}": "{x}"}}') for x in "ab")
    assert not _is_put_aside(before, after)
