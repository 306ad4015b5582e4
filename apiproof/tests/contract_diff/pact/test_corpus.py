import json
import re
import sys
from typing import Any

import pytest

from apiproof.contract_diff.pact import PactSeverity
from tests.contract_diff.pact.corpus_cases import CASES, CORPUS, Case, document, places

BAD = [case for case in CASES if not case.is_good]
GOOD = [case for case in CASES if case.is_good]
# What `compare` is known to get wrong: the pact, and the reason. Empty, and to stay so.
KNOWN_MISSES: dict[str, str] = {}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.pact)
def test_mistake_is_found_where_it_is_and_nothing_else(case: Case) -> None:
    assert places(case.findings(), PactSeverity.ERROR) == case.errors


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.pact)
def test_good_pact_raises_no_alarm(case: Case) -> None:
    findings = case.findings()
    assert places(findings, PactSeverity.ERROR) == []
    assert places(findings, PactSeverity.WARNING) == case.warnings


def test_precision_and_recall_are_whole(capsys: pytest.CaptureFixture[str]) -> None:
    found = {case.pact: places(case.findings(), PactSeverity.ERROR) for case in CASES}
    missed = {c.pact for c in BAD if not set(c.errors) <= set(found[c.pact])}
    hits = len(BAD) - len(missed)
    false_alarms = {c.pact for c in CASES if set(found[c.pact]) - set(c.errors)}
    precision, recall = hits / (hits + len(false_alarms)), hits / len(BAD)
    counted = f"{len(BAD)} bad and {len(GOOD)} good pacts"
    lines = [f"compare: {counted}, precision {precision:.3f}, recall {recall:.3f}"]
    lines += [
        f"  wrong about {pact}: {KNOWN_MISSES.get(pact, 'no reason known')}"
        for pact in sorted(missed | false_alarms)
    ]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert missed | false_alarms == set(KNOWN_MISSES)


def test_corpus_covers_every_version_and_style_on_both_sides() -> None:
    styles = {"ruby-v2", "jvm-v2", "jvm-v3", "js-v3", "jvm-v4", "js-v4", "python-v4"}
    assert {case.style for case in GOOD} == styles
    assert {case.style for case in BAD} == styles
    assert len(BAD) >= 30
    assert len(GOOD) >= 15


def test_every_pact_in_the_corpus_is_labelled() -> None:
    files = {
        f.relative_to(CORPUS).as_posix() for d in ("good", "bad") for f in (CORPUS / d).iterdir()
    }
    assert files == {case.pact for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.pact)
def test_finding_points_at_what_exists_in_pact_and_document(case: Case) -> None:
    pact = json.loads(case.path.read_text())
    for finding in case.findings():
        assert at_pointer(document(case.document), finding.pointer) is not None
        assert stands_in(pact, finding.where), finding.where


def at_pointer(node: Any, pointer: str) -> Any:
    for step in pointer.removeprefix("#").split("/")[1:]:
        key = step.replace("~1", "/").replace("~0", "~")
        node = node[int(key)] if isinstance(node, list) else node[key]
    return node


def stands_in(node: Any, where: str) -> bool:
    """Follow a JSON path; inside a text (a query, a path, a form) any place stands."""
    steps = re.findall(r"\.([\w-]+)|\['([^']*)'\]|\[(\d+)\]", where)
    for number, (name, quoted, index) in enumerate(steps):
        if isinstance(node, str) or (isinstance(node, list) and isinstance(node[0], str)):
            return True
        if isinstance(node, list):
            node = node[int(index)]
            continue
        key = next((k for k in node if k.lower() == (name or quoted).lower()), None)
        if key is None:  # a request without the headers or the query that it should have
            return number == len(steps) - 1 and name in {"headers", "query"}
        node = node[key]
    return True
