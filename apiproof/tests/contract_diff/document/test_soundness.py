"""What the comparison of schemas says holds for the values that a validator is asked about."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from hypothesis import event, given
from hypothesis import strategies as st

from apiproof.contract_diff.document import diff
from apiproof.contract_diff.document.branches import SchemaSite
from apiproof.contract_diff.document.inclusion import Inclusion
from apiproof.contract_diff.document.schemas import Schemas
from apiproof.contract_diff.document.values import admits
from apiproof.openapi.document import Document
from tests.contract_diff.document.schemata import VALUES, mutants, schemas


def escapes(one: Any, other: Any) -> tuple[Any, ...]:
    document = Document({"openapi": "3.1.0"})
    sides = [Schemas(document, "request") for _ in range(2)]
    inclusion = Inclusion(*sides, forward=True, losing=True)
    return inclusion.counterexamples((SchemaSite("/one", one),), (SchemaSite("/other", other),))


def document(schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    operation = {"requestBody": {"content": content}, "responses": {"200": {"content": content}}}
    return {"openapi": "3.1.0", "paths": {"/things": {"post": operation}}}


def with_mutant(schema: Any) -> st.SearchStrategy[tuple[Any, Any]]:
    return st.tuples(st.just(schema), mutants(schema))


@given(schemas.flatmap(with_mutant), st.booleans())
def test_no_value_is_refused_by_what_was_called_wider(
    pair: tuple[Any, Any],
    swapped: bool,  # noqa: FBT001 - Hypothesis passes it
) -> None:
    one, other = pair[::-1] if swapped else pair
    found = escapes(one, other)
    event("narrower" if found else "wider")
    if not found:
        before, after = jsonschema_rs.validator_for(one), jsonschema_rs.validator_for(other)
        refused = [v for v in VALUES if before.is_valid(v) and not after.is_valid(v)]
        assert refused == [], f"{refused[:3]} passed {one} and fails {other}"


@given(schemas, st.sampled_from(VALUES))
def test_values_are_judged_as_a_validator_judges_them(schema: Any, value: Any) -> None:
    ours = admits(
        Schemas(Document({"openapi": "3.1.0"}), "request"), (SchemaSite("", schema),), value
    )
    assert ours is jsonschema_rs.validator_for(schema).is_valid(value)


@given(schemas)
def test_schema_compared_with_itself_has_no_changes(schema: Any) -> None:
    assert escapes(schema, schema) == ()
    assert diff(document(schema), document({"allOf": [schema]})) == []
    assert diff(document(schema), document({"anyOf": [schema, schema]})) == []


@given(schemas, schemas)
def test_wider_union_is_harmless_to_send_and_narrower_one_to_read(one: Any, other: Any) -> None:
    union = {"anyOf": [one, other]}
    widened = [c for c in diff(document(one), document(union)) if c.breaking]
    narrowed = [c for c in diff(document(union), document(one)) if c.breaking]
    assert [c for c in widened if c.side == "request"] == []
    lost = {c.rule for c in narrowed if c.side == "response"}
    assert lost <= {"response-property-removed"}  # removal counts even where objects are open


@given(schemas)
def test_optional_property_is_never_breaking_to_add(schema: Any) -> None:
    bare = {"type": "object", "properties": {"kept": {"type": "string"}}}
    more = {"type": "object", "properties": {**bare["properties"], "added": schema}}  # type: ignore[dict-item]  # a schema
    assert [c for c in diff(document(bare), document(more)) if c.breaking] == []


@given(schemas)
def test_optional_parameter_is_never_breaking_to_add(schema: Any) -> None:
    old, new = document({}), document({})
    added = {"name": "added", "in": "query", "schema": schema}
    new["paths"]["/things"]["post"]["parameters"] = [added]
    assert [c.rule for c in diff(old, new)] == ["request-parameter-added"]
    assert [c.rule for c in diff(new, old)] == ["request-parameter-removed"]


def test_null_that_a_schema_without_bounds_came_to_admit_is_told() -> None:
    """The regression: `{}` holds every type, so the null among them went unnamed."""
    found = diff(document({"not": {"type": "null"}}), document({}))
    assert {change.rule: change.breaking for change in found} == {
        "response-became-nullable": True,
        "request-became-nullable": False,
    }
