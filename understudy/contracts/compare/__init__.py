"""A pact against an OpenAPI document, statically and in milliseconds: `understudy compare`.

For consumer teams that have only the document. It imports neither the app, nor moto, nor a
database, nor a pact library.
"""

from understudy.contracts.compare.comparison import Comparison, compare
from understudy.contracts.compare.document import Document, DocumentUnusable
from understudy.contracts.compare.findings import Finding, Severity
from understudy.contracts.compare.rendering import Outcome, render_json, render_table
from understudy.contracts.compare.running import examine, load_document, run

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
