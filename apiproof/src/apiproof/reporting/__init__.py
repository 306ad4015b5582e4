"""One report for every command and the whole run: HTML, JSON, JUnit, SARIF and the terminal.

A step builds a `StepResult` with `step_result`; `build_report` puts them together.
"""

from apiproof.reporting.exchange import HttpRequest, HttpResponse, curl_command
from apiproof.reporting.finding import Finding, Location, Severity, counted, standing_for
from apiproof.reporting.model import (
    Case,
    Chart,
    Grid,
    GridCell,
    Report,
    Section,
    Series,
    Status,
    StepResult,
    Table,
    build_report,
    step_result,
)

__all__ = [
    "Case",
    "Chart",
    "Finding",
    "Grid",
    "GridCell",
    "HttpRequest",
    "HttpResponse",
    "Location",
    "Report",
    "Section",
    "Series",
    "Severity",
    "Status",
    "StepResult",
    "Table",
    "build_report",
    "counted",
    "curl_command",
    "standing_for",
    "step_result",
]
