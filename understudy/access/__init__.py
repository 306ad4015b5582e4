"""Access: who may do what, tried at a running API from its OpenAPI document alone.

    matrix = probe_subject(subject, world)          # a subject in its world
    matrix = probe(document, identities, client)    # any API

`matrix.findings` is what is wrong, `matrix.unexercised` what could not be tried, `matrix.cells`
everything. The package knows no service and no Schemathesis.
"""

from understudy.access.baseline import Judgement, judge, read_baseline, write_baseline
from understudy.access.leaks import files_with_leaks, leaks
from understudy.access.manner import BRIEF, THOROUGH, Manner
from understudy.access.matrix import CHECKS, Cell, Finding, Matrix, Outcome
from understudy.access.probing import Probe, probe
from understudy.access.worlds import probe_of, probe_subject

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
    "probe_subject",
    "read_baseline",
    "write_baseline",
]
