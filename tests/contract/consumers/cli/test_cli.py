"""The consumer tests of `randomizer-cli`: they write its pact, and the committed one is theirs."""

from pathlib import Path

import pytest

from tests.contract.consumers.cli.expectations import Case, new_pact
from tests.contract.consumers.cli.writing import CASES, PACT, write_pact


@pytest.fixture(autouse=True)
def _no_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACT_DO_NOT_TRACK", "true")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_client_understands(case: Case) -> None:
    case.play(new_pact())


def test_the_committed_pact_is_what_these_tests_write(tmp_path: Path) -> None:
    written = tmp_path / "pact.json"
    write_pact(written)
    assert PACT.read_bytes() == written.read_bytes(), (
        f"{PACT.name} is not what the consumer's tests write: "
        "run `python -m tests.contract.consumers.cli`, and read its diff."
    )
