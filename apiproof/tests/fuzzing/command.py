"""`apiproof fuzz` as a user runs it: the command in a process of its own.

That process is forked from one that has imported what the command needs and run nothing: to import
it takes longer than most tests do.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

KIT: Final = Path(__file__).parent.parent.parent
_TIMEOUT: Final = 110.0  # seconds
_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(
    ["apiproof.cli", "apiproof.fuzzing.shard_runs", "schemathesis.cli", "fastapi", "hypothesis"]
)


def fuzz(
    folder: Path, *words: str, environment: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run the command in a folder.

    Args:
        folder: the one that it is run in.
        words: its arguments.
        environment: the variables that it has beside the path to the kit; None for those of now.
    """
    command = ["apiproof", "fuzz", *words]
    variables = {**(os.environ if environment is None else environment), "PYTHONPATH": str(KIT)}
    with tempfile.TemporaryDirectory() as outputs:
        out, err = Path(outputs) / "out", Path(outputs) / "err"
        child = _forked.Process(target=_run, args=(folder, command, variables, out, err))
        child.start()
        child.join(_TIMEOUT)
        if child.exitcode is None:
            child.kill()
            child.join()
            raise subprocess.TimeoutExpired(command, _TIMEOUT, out.read_bytes(), err.read_bytes())
        said = [path.read_text("utf-8", "replace") for path in (out, err)]
        return subprocess.CompletedProcess(command, child.exitcode, *said)


def _run(folder: Path, command: list[str], variables: dict[str, str], out: Path, err: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    for path, number in ((out, 1), (err, 2)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), number)
    sys.path[:0] = [str(folder), str(KIT)]
    sys.argv = command
    runpy.run_module(command[0], run_name="__main__", alter_sys=False)
