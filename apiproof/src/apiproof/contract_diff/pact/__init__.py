"""A pact against an OpenAPI document, statically and in milliseconds: `apiproof compare`.

For consumer teams that have only the document. It imports neither the app, nor moto, nor a
database, nor a pact library.
"""

from apiproof.contract_diff.pact.comparison import Comparison, compare
from apiproof.contract_diff.pact.document import Document, DocumentUnusable
from apiproof.contract_diff.pact.findings import Finding, Severity
from apiproof.contract_diff.pact.rendering import Outcome, render_json, render_table
from apiproof.contract_diff.pact.running import examine, load_document, run

__all__ = [
    "Comparison",
    "Document",
    "DocumentUnusable",
    "Finding",
    "Outcome",
    "Severity",
    "compare",
    "examine",
    "load_document",
    "render_json",
    "render_table",
    "run",
]
