import importlib
import signal
import weakref
from pathlib import Path

import pytest

from apiproof.signals import interruptible

SECONDS = 10


class Thing:
    pass


def wait() -> None:
    signal.sigtimedwait([], SECONDS)


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_both_signals_interrupt_and_mean_afterwards_what_they_meant(name: signal.Signals) -> None:
    before = signal.getsignal(name)
    with pytest.raises(KeyboardInterrupt), interruptible():
        signal.raise_signal(name)
    assert signal.getsignal(name) is before


def test_an_interrupt_that_a_callback_swallowed_is_repeated() -> None:
    heard = []

    def callback(_: object) -> None:
        heard.append("callback")
        signal.raise_signal(signal.SIGTERM)

    def lose(things: list[Thing]) -> None:
        things.clear()
        heard.append("went on")
        wait()

    things = [Thing()]
    reference = weakref.ref(things[0], callback)
    with pytest.raises(KeyboardInterrupt), interruptible():
        lose(things)
    assert heard == ["callback", "went on"]
    assert reference() is None


def test_an_interrupt_during_an_import_waits_until_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import signal\nsignal.raise_signal(signal.SIGINT)\nIS_WHOLE = True\n"
    (tmp_path / "interrupted_module.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    whole = []

    def load() -> None:
        whole.append(importlib.import_module("interrupted_module").IS_WHOLE)
        wait()

    with pytest.raises(KeyboardInterrupt), interruptible():
        load()
    assert whole == [True]


def test_an_import_that_hangs_is_interrupted_after_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apiproof.signals.IMPORT_SECONDS", 0)
    text = "import signal\nsignal.raise_signal(signal.SIGINT)\nraise LookupError\n"
    (tmp_path / "hanging_module.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(KeyboardInterrupt), interruptible():
        importlib.import_module("hanging_module")


def test_other_errors_in_callbacks_are_told_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    told = []
    monkeypatch.setattr("sys.unraisablehook", lambda what: told.append(what.exc_type))

    def callback(_: object) -> None:
        raise LookupError

    things = [Thing()]
    reference = weakref.ref(things[0], callback)
    with interruptible():
        things.clear()
    assert told == [LookupError]
    assert reference() is None
