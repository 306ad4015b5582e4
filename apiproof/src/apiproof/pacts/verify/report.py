"""A verification as a step of the one report, and on the terminal."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.text import Text

from apiproof.pacts.verify.results import (
    EMBEDDED_URL,
    InteractionResult,
    InteractionStatus,
    Mismatch,
    PactResult,
    Verification,
)
from apiproof.reporting import (
    Case,
    Finding,
    HttpResponse,
    Location,
    Severity,
    Status,
    StepResult,
    Table,
    step_result,
)
from apiproof.reporting.terminal import print_line, print_table

COLOURS: Final = {
    InteractionStatus.PASSED: "green",
    InteractionStatus.FAILED: "red",
    InteractionStatus.PENDING: "yellow",
    InteractionStatus.ERROR: "magenta",
}
REPLAY: Final = (
    "To send a curl line yourself: run `apiproof serve`, post the given states to /states at its "
    "control URL, and set TOKEN to the access_token of the answer."
)
_STATUSES: Final = {
    InteractionStatus.PASSED: Status.PASSED,
    InteractionStatus.FAILED: Status.FAILED,
    InteractionStatus.PENDING: Status.SKIPPED,
    InteractionStatus.ERROR: Status.ERROR,
}
_VERDICTS: Final = ("green", "red", "magenta")
_LONGEST: Final = 2000  # characters of a body; reports stay readable


def as_step(verification: Verification) -> StepResult:
    """The verification as a step of the one report."""
    results = [(pact, result) for pact in verification.pacts for result in pact.interactions]
    found = [
        _finding(verification, pact, result)
        for pact, result in results
        if result.status in {InteractionStatus.FAILED, InteractionStatus.PENDING}
    ]
    return step_result(
        "pacts",
        {
            "consumers": len({pact.consumer for pact in verification.pacts}),
            "interactions": len(results),
            "verified": verification.verified,
        },
        [*verification.findings, *found],
        cases=list(_cases(verification)),
        sections=[_table(pact) for pact in verification.pacts],
        seconds=verification.seconds,
        error="\n".join([verification.summary, *verification.hindrances])
        if verification.exit_code == 2
        else "",
    )


def _finding(verification: Verification, pact: PactResult, result: InteractionResult) -> Finding:
    interaction, exchange = result.interaction, result.exchange
    states = " and ".join(state.name for state in interaction.states)
    answered = exchange is not None and exchange.status is not None
    return Finding(
        id=f"pacts/{pact.consumer}/{interaction.description}/{states or '-'}/{_class(result)}"
        + _suffix(result),
        check="pact_interaction",
        severity=Severity.HIGH,
        operation=f"{interaction.request.method} {interaction.request.path}",
        message=f"{pact.consumer}: {interaction.description}: {_reason(result)}",
        expected=f"status {interaction.response.status} and the answer that the pact describes",
        request=exchange.request_at(verification.base_url) if exchange else None,
        response=HttpResponse(exchange.status, exchange.answer_headers, cut(exchange.answer_body))
        if exchange and answered and exchange.status is not None
        else None,
        curl=result.curl,
        details=tuple(detail_lines(result)),
        location=Location(pact.source, interaction.location),
        is_warning=result.status is InteractionStatus.PENDING,
    )


def _class(result: InteractionResult) -> str:
    """In what way an interaction does not pass: a worse way is another finding."""
    paths = [re.sub(r"\[\d+\]", "[*]", each.path) for each in result.mismatches]
    if "$.status" in paths:
        return f"status {result.exchange.status if result.exchange else None}"
    return " ".join(dict.fromkeys(paths)) or "not asked"


def _suffix(result: InteractionResult) -> str:
    """What tells a pending finding from the same one once it counts: no baseline hides that."""
    return "/pending" if result.status is InteractionStatus.PENDING else ""


def _reason(result: InteractionResult) -> str:
    return "; ".join(each.text for each in result.mismatches) or result.error


def _cases(verification: Verification) -> Iterator[Case]:
    for pact in verification.pacts:
        group = f"{pact.consumer} - {pact.provider}"
        for result in pact.interactions:
            states = " and ".join(state.name for state in result.interaction.states)
            message = "\n".join([_reason(result), *detail_lines(result)])
            yield Case(
                name=result.interaction.description + (f" given {states}" if states else ""),
                status=_STATUSES[result.status],
                group=group,
                seconds=result.seconds,
                message=message if result.status is not InteractionStatus.PASSED else "",
            )
        for line in pact.not_verified:
            yield Case(line, Status.SKIPPED, group, message=line)
    for line in verification.hindrances:
        yield Case(line, Status.ERROR, "pacts", message=line)
    for finding in verification.findings:
        status = Status.FAILED if finding.is_failing else Status.SKIPPED
        yield Case(finding.id, status, finding.check, message=finding.message)


def _table(pact: PactResult) -> Table:
    rows = [
        (
            result.interaction.description,
            " and ".join(state.name for state in result.interaction.states),
            f"{result.interaction.request.method} {result.interaction.request.path}",
            str(_STATUSES[result.status]),
            _reason(result),
        )
        for result in pact.interactions
    ]
    return Table(
        title=f"{pact.consumer} expects of {pact.provider}",
        columns=("interaction", "given", "request", "result", "what differs"),
        rows=tuple(rows),
        statuses=tuple(_STATUSES[result.status] for result in pact.interactions),
        note="; ".join([f"{pact.source}, specification {pact.version}", *pact.not_verified]),
    )


def print_verification(verification: Verification, console: Console) -> None:
    """Print everything a person needs to know."""
    for pact in verification.pacts:
        _print_pact(pact, console)
    for finding in verification.findings:
        place = finding.location
        where = f" ({place.file} {place.where})" if place else ""
        line = f"{finding.check} {finding.operation}: {finding.message}{where}"
        word, colour = ("error ", "red") if finding.is_failing else ("warning ", "yellow")
        print_line(console, (word, colour), line)
    for pact in verification.pacts:
        for result in pact.interactions:
            if result.status is not InteractionStatus.PASSED:
                _print_details(pact, result, console)
        for line in pact.not_verified:
            print_line(console, (line, "magenta"))
    if verification.statuses[InteractionStatus.FAILED] and verification.base_url == EMBEDDED_URL:
        print_line(console, f"\n{REPLAY}")
    for line in verification.hindrances:
        print_line(console, (line, "magenta"))
    print_line(console, (verification.summary, _VERDICTS[verification.exit_code]))


def _print_pact(pact: PactResult, console: Console) -> None:
    rows = [
        (
            result.interaction.description,
            f"{result.interaction.request.method} {result.interaction.request.path}",
            Text(result.status, style=COLOURS[result.status]),
            f"{result.seconds * 1000:.0f}",
        )
        for result in pact.interactions
    ]
    title = f"{pact.consumer} expects of {pact.provider} ({pact.source}, V{pact.version})"
    print_table(console, title, ("interaction", "request", "result", "ms"), rows)
    for result in pact.interactions:
        if result.status is InteractionStatus.PASSED:
            for line in comment_lines(result):
                print_line(console, f"  {result.interaction.description}: {line}")


def _print_details(pact: PactResult, result: InteractionResult, console: Console) -> None:
    title = f"{pact.consumer}: {result.interaction.description}"
    place = f"{pact.source} {result.interaction.location}"
    print_line(console, (f"\n{result.status} ", COLOURS[result.status]), f"{title}  ({place})")
    for line in detail_lines(result):
        style = {"-": "green", "+": "red", "@": "bold"}.get(line[:1], "")
        print_line(console, (f"  {line}", style))


def comment_lines(result: InteractionResult) -> Iterator[str]:
    """What the consumer wrote beside the interaction (Pact specification 4, "Comments")."""
    comments = result.interaction.comments
    texts = comments.get("text")
    for text in texts if isinstance(texts, list) else [texts] if texts else []:
        yield f"comment  {text}"
    if name := comments.get("testname"):
        yield f"test     {name}"


def detail_lines(result: InteractionResult) -> Iterator[str]:
    """Everything that is known of an interaction that did not simply pass."""
    if result.status is InteractionStatus.PENDING:
        yield "pending  fails nothing until it has passed once"
    yield from comment_lines(result)
    for state in result.interaction.states:
        params = f" {json.dumps(state.params, ensure_ascii=False)}" if state.params else ""
        yield f"given    {state.name}{params}"
    if result.exchange:
        yield f"request  {result.exchange.method} {result.exchange.target}"
        if result.exchange.body:
            yield f"         {cut(result.exchange.body)}"
        yield f"answer   {result.exchange.status}"
    for mismatch in result.mismatches:
        yield from _diff_lines(mismatch)
    if result.error:
        yield f"error    {result.error}"
    if result.hint:
        yield f"hint     {result.hint}"
    if result.curl:
        yield f"curl     {result.curl}"


def _diff_lines(mismatch: Mismatch) -> Iterator[str]:
    """Expected against got, as a diff at its JSON path."""
    yield f"@@ {mismatch.path} @@ {mismatch.text}"
    yield f"- {_shown(mismatch.expected)}    rule: {mismatch.rule} ({mismatch.where})"
    yield f"+ {_shown(mismatch.actual) if mismatch.actual is not None else 'nothing'}"


def _shown(value: Any) -> str:
    return cut(json.dumps(value, ensure_ascii=False))


def cut(text: str) -> str:
    """A text that is not too long to read."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({len(text)} characters)"
