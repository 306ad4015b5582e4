"""Access: who may do what, tried at a running API from its OpenAPI document alone.

    report = probe_service(service, env)            # a service in its environment
    report = probe(document, user_source, client)   # any API

`report.findings` is what is wrong, `report.not_exercised` what could not be tried, `report.cells`
everything.
"""

from apiproof.access.checks import CHECKS, Impact
from apiproof.access.memberships import (
    MEMBERS_LINE,
    MEMBERS_ONLY,
    lost_members,
    members_before,
    members_lines,
)
from apiproof.access.options import QUICK, THOROUGH, ProbeOptions
from apiproof.access.probe import Probe
from apiproof.access.report import (
    AccessFinding,
    AccessReport,
    Baseline,
    BaselineDiff,
    Cell,
    compare_to_baseline,
    read_baseline,
    security_lost,
    write_baseline,
)
from apiproof.access.secret_leaks import leaks
from apiproof.access.service_probe import probe, probe_of, probe_service

__all__ = [
    "CHECKS",
    "MEMBERS_LINE",
    "MEMBERS_ONLY",
    "QUICK",
    "THOROUGH",
    "AccessFinding",
    "AccessReport",
    "Baseline",
    "BaselineDiff",
    "Cell",
    "Impact",
    "Probe",
    "ProbeOptions",
    "compare_to_baseline",
    "leaks",
    "lost_members",
    "members_before",
    "members_lines",
    "probe",
    "probe_of",
    "probe_service",
    "read_baseline",
    "security_lost",
    "write_baseline",
]
