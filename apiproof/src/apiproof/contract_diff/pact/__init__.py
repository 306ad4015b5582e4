"""A pact against an OpenAPI document, statically and in milliseconds: `apiproof pact compare`.

For consumer teams that have only the document. It imports neither the app, nor moto, nor a
database, nor a pact library.
"""

from apiproof.contract_diff.pact.comparison import Comparison, compare
from apiproof.contract_diff.pact.findings import PactFinding, PactSeverity
from apiproof.contract_diff.pact.run import Outcome, examine, render_json, render_table, run
from apiproof.openapi.document import DocumentError, load_document

__all__ = [
    "Comparison",
    "DocumentError",
    "Outcome",
    "PactFinding",
    "PactSeverity",
    "compare",
    "examine",
    "load_document",
    "render_json",
    "render_table",
    "run",
]
