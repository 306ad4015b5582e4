"""Pact files of every version and style, read into one shape.

It knows the Pact specification 1 to 4 and how pact-jvm, pact-js, pact-ruby and pact-python
write it. It must not know providers, OpenAPI documents or how a pact is verified, and it
imports no pact library.

    PactError
    +- PactNotFound      nothing readable at that path
    +- PactUnparsable    not JSON, or not text
    +- PactMalformed     JSON, but not a pact
    +- PactEmpty         a pact that expects nothing
    +- PactTooLarge      larger or deeper than any pact
"""

from apiproof.pacts.reading.errors import (
    PactEmpty,
    PactError,
    PactMalformed,
    PactNotFound,
    PactTooLarge,
    PactUnparsable,
)
from apiproof.pacts.reading.expressions import Step, parse_expression
from apiproof.pacts.reading.model import (
    Body,
    Interaction,
    Matcher,
    MatchingRules,
    Message,
    PactFile,
    ProviderState,
    Request,
    Response,
    Rule,
)
from apiproof.pacts.reading.pact_file import load_document, load_pact, parse_pact

__all__ = [
    "Body",
    "Interaction",
    "Matcher",
    "MatchingRules",
    "Message",
    "PactEmpty",
    "PactError",
    "PactFile",
    "PactMalformed",
    "PactNotFound",
    "PactTooLarge",
    "PactUnparsable",
    "ProviderState",
    "Request",
    "Response",
    "Rule",
    "Step",
    "load_document",
    "load_pact",
    "parse_expression",
    "parse_pact",
]
