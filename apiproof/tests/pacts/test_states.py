"""The registry: what is registered can be found, checked, brought about, undone and read about."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, cast

import pytest

from apiproof.environment import Environment
from apiproof.pacts.states import (
    ParametersInvalid,
    StateContext,
    StateRegistry,
    StateUnknown,
)
from apiproof.pacts.states.catalogue import as_document, as_readme
from apiproof.service import Account

NOWHERE = cast("Environment", None)
ADA = Account("ada", "ada@example.com", "1", (), "", "adas-token")
GRACE = Account("grace", "grace@example.com", "2", (), "", "graces-token")


@dataclass(frozen=True)
class Values:
    total: Annotated[int, "The sum."]


@pytest.fixture
def log() -> list[str]:
    return []


@pytest.fixture
def states(log: list[str]) -> StateRegistry:
    registry = StateRegistry()

    @registry.state("numbers exist")
    def numbers(
        _context: StateContext,
        first: Annotated[int, "The first."],
        rest: Annotated[list[int] | None, "The others."] = None,
    ) -> Values:
        """Some numbers."""
        return Values(first + sum(rest or []))

    @registry.state("the power is off")
    def power(_context: StateContext, hours: float = 1) -> Iterator[Values]:
        """Darkness."""
        log.append("off")
        yield Values(int(hours))
        log.append("on")

    return registry


def test_a_state_returns_its_values(states: StateRegistry) -> None:
    values = states.enter(StateContext(NOWHERE), "Numbers exist", {"first": 1, "rest": [2, "3"]})
    assert values == {"total": 6}


def test_a_generator_is_undone_when_the_context_ends(states: StateRegistry, log: list[str]) -> None:
    with StateContext(NOWHERE) as context:
        assert states.enter(context, "the power is off", {}) == {"total": 1}
        assert log == ["off"]
    assert log == ["off", "on"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, "'first': Field required"),
        ({"first": "x"}, "'first': Input should be a valid integer"),
        ({"first": 1, "frist": 2}, "no parameter 'frist': did you mean 'first'?"),
        ({"first": 1, "rest": 2}, "'rest': Input should be a valid list"),
    ],
)
def test_parameters_are_checked(
    states: StateRegistry, params: dict[str, object], expected: str
) -> None:
    with pytest.raises(ParametersInvalid) as refusal:
        states.check("numbers exist", params)
    assert str(refusal.value).startswith('The state "numbers exist" ')
    assert expected in str(refusal.value)


def test_an_unknown_state_is_refused_with_the_nearest(states: StateRegistry) -> None:
    with pytest.raises(StateUnknown, match="did you mean 'numbers exist'"):
        states.find("numbers exists")


def test_an_empty_registry_says_so() -> None:
    with pytest.raises(StateUnknown, match="the provider has none"):
        StateRegistry().find("x")


def test_a_sentence_is_registered_once(states: StateRegistry) -> None:
    with pytest.raises(ValueError, match="registered twice"):
        states.state("NUMBERS exist")(print)


def test_the_token_is_the_last_callers() -> None:
    context = StateContext(NOWHERE)
    context.act_as(ADA)
    context.act_as(GRACE)
    context.add_user(ADA)
    assert context.token == "graces-token"
    assert context.caller is GRACE


@pytest.mark.parametrize("before", [True, False])
def test_a_chosen_token_wins_whatever_the_order(before: bool) -> None:  # noqa: FBT001 - a parameter of the test
    context = StateContext(NOWHERE)
    if before:
        context.act_as(ADA)
    context.send_token("expired")
    context.act_as(ADA)
    assert context.token == "expired"


def test_a_context_may_leave_the_header_alone() -> None:
    context = StateContext(NOWHERE)
    context.keep_authorization()
    context.act_as(ADA)
    assert context.token is None


def test_the_registry_is_documented_in_the_words_of_json(states: StateRegistry) -> None:
    numbers, power = as_document(states)
    assert numbers == {
        "state": "numbers exist",
        "doc": "Some numbers.",
        "parameters": [
            {"name": "first", "type": "integer", "default": "", "doc": "The first."},
            {
                "name": "rest",
                "type": "list of integers or null",
                "default": "null",
                "doc": "The others.",
            },
        ],
        "returns": [{"name": "total", "type": "integer", "doc": "The sum."}],
        "teardown": False,
    }
    assert power["teardown"] is True
    assert power["parameters"] == [{"name": "hours", "type": "number", "default": "1", "doc": ""}]


def test_the_readme_holds_every_state(states: StateRegistry) -> None:
    text = as_readme(states, "abacus")
    assert text.startswith("# Pacts with abacus\n")
    assert "| `first` | integer | required | The first. |" in text
    assert "| `total` | integer | The sum. |" in text
    assert "### `the power is off`" in text
    assert "Undone after the interaction." in text
