"""Forked processes: what they say arrives, and how they end is told."""

import os
import threading
from pathlib import Path

import pytest

from apiproof.fork_pool import Send, run_forked, run_one_forked


def work(number: int) -> tuple[str, object]:
    def count(send: Send) -> None:
        for step in range(number):
            send({"step": step})

    return str(number), count


def test_each_childs_messages_arrive_in_order() -> None:
    children = {
        child.name: child
        for child in run_forked([work(n) for n in range(5)], jobs=2, seconds=20)  # type: ignore[misc]  # work's second part is Work
    }
    assert sorted(children) == ["0", "1", "2", "3", "4"]
    for name, child in children.items():
        assert child.messages == [{"step": step} for step in range(int(name))]
        assert child.failure == ""


def test_a_child_that_fails_leaves_the_end_of_its_output() -> None:
    def fail(send: Send) -> None:
        send({"so": "far"})
        raise ValueError("no such thing")

    child = run_one_forked("bad", fail, 20)
    assert child.messages == [{"so": "far"}]
    assert child.failure.splitlines()[-1] == "ValueError: no such thing"


def test_a_child_that_does_not_end_is_killed() -> None:
    def hang(send: Send) -> None:
        send({"pid": os.getpid()})
        threading.Event().wait()

    child = run_one_forked("stuck", hang, 0.5)
    assert child.failure == "hung"
    with pytest.raises(ProcessLookupError):
        os.kill(child.messages[0]["pid"], 0)


def test_a_child_does_not_write_to_our_output(capfd: pytest.CaptureFixture[str]) -> None:
    def talk(_send: Send) -> None:
        print("to a file")  # noqa: T201 - what is tested

    run_one_forked("talker", talk, 20)
    assert capfd.readouterr().out == ""


def test_an_interrupted_run_leaves_no_child(monkeypatch: pytest.MonkeyPatch) -> None:
    forked: list[int] = []
    fork = os.fork

    def noted() -> int:
        forked.append(fork())
        return forked[-1]

    monkeypatch.setattr(os, "fork", noted)

    def hang(send: Send) -> None:
        send({"pid": os.getpid()})
        threading.Event().wait()

    running = run_forked([("quick", lambda send: send({})), ("stuck", hang)], jobs=2, seconds=60)
    next(running)
    running.close()
    assert len(forked) == 2
    for child in forked:  # not any child: others of this process have nothing to do with it
        with pytest.raises(ChildProcessError):
            os.waitpid(child, os.WNOHANG)


def test_output_files_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run_one_forked("tidy", lambda send: send({}), 20)
    assert list(tmp_path.iterdir()) == []
