"""The bodies of requests and answers about random numbers."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.types import INT4_MAX, Int4

RandomId = Annotated[int, Field(ge=1, le=INT4_MAX, description="The item's id.", examples=[1])]
MinValue = Annotated[Int4, Field(description="The lowest number allowed.", examples=[1])]
MaxValue = Annotated[
    Int4, Field(description="The highest number allowed; not below min_value.", examples=[6])
]


def _without_default(schema: dict[str, Any]) -> None:
    """Leave out a default that is never used: only what was sent is applied."""
    del schema["default"]


class RandomCreate(BaseModel):
    """Between which bounds to draw, both included. min_value must not be above max_value."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    min_value: MinValue
    max_value: MaxValue


class RandomUpdate(BaseModel):
    """New bounds; what is left out stays. min_value must not end up above max_value."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    min_value: MinValue = Field(default=0, json_schema_extra=_without_default)
    max_value: MaxValue = Field(default=0, json_schema_extra=_without_default)


class RandomPublic(BaseModel):
    """A random number of the caller."""

    id: RandomId
    min_value: MinValue
    max_value: MaxValue
    num: Annotated[
        Int4, Field(description="The number drawn: min_value <= num <= max_value.", examples=[4])
    ]
    created_at: datetime
    updated_at: datetime
