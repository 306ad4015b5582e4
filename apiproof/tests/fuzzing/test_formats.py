"""What is generated for the formats that pydantic declares is what its validators take."""

import datetime as dt
import ipaddress
import json
import uuid
from typing import Annotated, Any

import pydantic
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter
from schemathesis import Config
from schemathesis.generation.modes import GenerationMode
from schemathesis.openapi import format as register_format
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi import formats as schemathesis_formats

from apiproof.fuzzing.formats import accepted_formats, strategies
from tests.fuzzing.documents import posting

Email = pydantic.EmailStr
TYPES: dict[str, Any] = {
    "email": Email,
    "email of a column": Annotated[Email, Field(max_length=255)],
    "email without sense": Annotated[Email, Field(max_length=320)],
    "email, bounded": Annotated[Email, Field(min_length=7, max_length=50)],
    "email, long": Annotated[Email, Field(min_length=100)],
    "email, optional": Email | None,
    "emails": list[Email],
    "emails by name": dict[str, Email],
    "name and email": pydantic.NameEmail,
    "url": pydantic.HttpUrl,
    "url of a column": Annotated[pydantic.HttpUrl, Field(max_length=255)],
    "any url": pydantic.AnyUrl,
    "postgres": pydantic.PostgresDsn,
    "address": pydantic.IPvAnyAddress,
    "interface": pydantic.IPvAnyInterface,
    "network": pydantic.IPvAnyNetwork,
    "network 4": ipaddress.IPv4Network,
    "network 6": ipaddress.IPv6Network,
    "interface 4": ipaddress.IPv4Interface,
    "interface 6": ipaddress.IPv6Interface,
    "base64": pydantic.Base64Bytes,
    "base64, text": pydantic.Base64UrlStr,
    "duration": dt.timedelta,
    "moment": dt.datetime,
    "uuid": uuid.UUID,
    "uuid1": pydantic.UUID1,
    "uuid3": pydantic.UUID3,
    "uuid4": pydantic.UUID4,
    "uuid5": pydantic.UUID5,
}


def operation_of(kind: Any) -> Any:
    schema = {
        "type": "object",
        "required": ["value"],
        "properties": {"value": TypeAdapter(kind).json_schema()},
    }
    return from_dict(posting(schema), config=Config())["/things"]["POST"]  # no project's settings


def generated(kind: Any, examples: int = 40) -> list[Any]:
    """The values of both phases."""
    operation = operation_of(kind)
    bodies: list[Any] = []

    @seed(1)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def fuzzed(case: Any) -> None:
        bodies.append(case.body)

    fuzzed()
    bodies += [
        case.body
        for case in operation.schema.iter_coverage_cases(
            operation,
            generation_modes=[GenerationMode.POSITIVE],
            generation_config=operation.schema.config.generation,
        )
    ]
    return [body["value"] for body in bodies if isinstance(body, dict) and "value" in body]


@pytest.mark.parametrize("name", TYPES)
def test_pydantic_takes_them(name: str) -> None:
    with accepted_formats():
        values = generated(TYPES[name])
    adapter = TypeAdapter(TYPES[name])
    for value in values:
        adapter.validate_json(json.dumps(value))
    assert len(set(map(str, values))) > 10


def test_long_addresses_are_among_them() -> None:
    with accepted_formats():
        lengths = {len(value) for value in generated(Email)}
    assert max(lengths) > 100  # more than many a column holds


def test_schemathesis_own_are_not_always_taken() -> None:
    # If this fails, Schemathesis has bettered its own: ours may go.
    with pytest.raises(pydantic.ValidationError):
        TypeAdapter(list[Email]).validate_python(generated(Email, 200))


def test_the_registry_is_left_as_it_was() -> None:
    before = dict(schemathesis_formats.STRING_FORMATS)
    with accepted_formats():
        assert strategies().keys() <= schemathesis_formats.STRING_FORMATS.keys()
    assert before == schemathesis_formats.STRING_FORMATS


def test_a_projects_own_format_stays() -> None:
    register_format("email", st.just("only@example.org"))
    try:
        with accepted_formats():
            assert set(generated(Email, 20)) == {"only@example.org"}
        assert "email" in schemathesis_formats.STRING_FORMATS
    finally:
        schemathesis_formats.unregister_string_format("email")
