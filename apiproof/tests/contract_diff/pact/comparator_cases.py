"""openapi-pact-comparator's own fixtures through `compare`: whose verdicts are alike.

    python -m tests.contract_diff.pact.comparator_cases FIXTURES

FIXTURES is src/__tests__/fixtures/oas of a checkout of github.com/pactflow/openapi-pact-comparator;
nothing of it is kept here. docs/pacts-abroad.md says of each difference who is right.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from apiproof.contract_diff.pact import Comparison, PactSeverity, load_document
from apiproof.errors import UserError
from apiproof.openapi.references import DocumentError
from apiproof.pacts.reading import load_pact


def verdicts(fixtures: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the name of each fixture, their verdict and ours."""
    for results in sorted(fixtures.glob("*/results*.json")):
        folder, suffix = results.parent, results.stem.removeprefix("results")
        names = [f"oas{suffix}.yaml", f"oas{suffix}.json", "oas.yaml", "oas.json"]
        document = next((folder / each for each in names if (folder / each).exists()), None)
        pact = folder / f"pact{suffix}.json"
        if document is None:
            continue
        found = json.loads(results.read_text(encoding="utf-8"))
        theirs = "failed" if any(each.get("type") == "error" for each in found) else "passed"
        name = f"{folder.name}{suffix}"
        yield name, theirs, _ours(document, pact if pact.exists() else folder / "pact.json")


def _ours(document: Path, pact: Path) -> str:
    try:
        findings = Comparison(load_document(document)).findings(load_pact(pact))
    except (UserError, DocumentError) as why:
        return f"error: {why}"
    severities = {each.severity for each in findings}
    if PactSeverity.ERROR in severities:
        return "failed"
    return "not compared" if PactSeverity.NOT_COMPARED in severities else "passed"


def main(fixtures: Path) -> int:
    """Print every difference and how many are alike; 0 where there are fixtures."""
    found = list(verdicts(fixtures))
    for name, theirs, ours in found:
        if theirs != ours:
            print(f"{name}: theirs {theirs}, ours {ours}")  # noqa: T201 - the output
    alike = sum(theirs == ours for _, theirs, ours in found)
    print(f"{alike} of {len(found)} verdicts alike")  # noqa: T201 - likewise
    return int(not found)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
