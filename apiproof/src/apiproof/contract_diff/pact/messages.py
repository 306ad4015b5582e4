"""The problems of an expected response body, in words."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from apiproof.contract_diff.pact.findings import PactSeverity, Problem, listed, shown
from apiproof.contract_diff.pact.matching_rules import is_loose, lengths
from apiproof.openapi.references import Located
from apiproof.openapi.schema_variants import Properties, Variant
from apiproof.pacts.reading import Rule, Step
from apiproof.pacts.reading.expressions import show

Place = tuple[Step, ...]
Schemas = Sequence[Located]


def as_type(problem: Problem, expected: Any) -> Problem:
    """An exact value's problem in the words of a response, by its kind."""
    is_type = problem.pointer.endswith("/type")
    rule = "response-body-type" if is_type else problem.rule
    words = problem.message.removeprefix("expected ").rsplit(", got ", 1)[0]
    got = shown(expected, problem.place)
    message = f"expected {got}, got a schema that wants {words}"
    return Problem(rule, problem.place, problem.pointer, message)


def as_possible(problem: Problem) -> Problem:
    """The same problem of what need not be sent: a warning, as the state may see to it."""
    return replace(problem, severity=PactSeverity.WARNING) if problem.is_error else problem


def length_problems(
    example: int, variant: Variant, place: Place, rule: Rule | None, *, is_open: bool = False
) -> Iterator[Problem]:
    """Where no number of items suits both the consumer and the schema.

    Args:
        example: how many items the example has.
        variant: the array's schemas.
        place: the array's.
        rule: the one that holds there.
        is_open: without a rule, more items than the example's are fine, too.
    """
    least, most = lengths(rule, example)
    if is_open and not is_loose(rule):
        most = None
    for schema in variant:
        low, high = schema.node.get("minItems", 0), schema.node.get("maxItems")
        if high is not None and high < max(least, 1 if example and is_loose(rule) else 0):
            words = f"expected at least {max(least, 1)} items, got a schema of at most {high}"
            yield Problem("response-body-length", show(place), schema.at("maxItems").pointer, words)
        if most is not None and low > most:
            words = f"expected at most {most} items, got a schema of at least {low}"
            yield Problem("response-body-length", show(place), schema.at("minItems").pointer, words)


def unknown(name: str, properties: Properties, place: Place, variant: Variant) -> Problem:
    """A property that the schema doesn't have."""
    return Problem(
        "response-property-unknown",
        show((*place, name)),
        next((each.pointer for each in variant if each.node.get("properties")), variant[0].pointer),
        f"expected the property {name}, got a schema with {listed(properties.names)}",
    )


def unexpected(name: str, properties: Properties, place: Place) -> Problem:
    """A property, or an element of XML, that the consumer's matcher leaves no room for."""
    problem = Problem(
        "response-property-unexpected",
        show(place),
        next((each.pointer for each in properties.of(name) or ()), ""),
        f"expected nothing beside the example, got a schema that has {name}",
    )
    return problem if properties.requires(name) else as_possible(problem)


def other_key(name: str, properties: Properties, place: Place) -> Problem:
    """A key that the consumer's `eachKey` does not take."""
    return Problem(
        "response-property-key",
        show((*place, name)),
        next((each.pointer for each in properties.of(name) or ()), ""),
        f"expected only keys that match, got a schema that requires {name}",
    )


def never_sent(name: str, schemas: Schemas, place: Place) -> Problem:
    """A property that only requests have."""
    return Problem(
        "response-property-write-only",
        show((*place, name)),
        schemas[0].pointer,
        f"expected the property {name}, got a schema that says it is write-only",
    )


def maybe_absent(name: str, schemas: Schemas, place: Place) -> Problem:
    """A property that may be absent: a warning, as the state may see to its presence."""
    return Problem(
        "response-property-optional",
        show((*place, name)),
        schemas[0].pointer,
        f"expected the property {name}, got a schema that does not require it",
        PactSeverity.WARNING,
    )


def no_alternative(expected: Any, schemas: Schemas, place: Place) -> Problem:
    """A value that no alternative is meant for."""
    return Problem(
        "response-body-value",
        show(place),
        schemas[0].pointer,
        f"expected {shown(expected, show(place))}, got a schema without such an alternative",
    )
