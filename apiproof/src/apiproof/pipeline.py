"""The main job: every gate of a service in one run, and one report that says what each reached.

A step passes only with evidence: it names what it counted, and a step that counted nothing is an
error. A step that raises is an error as well, and the others go on.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from apiproof.access import lost_members, members_lines, probe_service
from apiproof.access import step as access_step
from apiproof.access.report import INTERRUPTED
from apiproof.access.requirements import shadowed_routes
from apiproof.contract_diff.pact.report import compare_pacts
from apiproof.control_client import ControlClient
from apiproof.coverage import REDIRECTS, SUCCESS, CoverageLog, as_grid
from apiproof.declared_security import Declared, declared_security, lost_security
from apiproof.environment import Environment
from apiproof.environment_file import EnvironmentFile
from apiproof.error_findings import error_findings
from apiproof.errors import UserError
from apiproof.fuzzing import step as fuzzing_step
from apiproof.fuzzing.cli_run import run_schemathesis
from apiproof.fuzzing.shard_result import ShardResult
from apiproof.fuzzing.shard_runs import Processes, fuzz_beside
from apiproof.kept_refusals import FORBIDDEN, is_refused, lost_refusals
from apiproof.openapi.document import Operation, load_document, operations
from apiproof.openapi.references import Document
from apiproof.pacts import usage
from apiproof.pacts.reading import PactFile
from apiproof.pacts.reading.calls import calls
from apiproof.pacts.verify import report as pacts_step
from apiproof.pacts.verify.run import VerifyRequest, plan, verify_in
from apiproof.redaction import files_with_secrets, redact
from apiproof.reporting import (
    Case,
    Finding,
    Location,
    Report,
    Section,
    Severity,
    Status,
    StepResult,
    step_result,
)
from apiproof.reporting.baseline import with_known
from apiproof.reporting.store import REPORTS
from apiproof.reporting.summary import COLOURS
from apiproof.reporting.terminal import console, heading, print_line
from apiproof.service import Service


@dataclass(frozen=True)
class PipelineContext:
    """A served environment, as the steps see it."""

    service: Service
    env: Environment
    ready: EnvironmentFile
    ready_file: Path
    arguments: tuple[str, ...] = ()
    workers: int = 1
    shards: Future[ShardResult] | None = None
    secured: Declared = field(default_factory=dict)
    refused: AbstractSet[str] = frozenset()
    members: AbstractSet[tuple[str, str]] = frozenset()
    remembered: list[str] = field(default_factory=list)  # for the next baseline


Step = Callable[[PipelineContext], StepResult]
_NEEDS_ROLE = "users with a group: `new_user` of the service file, `SeedUser(..., groups=(...,))`"


class StepsUnknown(UserError):
    """A step is named that does not exist, or none is left."""


def check_document(context: PipelineContext) -> StepResult:
    """Compare the committed OpenAPI document with what the application declares.

    Security that an operation has lost since then, or since the baseline was written, is a
    breaking change of its own, whatever the document says now.
    """
    path = context.service.document_path
    before = dict(context.secured)
    if not path.is_file() and context.service.make_document is None:
        if before:
            lost = [each.finding for each in lost_security(before, context.env.declared)]
            return step_result("document", {"secured operations": len(before)}, lost)
        why = f"{path.name} is not committed yet: `apiproof openapi check --write` writes it"
        return StepResult(
            "document", Status.SKIPPED, cases=(Case(path.name, Status.SKIPPED, message=why),)
        )
    count, lines = document_findings(context.service, context.env.declared)
    findings = [
        Finding(
            id=f"document/{line.partition(':')[0]}",
            check="document_is_current",
            severity=Severity.MEDIUM,
            operation="",
            message=line,
            expected="the committed document is what the application declares",
            location=Location(path.name),
        )
        for line in lines
    ]
    if path.is_file():
        before |= declared_security(load_document(path))
    findings += [each.finding for each in lost_security(before, context.env.declared)]
    return step_result("document", {"operations": count}, findings)


def document_findings(service: Service, document: dict[str, Any]) -> tuple[int, list[str]]:
    """Return how many operations the application declares, and where the committed file differs."""
    path = service.document_path
    count = sum(1 for _ in operations(document))
    findings = []
    if not path.is_file():
        findings.append(f"{path.name} is missing: `apiproof openapi check --write` writes it")
    elif load_document(path) != document:
        findings.append(
            f"{path.name} is not what the application declares: "
            "`apiproof openapi check --write` writes it"
        )
    if not count:
        findings.append("the document declares no operation")
    return count, findings


def fuzz(context: PipelineContext) -> StepResult:
    """Drive the Schemathesis command line at the running server."""
    if context.shards is not None:
        found = context.shards.result()
        context.env.coverage_log.add(found.coverage)
        context.env.server_errors += found.server_errors
        return fuzzing_step.as_step(found.events, found.exit_code)
    ready = context.ready
    outcome = run_schemathesis(ready.openapi_url, context.ready_file, context.arguments, REPORTS)
    return fuzzing_step.as_step(outcome.events, outcome.exit_code)


def check_coverage(context: PipelineContext) -> StepResult:
    """Demand a success of every operation, to an authenticated caller where it asks for one."""
    document = context.env.document
    found = list(operations(document))
    coverage_log = context.env.coverage_log
    missed = [operation for operation in found if not coverage_log.succeeded(operation)]
    shadowed = shadowed_routes(document) if missed else {}
    answers = sum(coverage_log.answers(operation.operation_id, SUCCESS) for operation in found)
    findings = [
        Finding(
            id=f"coverage/success_seen/{operation.operation_id}/none",
            check="success_seen",
            severity=Severity.LOW if _redirects(operation, coverage_log) else Severity.MEDIUM,
            operation=operation.label,
            message="no request succeeded (2xx)"
            + (f": {FORBIDDEN} to every user" if is_refused(operation, coverage_log) else "")
            + _redirects(operation, coverage_log)
            + _shadow(operation, shadowed),
            expected="2xx to an authenticated caller" if operation.secured else "2xx",
            details=(_NEEDS_ROLE,) if is_refused(operation, coverage_log) else (),
        )
        for operation in missed
    ]
    findings += lost_refusals(context.refused, document, coverage_log)
    evidence = {"operations": len(found), "successes": answers}
    return step_result("coverage", evidence, findings, sections=[as_grid(document, coverage_log)])


def _shadow(operation: Operation, shadowed: Mapping[str, Operation]) -> str:
    """In words, that another operation takes an operation's requests."""
    other = shadowed.get(operation.operation_id)
    return f": {other.label}, declared before it, takes its requests" if other else ""


def _redirects(operation: Operation, log: CoverageLog) -> str:
    """In words, that an operation answers redirects of which the document says nothing."""
    seen = sorted(log.statuses(operation.operation_id) & set(REDIRECTS))
    if not seen or operation.secured:
        return ""
    return f": it answers {', '.join(map(str, seen))}, which the document does not declare"


def probe_access(context: PipelineContext) -> StepResult:
    """Try every credential at every operation of the running server."""
    report = probe_service(context.service, ControlClient(context.ready))
    context.remembered.extend(members_lines(report))
    report.add(lost_members(context.members, report))
    return access_step.as_step(report, known=set())


def verify_pacts(context: PipelineContext) -> StepResult:
    """Verify every interaction of every pact file; the environment is emptied before each."""
    service = context.service
    files = [os.path.relpath(path) for path in sorted(service.pacts.rglob("*.json"))]
    if not files:
        why = f"there is no pact file in {service.pacts.name}/"
        if service.states is None:  # a project without provider states has no consumers yet
            case = Case("pacts", Status.SKIPPED, message=why)
            return StepResult("pacts", Status.SKIPPED, cases=(case,))
        return step_result("pacts", {}, error=why)
    planned = plan(VerifyRequest(names=tuple(files)), service)
    pacts = [each.source.pact for each in planned.selected]
    compared = compare_pacts([(pact, pact.interactions) for pact in pacts], service)
    verification = verify_in(context.env, planned, compared)
    pacts_step.print_verification(verification, console)
    step = pacts_step.as_step(verification)
    return replace(step, sections=(*step.sections, *_usage(context, pacts)))


def _usage(context: PipelineContext, pacts: list[PactFile]) -> tuple[Section, ...]:
    document = context.env.document
    reached = calls(Document(document), pacts)
    return usage.as_sections(usage.usage(document, pacts), reached)


def scan_reports(context: PipelineContext) -> StepResult:
    """Look for tokens, passwords and the like in every report that this run wrote."""
    ready = context.ready
    secrets = [ready.client_secret]
    secrets += [user.access_token for user in ready.users]
    secrets += [user.password for user in ready.users]
    files = [path for path in REPORTS.rglob("*") if path.is_file() and path != context.ready_file]
    findings = [
        Finding(
            id=f"reports/no_secret/{path.as_posix()}/{kind}",
            check="no_secret_in_reports",
            severity=Severity.HIGH,
            operation="",
            message=f"{path} holds {kind}",
            location=Location(path.as_posix()),
        )
        for path, kind in files_with_secrets(sorted(files), secrets)
    ]
    return step_result("reports", {"files": len(files)}, findings)


def check_server_errors(context: PipelineContext) -> StepResult:
    """List the distinct places that answers of 500 came from, whoever asked."""
    answers = sum(context.env.coverage_log.counts.values())
    found = error_findings(context.env.server_errors, context.env.document)
    return step_result("errors", {"answers": answers, "places": len(found)}, found)


STEPS: dict[str, Step] = {
    "document": check_document,
    "fuzzing": fuzz,
    "access": probe_access,
    "pacts": verify_pacts,
    "coverage": check_coverage,  # what looks at all answers comes last
    "errors": check_server_errors,
}


_AFTER_FUZZING = ("fuzzing", "coverage", "errors")  # what looks at all answers comes last


def chosen_steps(only: Sequence[str] = (), skip: Sequence[str] = ()) -> list[str]:
    """The names of the steps to run, in their order.

    Args:
        only: those alone; none for all.
        skip: not those.

    Raises:
        StepsUnknown: a name is none, or nothing is left.
    """
    known = ", ".join(STEPS)
    if unknown := sorted({*only, *skip} - set(STEPS)):
        raise StepsUnknown(f"No step {', '.join(unknown)}: choose from {known}.")
    names = [name for name in STEPS if (not only or name in only) and name not in skip]
    if not names:
        raise StepsUnknown(f"No step is left: choose from {known}.")
    return names


def run_all(
    context: PipelineContext, names: Sequence[str], known: AbstractSet[str]
) -> Iterator[StepResult]:
    """Run steps in order; each result is yielded as soon as it is there.

    After one that was interrupted, no other begins.

    Args:
        context: the served environment.
        names: of the steps.
        known: ids of findings that a baseline lists.
    """
    if "fuzzing" in names and context.workers > 1:
        yield from _run_beside_shards(context, names, known)
        return
    for number, name in enumerate(names, start=1):
        heading(console, f"{number}/{len(names)} {name}")
        result = run_step(name, STEPS[name], context, known)
        yield result
        if result.error == INTERRUPTED:
            return


def _run_beside_shards(
    context: PipelineContext, names: Sequence[str], known: AbstractSet[str]
) -> Iterator[StepResult]:
    """Run the steps that need nothing of fuzzing while its shards run in processes of their own."""
    processes = Processes()
    with ThreadPoolExecutor(1, thread_name_prefix="fuzzing") as pool:
        name = context.ready.service
        how = context.arguments, context.workers, REPORTS, processes
        fuzzing = pool.submit(fuzz_beside, name, *how)
        beside = replace(context, shards=fuzzing)
        try:
            for name in sorted(names, key=lambda each: each in _AFTER_FUZZING):
                heading(console, name)
                result = run_step(name, STEPS[name], beside, known)
                yield result
                if result.error == INTERRUPTED:
                    return
        finally:
            processes.stop()


def run_step(
    name: str, step: Step, context: PipelineContext, known: AbstractSet[str] = frozenset()
) -> StepResult:
    """Run a step and print how it ended; one that raises is an error, and never a finding.

    One that is interrupted has `INTERRUPTED` as its error.
    """
    started = time.monotonic()
    try:
        result = with_known(step(context), known)
    except KeyboardInterrupt:
        result = step_result(name, {}, error=INTERRUPTED)
    except UserError as error:
        result = step_result(name, {}, error=redact(str(error)))
    except Exception as error:  # noqa: BLE001  # whatever a step or what it drives may raise
        text = redact(f"{type(error).__name__}: {error}")
        result = step_result(name, {}, error=f"{text}; please report this")
    result = replace(result, seconds=round(time.monotonic() - started, 2))
    _print(result)
    return result


def exit_code(report: Report) -> int:
    """Return a run's exit code: 2 where it was interrupted, whatever it had found until then."""
    is_interrupted = any(step.error == INTERRUPTED for step in report.steps)
    return 2 if is_interrupted else report.exit_code


def _print(result: StepResult) -> None:
    line = f" in {result.seconds:.1f} s: {result.looked_at or 'nothing was looked at'}"
    print_line(console, (f"{result.name} {result.status}", COLOURS[result.status]), line)
