"""Provider states: sentences with typed parameters that put an environment into a known shape.

A project registers functions; consumers name the sentences in their pacts. The package must not
know how pacts are verified, nor import a pact library.

    UserError
    +- StateUnknown        no such sentence is registered; the text names the nearest
    +- ParametersInvalid   the sentence is known, its parameters are not
"""

from apiproof.pacts.states.context import StateContext
from apiproof.pacts.states.generic import GENERIC_STATES
from apiproof.pacts.states.state import (
    Parameter,
    ParametersInvalid,
    State,
    StateRegistry,
    StateUnknown,
    Value,
)

__all__ = [
    "GENERIC_STATES",
    "Parameter",
    "ParametersInvalid",
    "State",
    "StateContext",
    "StateRegistry",
    "StateUnknown",
    "Value",
]
