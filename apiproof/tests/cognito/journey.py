"""The journey in JavaScript: starts an emulator over HTTP and has `js/journey.mjs` travel in it.

    python -m tests.cognito.journey

Needs Node.js 20 or newer with npm; the packages come from npm's registry, pinned by the lock file.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from apiproof.cognito.serving import served

JAVASCRIPT = Path(__file__).with_name("js")
STEPS = "8 steps, all as Cognito does them"


def obstacle() -> str | None:
    """Say why the journey cannot be made here, or None."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        return f"{' and '.join(missing)} missing: install Node.js 20 or newer for this journey"
    return None


def install() -> None:
    """Install the pinned packages."""
    run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")


def travel() -> str:
    """Make the journey; gives what it printed.

    Raises:
        subprocess.CalledProcessError: a step went wrong; it was printed.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready_file = Path(folder) / "ready.json"
        with served(ready_file=ready_file):
            return run("node", "journey.mjs", str(ready_file))


def run(program: str, *arguments: str) -> str:
    """Run a program in the folder of the JavaScript; gives what it printed."""
    done = subprocess.run(  # noqa: S603 - our own script
        [shutil.which(program) or program, *arguments],
        cwd=JAVASCRIPT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=300,
        check=True,
    )
    return done.stdout


def main() -> int:
    """Install and travel; 1 if a step went wrong, 2 if there is no Node."""
    if reason := obstacle():
        sys.stderr.write(f"Skipped: {reason}.\n")
        return 2
    try:
        install()
        told = travel()
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"{error.stdout}{error}\n")
        return 1
    sys.stdout.write(told)
    return 0 if STEPS in told else 1


if __name__ == "__main__":
    sys.exit(main())
