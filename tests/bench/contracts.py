"""What a consumer team waits for: a cold verification, a map_error, a comparison, a diff."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.table import Table

from apiproof.contract_diff.document import diff
from apiproof.contract_diff.pact import Comparison
from apiproof.pacts.reading import load_pact
from apiproof.reporting.terminal import console

PACTS = Path("pacts")
DOCUMENT = Path("openapi.json")


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def apiproof(*arguments: str) -> Callable[[], int]:
    command = [sys.executable, "-m", "apiproof", *arguments]
    return lambda: subprocess.run(command, capture_output=True, check=False).returncode  # noqa: S603  # ours


def compare_all(document: dict[str, object]) -> None:
    comparison = Comparison(document)
    for path in sorted(PACTS.glob("*.json")):
        comparison.findings(load_pact(path))


def main() -> None:
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    changed = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    del changed["paths"]["/randoms"]["post"]
    pact = json.loads(next(iter(sorted(PACTS.glob("*web*.json")))).read_text(encoding="utf-8"))
    drawn = Table("what", "seconds", title="Contracts")
    with TemporaryDirectory() as folder:
        ten, none = Path(folder) / "ten.json", Path(folder) / "none.json"
        ten.write_text(json.dumps({**pact, "interactions": pact["interactions"][:10]}), "utf-8")
        none.write_text("{}", "utf-8")
        timed = {
            "cold `verify` of ten interactions": apiproof("verify", str(ten)),
            "cold `verify` that refuses a file": apiproof("verify", str(none)),
            "`compare` of all pacts, after imports": lambda: compare_all(document),
            "`diff` of the document, after imports": lambda: diff(document, changed),
        }
        for name, work in timed.items():
            drawn.add_row(name, f"{seconds(work):.2f}")
    console.print(drawn)


if __name__ == "__main__":
    main()
