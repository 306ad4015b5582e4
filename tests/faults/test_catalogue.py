"""The catalogue: every defect can be planted in the code as it is, and is meant for real checks."""

import ast
import difflib
import importlib.util
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import psycopg2
import pytest

from apiproof.access import CHECKS
from apiproof.environment import Environment
from apiproof.faults.injection import Defect, Rewrite
from apiproof.faults.suppressions import Suppressions
from apiproof.pacts.reading import load_pact
from tests.contract.valid_requests import OPERATIONS
from tests.faults.catalogue import STUDY
from tests.service import SERVICE

ROOT = Path(__file__).parents[2]
SUITES = [*(ROOT / "tests" / "contract").glob("*.py"), *(ROOT / "tests" / "property").glob("*.py")]
# What an incident can be about, at least once each.
AREAS = {
    *("authentication", "scopes", "ownership", "token claims", "validation", "boundaries"),
    *("statuses and headers", "leaks", "pagination", "PATCH", "sign-up", "races", "Cognito errors"),
    *("outages", "logout", "password reset", "document", "contracts", "verification", "profile"),
}


def named(defect: Defect) -> str:
    return defect.id


@cache  # read once, not once for each defect
def checks() -> frozenset[str]:
    tests = {
        node.name
        for path in SUITES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }
    consumers = {load_pact(path).consumer for path in SERVICE.pacts.glob("*.json")}
    return frozenset(tests | consumers | set(CHECKS))


def test_it_is_large_and_spread_over_every_operation_and_area() -> None:
    assert len(STUDY.defects) >= 80
    assert Counter(name for defect in STUDY.defects for name in defect.operations).keys() == (
        OPERATIONS.keys()
    )
    assert {defect.area for defect in STUDY.defects} >= AREAS


@pytest.mark.parametrize("defect", STUDY.defects, ids=named)
def test_the_checks_that_it_is_meant_for_exist(defect: Defect) -> None:
    assert set(defect.caught_by) <= checks()


@pytest.mark.parametrize("defect", STUDY.defects, ids=named)
def test_its_rewrites_fit_the_code_as_it_is(defect: Defect) -> None:
    texts: dict[str, str] = {}
    for rewrite in defect.rewrites:
        path = source_of(rewrite)
        text = texts.get(rewrite.module, path.read_text(encoding="utf-8"))
        texts[rewrite.module] = rewrite.applied(text)
        ast.parse(texts[rewrite.module])


def test_its_code_knows_all_names_that_it_uses(tmp_path: Path) -> None:
    """An unknown name is a 500, which any check may notice: the defect itself was never tried."""
    altered = [defect for defect in STUDY.defects if defect.rewrites]
    for defect in altered:
        texts: dict[str, str] = {}
        for rewrite in defect.rewrites:
            name = rewrite.module
            text = texts.get(name) or source_of(rewrite).read_text(encoding="utf-8")
            texts[name] = rewrite.applied(text)
        for name, text in texts.items():
            (tmp_path / f"{defect.id}-in-{name}.py").write_text(text, encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "F821,F822,F823"]
    done = subprocess.run(  # noqa: S603  # our own command
        [*ruff, "--output-format", "concise", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert len(list(tmp_path.iterdir())) >= len(altered) > 80
    assert done.returncode == 0, done.stdout + done.stderr


def source_of(rewrite: Rewrite) -> Path:
    spec = importlib.util.find_spec(rewrite.module)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin)


def test_its_statements_fit_the_database_as_it_is(env: Environment) -> None:
    statements = [alteration.sql for defect in STUDY.defects for alteration in defect.statements]
    assert statements
    connection = psycopg2.connect(env.database.libpq_url)
    try:
        for statement in dict.fromkeys(statements):
            with connection.cursor() as cursor:
                cursor.execute(statement)
            connection.rollback()
    finally:
        connection.close()


def words(line: str) -> list[str]:
    return re.findall(r"\w+|[^\w\s]", line)


def is_near(before: str, after: str) -> bool:
    """Whether one line is the other with a few words changed, as a mutant changes it."""
    matcher = difflib.SequenceMatcher(None, words(before), words(after), autojunk=False)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return sum(max(end - start, last - first) for _, start, end, first, last in changed) <= 4


def test_what_mutation_forgives_is_still_in_the_code() -> None:
    assert STUDY.suppressions is not None
    known = Suppressions.read(STUDY.suppressions)
    lines = {
        path: [line.strip() for line in (ROOT / path).read_text(encoding="utf-8").splitlines()]
        for path, _ in [*known.equivalent, *known.idle]
    }
    assert [entry for entry in known.idle if entry[1] not in lines[entry[0]]] == []
    assert [
        (path, after)
        for path, after in known.equivalent
        if not any(is_near(line, after) for line in lines[path])
    ] == []
