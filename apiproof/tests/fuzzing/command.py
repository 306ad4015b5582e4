"""`apiproof fuzz` as a user runs it: the command in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

KIT = Path(__file__).parent.parent.parent


def fuzz(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command in a folder."""
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "apiproof", "fuzz", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(KIT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
