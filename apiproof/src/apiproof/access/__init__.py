"""Access: who may do what, tried at a running API from its OpenAPI document alone.

    report = probe_service(service, env)            # a service in its environment
    report = probe(document, user_source, client)   # any API

`report.findings` is what is wrong, `report.not_exercised` what could not be tried, `report.cells`
everything.
"""

from apiproof.access.inspection import leaks
from apiproof.access.probe import (
    QUICK,
    THOROUGH,
    Probe,
    ProbeOptions,
    probe,
    probe_of,
    probe_service,
)
from apiproof.access.report import (
    CHECKS,
    AccessReport,
    BaselineDiff,
    Cell,
    CellStatus,
    Finding,
    compare_to_baseline,
    read_baseline,
    write_baseline,
)

__all__ = [
    "CHECKS",
    "QUICK",
    "THOROUGH",
    "AccessReport",
    "BaselineDiff",
    "Cell",
    "CellStatus",
    "Finding",
    "Probe",
    "ProbeOptions",
    "compare_to_baseline",
    "leaks",
    "probe",
    "probe_of",
    "probe_service",
    "read_baseline",
    "write_baseline",
]
