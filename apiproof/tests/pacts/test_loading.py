"""What cannot be verified is refused before anything runs, with one line that says what to do."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from apiproof.pacts.verify.fetching import Credentials
from apiproof.pacts.verify.loading import Filter, FilterInvalid, load_pacts, select
from tests.pacts.pacts import interaction, order, pact
from tests.pacts.shop import NAME, STATES


def problems(names: Sequence[Path | str], wanted: Filter | None = None) -> list[str]:
    """Everything that stands in the way, found without a provider."""
    loaded = load_pacts([str(name) for name in names], Credentials())
    selected, found = select(loaded.found, wanted or Filter(), NAME, STATES)
    lines = loaded.problems + found
    assert lines or selected
    return lines


def errors(path: Path) -> dict[int, str]:
    """What is wrong with single interactions of a pact; nothing stands in the way of the others."""
    loaded = load_pacts([str(path)], Credentials())
    [selected], found = select(loaded.found, Filter(), NAME, STATES)
    assert loaded.problems + found == []
    return dict(selected.errors)


def written(folder: Path, document: Any, name: str = "pact.json") -> Path:
    path = folder / name
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_pact_has_no_problem(tmp_path: Path) -> None:
    assert problems([written(tmp_path, pact(order()))]) == []


def test_a_folder_is_read_whole_and_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    first = written(tmp_path, pact(order()))
    written(tmp_path / "deep", pact(order(), consumer="other"))
    sources = load_pacts([str(tmp_path), str(first), f"file://{first}"], Credentials())
    assert sorted(source.pact.consumer for source in sources.found) == ["other", "till"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "not JSON (the file is empty)"),
        ("{", "not JSON ("),
        ("[]", "not a pact at $"),
        ("{}", "not a pact at $.consumer.name (missing)"),
        (json.dumps(pact()), "the pact expects nothing (no interactions)"),
        (json.dumps(pact({"description": "x"})), "not a pact at $.interactions[0].request"),
    ],
)
def test_a_file_that_is_no_pact_is_reported(tmp_path: Path, text: str, expected: str) -> None:
    path = written(tmp_path, text)
    [line] = problems([path])
    assert line.startswith(f"{path}: ")
    assert expected in line


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    [line] = problems([tmp_path / "nothing.json"])
    assert "cannot read it" in line


def test_a_folder_without_pacts_is_reported(tmp_path: Path) -> None:
    [line] = problems([tmp_path])
    assert "no pact file (*.json) in this folder" in line


def test_every_bad_file_is_reported_in_one_run(tmp_path: Path) -> None:
    written(tmp_path, "", "a.json")
    written(tmp_path, "{}", "b.json")
    assert len(problems([tmp_path])) == 2


def test_another_provider_is_reported(tmp_path: Path) -> None:
    document = pact(order()) | {"provider": {"name": "shopp"}}
    [line] = problems([written(tmp_path, document)])
    assert 'expects things of the provider "shopp", and this is "shop"' in line


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("a costumer exists", "did you mean 'a customer exists'?"),
        ("A Customer exists!", "did you mean 'a customer exists'?"),
        ("orders exists", "did you mean 'orders exist'?"),
        ("zzz", "known: a customer exists, orders exist"),
        ("a parcel exists", "known: a customer exists, orders exist"),
    ],
)
def test_an_unknown_state_is_reported_with_the_nearest(
    tmp_path: Path, state: str, expected: str
) -> None:
    path = written(tmp_path, pact(order(), interaction("x", "/orders", state)))
    [(position, line)] = errors(path).items()
    assert position == 1
    assert line.startswith(f'state 1: No provider state "{state}":')
    assert expected in line


@pytest.mark.parametrize("state", ["A customer  EXISTS", " a customer exists "])
def test_case_and_spacing_of_a_state_do_not_matter(tmp_path: Path, state: str) -> None:
    assert errors(written(tmp_path, pact(interaction("x", "/orders", state)))) == {}


@pytest.mark.parametrize(
    ("state", "params", "expected"),
    [
        ("orders exist", {"cuont": 1}, "has no parameter 'cuont': did you mean 'count'?"),
        ("orders exist", {"count": "many"}, "cannot use its parameter 'count': "),
        ("a customer exists", {"scopes": "orders"}, "cannot use its parameter 'scopes': "),
        ("a voucher exists", {}, "cannot use its parameter 'code': Field required"),
        ("the shop is closed", {"now": True}, "has no parameter 'now': it takes none"),
    ],
)
def test_parameters_that_a_state_cannot_use_are_reported(
    tmp_path: Path, state: str, params: dict[str, Any], expected: str
) -> None:
    path = written(tmp_path, pact(interaction("x", "/orders", (state, params))))
    [line] = errors(path).values()
    assert f'The state "{state}" {expected}' in line


def test_numbers_as_text_are_numbers(tmp_path: Path) -> None:
    document = pact(interaction("x", "/orders", ("orders exist", {"count": "2"})))
    assert errors(written(tmp_path, document)) == {}


def test_filters_choose_interactions(tmp_path: Path) -> None:
    asked = interaction("the orders", "/orders", "orders exist")
    sources = load_pacts([str(written(tmp_path, pact(order(), asked)))], Credentials())

    def chosen(wanted: Filter) -> list[str]:
        orders, _ = select(sources.found, wanted, NAME, STATES)
        return [each.description for found in orders for each in found.interactions]

    assert chosen(Filter()) == ["an order", "the orders"]
    assert chosen(Filter(description="^an")) == ["an order"]
    assert chosen(Filter(state="exist$")) == ["the orders"]
    assert chosen(Filter(consumers=("till",))) == ["an order", "the orders"]
    assert chosen(Filter(consumers=("till",), description="the", state="orders")) == ["the orders"]


@pytest.mark.parametrize("wanted", [Filter(description="nothing"), Filter(state="nothing")])
def test_a_filter_that_matches_nothing_is_reported(tmp_path: Path, wanted: Filter) -> None:
    [line] = problems([written(tmp_path, pact(order()))], wanted)
    assert line.startswith("No interaction matches --")
    assert line.endswith('there are 1 interactions, the first of which is "an order".')


def test_an_unknown_consumer_is_reported_with_the_nearest(tmp_path: Path) -> None:
    [line] = problems([written(tmp_path, pact(order()))], Filter(consumers=("tll",)))
    assert line == "No pact of a consumer 'tll': did you mean 'till'?"


def test_a_filter_that_is_no_regular_expression_is_reported() -> None:
    with pytest.raises(FilterInvalid, match="--description '\\[' is not a regular expression"):
        Filter(description="[")


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


@pytest.mark.parametrize("depth", [250, 900])
def test_a_pact_deeper_than_any_is_refused(tmp_path: Path, depth: int) -> None:
    document = pact(interaction("x", "/order", response={"body": nested(depth)}))
    [line] = problems([written(tmp_path, document)])
    assert line.endswith("deeper than 200 levels; is it a pact?")


def test_a_body_that_is_deep_once_decoded_is_refused(tmp_path: Path) -> None:
    content = {"content": json.dumps(nested(300)), "contentType": "application/json"}
    hidden = interaction("x", "/order", response={"body": {**content, "encoded": "JSON"}})
    [line] = problems([written(tmp_path, pact(hidden))])
    assert "deeper than 200 levels" in line


def test_a_file_larger_than_any_pact_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "pact.json"
    with path.open("wb") as file:
        file.truncate(51 * 2**20)
    [line] = problems([path])
    assert "larger than 50 MiB" in line
