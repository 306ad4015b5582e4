"""A report with one of everything, foreign text that would like to be markup included."""

from dataclasses import replace
from datetime import UTC, datetime

from apiproof.reporting import (
    Case,
    Chart,
    Finding,
    Grid,
    GridCell,
    HttpRequest,
    HttpResponse,
    Location,
    Report,
    Series,
    Severity,
    Status,
    StepResult,
    Table,
    build_report,
    curl_command,
    step_result,
)

HOSTILE = "<script>alert(1)</script> [red]x[/] \x1b[2J \x00 \u202e'\"&"
OPERATIONS = (
    "GET /users", "POST /users", "GET /users/{user_id}", "DELETE /users/{user_id}",
    "POST /users/{user_id}/confirmation_codes", "GET /orders", "POST /orders/{order_id}/lines",
)  # fmt: skip
CREDENTIALS = (
    "no token", "malformed", "expired", "signed with another key", "algorithm none",
    "another issuer", "another client", "id token instead of access token", "scope missing",
    "after logout", "after deletion", "of another user",
)  # fmt: skip


def finding(severity: Severity, number: int, *, is_known: bool = False) -> Finding:
    """A finding with a request and its answer."""
    request = HttpRequest(
        "POST",
        "http://127.0.0.1:8000/orders/17/lines?expand=all&note=a%20b",
        {"authorization": "Bearer $TOKEN", "content-type": "application/json"},
        '{"sku": "a-12", "count": 2147483648, "note": "' + HOSTILE[:25] + '"}',
    )
    return Finding(
        id=f"fuzzing/not_a_server_error/POST /orders/{{order_id}}/lines/{severity}/{number}",
        check="not_a_server_error",
        severity=severity,
        operation="POST /orders/{order_id}/lines",
        message=f"Server error, answered 500 to {HOSTILE}",
        expected="one of the documented statuses 201, 401, 403, 404, 422",
        request=request,
        response=HttpResponse(
            500, {"content-type": "application/json"}, '{"detail": "Internal error"}'
        ),
        curl=curl_command(request),
        details=("OverflowError: Python int too large to convert", "orders/service.py line 41"),
        location=Location("openapi.json", "#/paths/~1orders~1{order_id}~1lines/post"),
        is_known=is_known,
    )


def access_grid() -> Grid:
    """A matrix with every status, wider than it is high."""
    statuses = [Status.PASSED, Status.PASSED, Status.PASSED, Status.FAILED, Status.SKIPPED]
    cells = [
        GridCell(row, column, status, "" if status is Status.SKIPPED else "401",
                 "expected 401; accepted" if status is Status.FAILED else "expected 401")
        for row in range(len(OPERATIONS))
        for column in range(len(CREDENTIALS))
        if (status := statuses[(row * 5 + column * 7) % len(statuses)])
    ]  # fmt: skip
    return Grid("Access matrix", OPERATIONS, CREDENTIALS, tuple(cells), column_name="credential")


def coverage_grid() -> Grid:
    """A heat map from seldom to often, with gaps."""
    columns = ("200", "201", "401", "404", "422", "503")
    cells = []
    for row in range(len(OPERATIONS)):
        for column in range(len(columns)):
            count = (row * 37 + column * 101) % 400
            if column == 5:
                cells.append(GridCell(row, column, Status.SKIPPED, "0", "nothing provokes it"))
            elif row == 3 and column == 4:
                cells.append(GridCell(row, column, Status.FAILED, "3", "seen, but not declared"))
            else:
                cells.append(GridCell(row, column, Status.PASSED, note="times seen", count=count))
    return Grid("Coverage", OPERATIONS, columns, tuple(cells), column_name="status")


def pact_table() -> Table:
    """One consumer's interactions."""
    statuses = (Status.PASSED, Status.FAILED, Status.SKIPPED, Status.ERROR)
    rows = tuple(
        (f"interaction {number} {HOSTILE}", "a user exists", "GET /users", str(status), "why")
        for number, status in enumerate(statuses)
    )
    columns = ("interaction", "given", "request", "result", "what differs")
    return Table("web expects of shop", columns, rows, statuses, note="pacts/web--shop.json")


def steps() -> list[StepResult]:
    """A step of every status."""
    severities = [*Severity, Severity.HIGH]
    findings = [finding(severity, number) for number, severity in enumerate(severities)]
    findings.append(finding(Severity.LOW, 9, is_known=True))
    findings += [
        replace(finding(Severity.MEDIUM, number), operation="GET /users", check="scopes_enforced")
        for number in range(30, 35)
    ]
    caught = Chart(
        "Defects caught against time", "seconds", "defects caught",
        (Series("contract", ((0.1, 3.0), (1.0, 20.0), (10.0, 31.0))),
         Series("property", ((0.5, 1.0), (5.0, 12.0), (60.0, 28.0))),
         *(Series(name, ((1.0, 1.0), (9.0, 9.0))) for name in ("live", "all", "fuzzing", "pacts"))),
    )  # fmt: skip
    bench = Chart(
        "One in-process request", "", "milliseconds",
        (Series("median", (("apiproof", 2.1), ("stock Schemathesis", 5.8))),), shape="bar",
    )  # fmt: skip
    cases = [
        Case("GET /users", Status.PASSED, "fuzzing", 0.2),
        Case(HOSTILE, Status.FAILED, "fuzzing", 1.5, HOSTILE),
        Case("GET /orders", Status.ERROR, "stateful", 0.1, "no answer"),
        Case("POST /orders", Status.SKIPPED, "stateful", message="nothing leads there"),
    ]
    return [
        step_result("document", {"operations": 7}, seconds=0.1),
        step_result(
            "fuzzing", {"scenarios": 4, "requests": 1372}, findings, cases=cases, seconds=71
        ),
        step_result("coverage", {"operations": 7}, sections=[coverage_grid()]),
        step_result("access", {"cells": 84}, sections=[access_grid()], seconds=8),
        step_result("pacts", {"interactions": 4}, sections=[pact_table()], seconds=3),
        step_result("faults", {}, sections=[caught, bench], error="no study: see --help"),
    ]


def sample_report() -> Report:
    """The whole."""
    began = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)
    earlier = step_result("openapi diff", {"changes": 3}, [finding(Severity.HIGH, 20)])
    earlier = replace(earlier, finished="2026-11-24T10:00:00+00:00")
    return build_report(f"shop {HOSTILE}", began, steps(), [earlier])
