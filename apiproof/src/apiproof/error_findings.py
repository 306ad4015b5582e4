"""The distinct places that answers of 500 came from, as findings with a request that meets each."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

from apiproof.http.child.server_errors import SERVER_ERROR, ErrorSite
from apiproof.http.client import BASE_URL
from apiproof.openapi.document import Operation
from apiproof.openapi.routing import Router
from apiproof.reporting import (
    Finding,
    HttpRequest,
    HttpResponse,
    Location,
    Severity,
    counted,
    curl_command,
    standing_for,
)

_PLACE: Final = re.compile(r"(?P<file>.*):(?P<line>\d+) (?P<function>.*)", re.DOTALL)


def error_findings(sites: Iterable[ErrorSite], document: dict[str, Any]) -> list[Finding]:
    """Return a finding for each place in the code, but not for what the document promises.

    A baseline has it by operation: one more that meets the same place is new.

    Args:
        sites: an entry for each answer of 500 and above.
        document: the service's.
    """
    router = Router(document)
    findings: dict[str, Finding] = {}
    counts: Counter[str] = Counter()
    for site in sites:
        operation = router.find(site.method, site.path)
        statuses = operation.statuses if operation else ()
        if site.status != SERVER_ERROR and str(site.status) in statuses:
            continue  # promised: a dependency was away
        finding = _finding(site, operation)
        if finding.id not in findings or findings[finding.id].request is None:
            findings[finding.id] = finding
        counts[finding.id] += 1
    groups: dict[str, list[Finding]] = {}
    for finding in findings.values():
        summed = replace(finding, details=(counted(counts[finding.id], "answer"),))
        groups.setdefault(finding.id.removeprefix(_id(finding.operation)), []).append(summed)
    # By id, since which operation meets it first may differ from run to run.
    ordered = (sorted(group, key=lambda finding: finding.id) for group in groups.values())
    return [standing_for(first, others) for first, *others in ordered]


def _id(operation: str) -> str:
    return f"errors/no_server_error/{operation}"


def _finding(site: ErrorSite, operation: Operation | None) -> Finding:
    label = operation.label if operation else f"{site.method} an undeclared path"
    cause = site.exception or f"an answer of {site.status}"
    found = _PLACE.fullmatch(site.place)
    # Without the line, which moves with every edit above it.
    place = f"{found['file']} {found['function']}" if found else site.place or "unknown"
    source = f"/{site.source[:60]}" if site.source else ""
    request = _request(site)
    return Finding(
        id=f"{_id(label)}/{place}/{cause}{source}",
        check="no_server_error",
        severity=Severity.HIGH,
        operation=label,
        message=f"{site.status} from {cause} at {site.place or 'a place that is not known'}"
        + (f", for {site.handled}" if site.handled else ""),
        expected="an answer that the document declares, and never a 500",
        request=request,
        response=HttpResponse(site.status, {}, site.answer) if request else None,
        curl=curl_command(request) if request else "",
        location=Location(found["file"], line=int(found["line"])) if found else None,
    )


def _request(site: ErrorSite) -> HttpRequest | None:
    if not site.headers:
        return None
    query = f"?{site.query}" if site.query else ""
    return HttpRequest(site.method, f"{BASE_URL}{quote(site.path)}{query}", site.headers, site.body)
