"""Access: who may do what, tried at a running API from its OpenAPI document alone.

    matrix = probe_subject(service, environment)          # a service in its environment
    matrix = probe(document, identities, client)    # any API

`matrix.findings` is what is wrong, `matrix.unexercised` what could not be tried, `matrix.cells`
everything. The package knows no service and no Schemathesis.
"""

from apiproof.access.baseline import Judgement, judge, read_baseline, write_baseline
from apiproof.access.leaks import files_with_leaks, leaks
from apiproof.access.manner import BRIEF, THOROUGH, Manner
from apiproof.access.matrix import CHECKS, Cell, Finding, Matrix, Outcome
from apiproof.access.probing import Probe, probe
from apiproof.access.service_probe import probe_of, probe_service

__all__ = [
    "BRIEF",
    "CHECKS",
    "THOROUGH",
    "Cell",
    "Finding",
    "Judgement",
    "Manner",
    "Matrix",
    "Outcome",
    "Probe",
    "files_with_leaks",
    "judge",
    "leaks",
    "probe",
    "probe_of",
    "probe_service",
    "read_baseline",
    "write_baseline",
]
