"""Provider states: sentences with typed parameters that put a world into a known shape.

A project registers functions; consumers name the sentences in their pacts. The package must not
know how pacts are verified, nor import a pact library.

    Refusal
    +- StateUnknown        no such sentence is registered; the text names the nearest
    +- ParametersInvalid   the sentence is known, its parameters are not
"""

from understudy.contracts.states.registry import StateRegistry
from understudy.contracts.states.scene import Scene
from understudy.contracts.states.state import (
    Parameter,
    ParametersInvalid,
    State,
    StateUnknown,
    Value,
)

__all__ = [
    "Parameter",
    "ParametersInvalid",
    "Scene",
    "State",
    "StateRegistry",
    "StateUnknown",
    "Value",
]
