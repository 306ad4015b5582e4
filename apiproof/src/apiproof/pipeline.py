"""The main job: every proof of a service in one run, and one table that says what each reached.

A step passes only with evidence: it names what it counted, and a step that counted nothing fails.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from apiproof.access import compare_to_baseline, probe_service
from apiproof.access.rendering import write_html, write_json
from apiproof.contract_diff.pact.report import compare_pacts
from apiproof.control import ControlClient
from apiproof.coverage import SUCCESS
from apiproof.environment import Environment
from apiproof.environment_file import EnvironmentFile
from apiproof.fuzzing.cli_run import count_scenarios, run_schemathesis
from apiproof.openapi.document import load_document, operations
from apiproof.pacts.reading import load_pact
from apiproof.pacts.verify.report import print_verification
from apiproof.pacts.verify.results import InteractionStatus
from apiproof.pacts.verify.run import verify_paths
from apiproof.redaction import files_with_secrets
from apiproof.reporting.terminal import console
from apiproof.service import Service

REPORTS = Path("reports")


@dataclass(frozen=True)
class Evidence:
    """What one step found: findings as lines, and the evidence that it looked at something."""

    evidence: str
    findings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Result:
    """A step's verdict and how long it took, in seconds."""

    name: str
    verdict: Evidence
    seconds: float


@dataclass(frozen=True)
class PipelineContext:
    """A served environment, as the steps see it."""

    service: Service
    env: Environment
    ready: EnvironmentFile
    ready_file: Path
    arguments: tuple[str, ...] = ()


Step = Callable[[PipelineContext], Evidence]


def check_document(stage: PipelineContext) -> Evidence:
    """Compare the committed OpenAPI document with what the application declares."""
    count, findings = document_findings(stage.service, stage.env.document)
    return Evidence(f"{count} operations", tuple(findings))


def document_findings(service: Service, document: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how many operations the application declares, and where the committed file differs."""
    path = service.document_path
    count = sum(1 for _ in operations(document))
    findings = []
    if not path.is_file():
        findings.append(f"{path.name} is missing: run `nox -s openapi`")
    elif load_document(path) != document:
        findings.append(f"{path.name} is not what the application declares: run `nox -s openapi`")
    if not count:
        findings.append("the document declares no operation")
    return count, findings


def fuzz(stage: PipelineContext) -> Evidence:
    """Drive the Schemathesis command line at the running server."""
    outcome = run_schemathesis(stage.ready.openapi_url, stage.ready_file, stage.arguments, REPORTS)
    cases = sum(stage.env.coverage_log.counts.values())
    tested = count_scenarios(outcome.junit)
    findings = []
    if outcome.exit_code:
        findings.append(f"Schemathesis ended with exit code {outcome.exit_code}: see its output")
    if not tested:
        findings.append("Schemathesis tested no operation")
    return Evidence(f"{tested} scenarios, {cases} requests", tuple(findings))


def check_coverage(stage: PipelineContext) -> Evidence:
    """Demand a success of every operation, to an authenticated caller where it asks for one."""
    found = list(operations(stage.env.document))
    coverage_log = stage.env.coverage_log
    missed = [operation for operation in found if not coverage_log.succeeded(operation)]
    answers = sum(coverage_log.answers(operation.operation_id, SUCCESS) for operation in found)
    return Evidence(
        f"{len(found) - len(missed)} of {len(found)} operations succeeded, {answers} times",
        tuple(f"{operation.operation_id} never answered 2xx" for operation in missed),
    )


def probe_access(stage: PipelineContext) -> Evidence:
    """Try every passport at every operation of the running server."""
    report = probe_service(stage.service, ControlClient(stage.ready))
    diff = compare_to_baseline(report.findings, set())
    write_json(report, diff, REPORTS / "access.json")
    write_html(report, diff, REPORTS / "access.html")
    findings = [finding.line for finding in report.findings]
    if not report.tried:
        findings.append("no cell of the matrix was tried")
    return Evidence(report.evidence, tuple(findings))


def verify_pacts(stage: PipelineContext) -> Evidence:
    """Play every interaction of every pact file; the environment is emptied before each."""
    files = [Path(os.path.relpath(path)) for path in sorted(stage.service.pacts.glob("*.json"))]
    if not files:
        return Evidence("no pact", (f"there is no pact file in {stage.service.pacts.name}/",))
    pacts = [load_pact(path) for path in files]
    compared = compare_pacts([(pact, pact.interactions) for pact in pacts], stage.service)
    verification = verify_paths(files, stage.env, compared)
    print_verification(verification, console)
    findings = [
        f"{pact.consumer}: {result.interaction.description}: {result.status}"
        for pact in verification.pacts
        for result in pact.interactions
        if result.status in {InteractionStatus.FAILED, InteractionStatus.ERROR}
    ]
    if verification.exit_code and not findings:
        findings.append("the pacts are not what the document promises: see above")
    total = sum(pact.total for pact in verification.pacts)
    if verification.verified != total:
        findings.append(f"only {verification.verified} of {total} interactions were played")
    evidence = f"{verification.verified} of {total} interactions of {len(files)} consumers"
    return Evidence(evidence, tuple(findings))


def scan_reports(stage: PipelineContext) -> Evidence:
    """Look for tokens, passwords and the like in every report that this run wrote."""
    ready = stage.ready
    secrets = [ready.client_secret]
    secrets += [user.access_token for user in ready.users]
    secrets += [user.password for user in ready.users]
    files = [path for path in REPORTS.rglob("*") if path.is_file() and path != stage.ready_file]
    lines = [f"{path} holds {kind}" for path, kind in files_with_secrets(sorted(files), secrets)]
    if not files:
        lines.append("the run wrote no report")
    return Evidence(f"{len(files)} files", tuple(lines))


STEPS: dict[str, Step] = {
    "openapi.json": check_document,
    "fuzzing": fuzz,
    "evidence": check_coverage,
    "access": probe_access,
    "pacts": verify_pacts,
    "reports": scan_reports,
}


def run_all(stage: PipelineContext) -> Iterator[Result]:
    """Run the steps in order; each result is yielded as soon as it is there."""
    for number, (name, step) in enumerate(STEPS.items(), start=1):
        console.rule(f"{number}/{len(STEPS)} {name}")
        started = time.monotonic()
        verdict = step(stage)
        yield Result(name, verdict, time.monotonic() - started)


def table(results: list[Result]) -> Table:
    """Draw the summary: a step a row."""
    drawn = Table("step", "result", "evidence", "seconds", title="Proof")
    for result in results:
        count = len(result.verdict.findings)
        verdict = f"[red]{count} finding{'s'[: count > 1]}[/]" if count else "[green]ok[/]"
        drawn.add_row(result.name, verdict, result.verdict.evidence, f"{result.seconds:.1f}")
    return drawn
