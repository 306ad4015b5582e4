"""The process of the command line: how it ends, and what it still does then."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = "import sys; sys.argv = ['apiproof', '--version']; from apiproof.__main__ import run\n"


def python(*words: str, stdout: int | None = subprocess.PIPE) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, *words],
        env={**os.environ, "PYTHONUNBUFFERED": ""},  # so that something is left to be written
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [(("--version",), 0, "apiproof"), (("fuzz", "--shard", "x"), 2, "'x' is no shard")],
)
def test_the_exit_code_is_the_commands(words: tuple[str, ...], code: int, said: str) -> None:
    done = python("-m", "apiproof", *words)
    assert done.returncode == code
    assert said in done.stdout + done.stderr


LEAVES = """
import atexit, threading
import apiproof.cli


def speak():
    threading.main_thread().join()
    print("thread")


def main():
    threading.Thread(target=speak).start()
    atexit.register(print, "registered")
    sys.exit(0)


apiproof.cli.main = main
run()
"""


def test_what_others_left_for_the_end_is_done() -> None:
    done = python("-c", RUN + LEAVES)
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["thread", "registered"]


def test_who_came_first_is_called_as_well() -> None:
    done = python("-c", f"import atexit; atexit.register(print, 'first')\n{RUN}run()")
    assert done.stdout.splitlines()[1:] == ["first"]


def test_a_traceback_is_no_success() -> None:
    broken = "import apiproof.cli; apiproof.cli.main = lambda: 1 / 0\n"
    done = python("-c", f"{RUN}{broken}run()")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


INTERRUPTS = """
import signal


class Interrupting:
    def find_spec(self, name, *_):
        if name == "apiproof.cli":
            signal.raise_signal(signal.{name})


sys.meta_path.insert(0, Interrupting())
run()
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_ctrl_c_during_the_first_imports_is_one_line(name: str) -> None:
    done = python("-c", RUN + INTERRUPTS.format(name=name))
    assert done.returncode == 2
    assert done.stderr == (
        "apiproof: Interrupted: nothing was decided. Run the same command again.\n"
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_what_cannot_be_written_is_no_success() -> None:
    said = "import apiproof.cli; apiproof.cli.main = lambda: print('all is well') or sys.exit(0)\n"
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = python("-c", f"{RUN}{said}run()", stdout=full.fileno())
    assert done.returncode == 120  # Python's own for it
