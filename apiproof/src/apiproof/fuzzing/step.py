"""A Schemathesis run as a step of the one report: findings with their requests, and phases.

Read from its NDJSON events (Schemathesis 4.32, reporting/ndjson.py), which hold every case; they
hold secrets, too, and are deleted once they were read.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from apiproof.redaction import HIDDEN, redact, redact_headers
from apiproof.reporting import (
    Case,
    Finding,
    HttpRequest,
    HttpResponse,
    Severity,
    Status,
    StepResult,
    Table,
    curl_command,
    standing_for,
    step_result,
)

# Names in Schemathesis' events: the id of a finding of the access checks, and whether a request of
# the access probe shows it, rather than the generated one that set the probe off.
FINDING: Final = "apiproof_finding"
IS_PROBED: Final = "apiproof_is_probed"
_EXPECTATIONS: Final = ("Expected", "Documented")  # how lines of messages begin
_UNDECLARED: Final = "status_code_conformance"
_LONGEST: Final = 4000  # characters of a body
_PHASES: Final = ("examples", "coverage", "fuzzing", "stateful")
_STATUSES: Final = {"success": Status.PASSED, "failure": Status.FAILED, "error": Status.ERROR}


@dataclass
class Events:
    """What the events of a run say, put together.

    Attributes:
        findings: the first of each kind, by id.
        counts: how often each was seen.
        scenarios: an operation in a phase and how it ended.
        cases: how many requests each phase sent.
        errors: why something could not be tested.
        phases: how each phase ended.
        warnings: why the run may have reached less than it seems, by kind.
        is_empty: whether no operation was chosen.
    """

    findings: dict[str, Finding] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    scenarios: list[Case] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    phases: dict[str, str] = field(default_factory=dict)
    warnings: dict[str, list[str]] = field(default_factory=dict)
    is_empty: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether there was nothing to do: no operation chosen, or no phase that has any."""
        ended = [self.phases.get(phase) for phase in _PHASES]
        return self.is_empty or (not self.errors and all(status == "skip" for status in ended))

    def merge(self, other: "Events") -> None:
        """Take what another run's events say, of other operations or phases."""
        for name, finding in other.findings.items():
            self.findings.setdefault(name, finding)
        self.counts += other.counts
        self.scenarios += other.scenarios
        self.cases += other.cases
        self.errors += other.errors
        for phase, ended in other.phases.items():
            self.phases[phase] = max(self.phases.get(phase, ended), ended, key=_worse)
        for kind, places in other.warnings.items():
            found = self.warnings.setdefault(kind, [])
            found += [place for place in places if place not in found]

    def add(self, name: str, event: Mapping[str, Any]) -> None:
        """Take an event."""
        if name == "ScenarioFinished":
            self._scenario(event)
        elif name == "LoadingFinished":
            operations = (event.get("statistic") or {}).get("operations") or {}
            self.is_empty = operations.get("selected") == 0
        elif name == "PhaseFinished":
            self.phases[str((event.get("phase") or {}).get("name"))] = str(event.get("status"))
        elif name in {"NonFatalError", "FatalError"}:
            self.errors.append(_error(event))

    def _scenario(self, event: Mapping[str, Any]) -> None:
        recorder = event.get("recorder") or {}
        phase, status = str(event.get("phase")), str(event.get("status"))
        cases, interactions = recorder.get("cases") or {}, recorder.get("interactions") or {}
        self.cases[phase] += len(interactions)
        messages = []
        for case_id, checks in (recorder.get("checks") or {}).items():
            for check in checks:
                failure = (check.get("failure_info") or {}).get("failure")
                if check.get("status") == "failure" and isinstance(failure, Mapping):
                    finding = _finding(check["name"], failure, interactions.get(case_id) or {})
                    self.findings.setdefault(finding.id, finding)
                    self.counts[finding.id] += 1
                    messages.append(f"{finding.message} [{finding.check}]")
        if status in _STATUSES:
            label = str(recorder.get("label") or _label(cases))
            seconds = float(event.get("elapsed_time") or 0)
            text = "\n".join(dict.fromkeys(messages))
            self.scenarios.append(Case(label, _STATUSES[status], phase, seconds, text))


def _error(event: Mapping[str, Any]) -> str:
    """What could not be tested, and why, in one line; of a shape that is unknown all there is."""
    error = event.get("value") or event.get("exception") or event.get("info")
    if isinstance(error, Mapping) and error.get("type"):
        text = " ".join(f"{error['type']}: {error.get('message') or ''}".split()).rstrip(": ")
    else:
        text = error if isinstance(error, str) else json.dumps(error or event)
    return redact(f"{event.get('label') or ''}: {text}"[:_LONGEST].strip(": "))


def _worse(ended: str) -> int:
    """The order of phases' ends, in which the last says most."""
    order = ("skip", "success", "interrupted", "failure", "error")
    return order.index(ended) if ended in order else len(order)


def read_events(path: Path, summary: Path | None = None) -> Events:
    """Read a run's events; those that an interrupted run cut off are read to the cut.

    Args:
        path: Schemathesis' NDJSON report.
        summary: its JSON report, which alone has the warnings.
    """
    events = Events()
    for name, event in _lines(path):
        events.add(name, event)
    if summary is not None:
        events.warnings = read_warnings(summary)
    return events


def read_warnings(summary: Path) -> dict[str, list[str]]:
    """Read a run's warnings, by kind, out of Schemathesis' JSON report."""
    try:
        warnings = json.loads(summary.read_text(encoding="utf-8")).get("warnings") or {}
    except (OSError, ValueError):  # an interrupted run wrote none, or half of it
        return {}
    return {kind: list(map(str, places)) for kind, places in warnings.items() if places}


def as_step(events: Events, exit_code: int, seconds: float = 0.0) -> StepResult:
    """The run as a step.

    Args:
        events: what it said.
        exit_code: Schemathesis'.
        seconds: how long it took.
    """
    error = "; ".join(events.errors[:3])
    # Schemathesis' own settings decide whether warnings fail a run ([warnings] fail-on).
    are_failing = exit_code != 0 and not events.findings and not error
    warnings = list(_warnings(events, are_warnings=not are_failing))
    if are_failing and not warnings:
        error = f"Schemathesis ended with exit code {exit_code}: see its output"
    return step_result(
        "fuzzing",
        {"scenarios": len(events.scenarios), "requests": sum(events.cases.values())},
        [*_by_cause(events.findings.values()), *warnings],
        cases=events.scenarios,
        sections=_sections(events),
        seconds=seconds,
        error=error,
    )


def _by_cause(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Return findings, and one for all operations that answer with the same undeclared status.

    Plain FastAPI declares 200 and 422: each further status is one line of code, or of a common
    dependency, and not a fault of each operation.
    """
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        key = finding.message if finding.check == _UNDECLARED else finding.id
        groups.setdefault((finding.check, key), []).append(finding)
    # Not the one that was met first: other machines, and other numbers of them, meet another first.
    ordered = (sorted(group, key=lambda finding: finding.id) for group in groups.values())
    return (standing_for(first, others) for first, *others in ordered)


def _warnings(events: Events, *, are_warnings: bool) -> Iterator[Finding]:
    for kind, places in events.warnings.items():
        for place in places:
            yield Finding(
                id=f"fuzzing/{kind}/{place}/warning",
                check=kind,
                severity=Severity.LOW if are_warnings else Severity.MEDIUM,
                operation=place,
                message=f"the run may have reached less than it seems: {kind.replace('_', ' ')}",
                is_warning=are_warnings,
            )


def _sections(events: Events) -> list[Table]:
    phases = [_phases(events)] if events.scenarios else []
    return [*phases, _kinds(events)] if events.findings else phases


def _phases(events: Events) -> Table:
    rows, statuses = [], []
    for phase, ended in events.phases.items():
        scenarios = [case for case in events.scenarios if case.group == phase]
        failed = sum(case.status is not Status.PASSED for case in scenarios)
        if not scenarios and ended != "skip":
            continue  # what only prepares the others
        status = _STATUSES.get(ended, Status.SKIPPED)
        statuses.append(status)
        counts = (len(scenarios), events.cases[phase], failed)
        rows.append((phase, str(status), *map(str, counts)))
    columns = ("phase", "result", "scenarios", "requests", "scenarios that did not pass")
    return Table("Fuzzing by phase", columns, tuple(rows), tuple(statuses))


def _kinds(events: Events) -> Table:
    rows = [
        (finding.check, finding.operation, finding.message, str(events.counts[finding.id]))
        for finding in events.findings.values()
    ]
    columns = ("check", "operation", "what", "times seen")
    note = "One finding stands for all cases that break the same check in the same way."
    return Table("What broke, and how often", columns, tuple(rows), note=note)


def _finding(check: str, failure: Mapping[str, Any], interaction: Mapping[str, Any]) -> Finding:
    shown = {} if failure.get(IS_PROBED) else interaction
    request = _request(shown.get("request") or {})
    response = _response(shown.get("response") or {})
    status = response.status if response else None
    title = str(failure.get("title") or check)
    operation = str(failure.get("operation") or "")
    details = redact(str(failure.get("message") or "")).splitlines()
    answered = f", answered {status}" if status else ""
    severity = str(failure.get("severity"))
    # The access checks' findings are those of the access probe, whatever request set it off.
    own = failure.get(FINDING)
    return Finding(
        id=f"access/{own}" if own else f"fuzzing/{check}/{operation}/{title}/{status}",
        check=check,
        severity=Severity(severity) if severity in set(Severity) else Severity.MEDIUM,
        operation=operation,
        message=title if own else f"{title}{answered}",
        expected=next((line for line in details if line.startswith(_EXPECTATIONS)), ""),
        request=request,
        response=response,
        curl=curl_command(request) if request else "",
        details=tuple(details),
    )


def _request(raw: Mapping[str, Any]) -> HttpRequest | None:
    if not raw:
        return None
    headers = redact_headers(_headers(raw.get("headers") or {}))
    for name in headers:
        if name.lower() == "authorization" and headers[name] == HIDDEN:
            headers[name] = "Bearer $TOKEN"  # Schemathesis hid it already
    return HttpRequest(
        method=str(raw.get("method")),
        url=redact(str(raw.get("uri"))),
        headers=headers,
        body=redact(_text(raw.get("body")))[:_LONGEST],
    )


def _response(raw: Mapping[str, Any]) -> HttpResponse | None:
    if not raw.get("status_code"):
        return None
    headers = redact_headers(_headers(raw.get("headers") or {}))
    body = redact(_text(raw.get("content")))[:_LONGEST]
    return HttpResponse(int(raw["status_code"]), headers, body)


def _headers(raw: Mapping[str, Any]) -> dict[str, str]:
    return {
        str(name): ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for name, value in raw.items()
    }


def _text(content: Any) -> str:
    if isinstance(content, Mapping) and "$base64" in content:
        return base64.b64decode(content["$base64"]).decode(errors="replace")
    return "" if content is None else str(content)


def _label(cases: Mapping[str, Any]) -> str:
    for case in cases.values():
        value = case.get("value") or {}
        return f"{value.get('method')} {value.get('path')}"
    return "a scenario"


def _lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:
            continue  # cut off
        for name, value in event.items() if isinstance(event, dict) else ():
            if isinstance(value, Mapping):
                yield name, value
