"""`from apiproof.cognito import ...` is useful in a project that has nothing else of the kit."""

import json
import subprocess
import sys

SCRIPT = """
import json, sys
import apiproof.cognito
print(json.dumps(sorted(sys.modules)))
"""


def test_import_brings_nothing_else_of_the_kit() -> None:
    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60, check=True
    )
    modules = set(json.loads(run.stdout))
    others = {
        name
        for name in modules
        if name.startswith("apiproof.") and not name.startswith("apiproof.cognito")
    }
    assert others == {"apiproof.errors", "apiproof.process_variables"}
    heavy = {"api", "tests", "fastapi", "flask", "uvicorn", "schemathesis", "psycopg2", "pytest"}
    assert not heavy & modules
