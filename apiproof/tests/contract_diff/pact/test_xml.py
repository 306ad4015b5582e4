"""XML bodies: elements, attributes and text, as pact_ffi 0.5.12 tells right from wrong."""

from collections.abc import Mapping
from typing import Any

import pytest

from apiproof.pacts.reading import PactFile
from tests.contract_diff.pact.exchanges import errors, pact, serving, warnings

XML = {"Content-Type": "application/xml"}
TYPE = {"match": "type"}
TEXT: dict[str, Any] = {"type": "string"}
ATTRIBUTE = {"type": "integer", "xml": {"attribute": True}}
PERSON = {"type": "object", "required": ["age"], "properties": {"age": ATTRIBUTE}}
PEOPLE = {
    "type": "object",
    "xml": {"name": "people"},
    "required": ["person"],
    "properties": {"person": {"type": "array", "items": PERSON}},
}
TWO = '<people><person age="1"/><person age="2"/></people>'
ONE = '<people><person age="1"/></people>'


def expecting(text: str, rules: Mapping[str, Any] | None = None) -> PactFile:
    """A pact that expects XML, with matchers by expression."""
    body = {place: {"matchers": [matcher]} for place, matcher in (rules or {}).items()}
    return pact(response={"headers": XML, "body": text, "matchingRules": {"body": body}})


def answering(schema: Any) -> dict[str, Any]:
    """A document whose `GET /thing` answers XML."""
    content = {"application/xml": {"schema": schema}}
    return serving({"responses": {"200": {"description": "", "content": content}}})


def people(**person: Any) -> dict[str, Any]:
    """The schema of people, of whom the array says something more."""
    listed = {"type": "array", "items": PERSON, **person}
    return {**PEOPLE, "properties": {"person": listed}}


def exactly(age: int) -> dict[str, Any]:
    return {**PERSON, "properties": {"age": {**ATTRIBUTE, "const": age}}}


@pytest.mark.parametrize("rules", [{}, {"$.people.person": TYPE}, {"$.people": TYPE}])
def test_elements_of_one_name_may_be_more_than_the_example_has(rules: dict[str, Any]) -> None:
    loose = {**rules, "$.people.person['@age']": TYPE}
    assert errors(expecting(ONE, loose), answering(people(minItems=2))) == []


def test_elements_that_cannot_be_as_many_are_an_error() -> None:
    loose = {"$.people.person['@age']": TYPE}
    found = errors(expecting(TWO, loose), answering(people(maxItems=1)))
    assert found == ["response-body-length"]


@pytest.mark.parametrize(
    ("place", "fits"),
    [
        ("$.people.person['@age']", True),
        ("$.people.person[*]['@age']", True),
        ("$.people.*['@age']", True),
        ("$.people.person", True),
        ("$.people.dog['@age']", False),
    ],
)
def test_place_of_an_element_has_no_index(place: str, fits: bool) -> None:  # noqa: FBT001 - a table's column
    schema = people(prefixItems=[exactly(7)])
    found = errors(expecting(ONE, {place: TYPE}), answering(schema))
    assert found == ([] if fits else ["response-body-value"])


def test_type_matcher_wants_every_element_like_the_example() -> None:
    other = {"type": "object", "additionalProperties": False}
    rest = {"prefixItems": [PERSON, other], "minItems": 2}
    rules = {"$.people.person": TYPE}
    assert errors(expecting(ONE, rules), answering(people(**rest))) == ["response-property-unknown"]
    assert warnings(expecting(ONE, rules), answering(people(prefixItems=[PERSON, other]))) == [
        "response-property-unknown"
    ]
    loose = {"$.people.person['@age']": TYPE}
    assert errors(expecting(ONE, loose), answering(people(**rest))) == []


def test_type_matcher_leaves_no_room_for_other_elements() -> None:
    both = {**PEOPLE["properties"], "cat": TEXT}  # type: ignore[dict-item]
    may, must = ({**PEOPLE, "properties": both, "required": names} for names in ([], ["cat"]))
    exact = {"$.people.person['@age']": TYPE}
    rules = {"$.people": TYPE}
    assert errors(expecting(ONE, rules), answering(must)) == ["response-property-unexpected"]
    assert "response-property-unexpected" in warnings(expecting(ONE, rules), answering(may))
    assert errors(expecting(ONE, exact), answering(must)) == []


def test_names_count_with_their_namespace() -> None:
    schema = {**PEOPLE, "xml": {"name": "people", "namespace": "urn:a"}}
    schema["properties"] = {
        "person": {"type": "array", "items": {**PERSON, "xml": {"namespace": "urn:a"}}}
    }
    loose = {"$.*.*['@age']": TYPE}
    located = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:schemaLocation="urn:a a"'
    for text in (
        '<people xmlns="urn:a"><person age="1"/></people>',
        '<x:people xmlns:x="urn:a"><x:person age="1"/></x:people>',
        f'<people xmlns="urn:a" {located}><person age="1"/></people>',
    ):
        assert errors(expecting(text, loose), answering(schema)) == [], text
    for text in (ONE, '<people xmlns="urn:b"><person age="1"/></people>'):
        assert errors(expecting(text, loose), answering(schema)) != [], text


def test_closed_element_has_no_other_attribute() -> None:
    closed = people(items={**PERSON, "additionalProperties": False})
    found = errors(expecting('<people><person age="1" sex="f"/></people>'), answering(closed))
    assert found == ["response-property-unknown"]


def test_request_with_too_few_elements_is_an_error() -> None:
    content = {"application/xml": {"schema": people(minItems=2)}}
    document = serving({"requestBody": {"content": content}}, method="post")
    for text, rules in ((ONE, ["request-body-invalid"]), (TWO, [])):
        sent = pact({"method": "POST", "headers": XML, "body": text})
        assert errors(sent, document) == rules
