"""A short token is lived out where no key is at hand; a long one is told as not tried."""

import time
from typing import Any

import pytest

from apiproof.access import AccessReport, Cell, lived_out
from apiproof.reporting.model import Status
from tests.access.strangers import probed
from tests.apps.parkings import create_parkings


class Clock:
    """A clock that goes on when somebody waits."""

    def __init__(self) -> None:
        self.waited = 0.0

    def __call__(self) -> float:
        return time.time() + self.waited

    def sleep(self, seconds: float) -> None:
        self.waited += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(lived_out, "now", made)
    monkeypatch.setattr(lived_out, "sleep", made.sleep)
    return made


def _lived_out(clock: Clock, **shape: Any) -> tuple[AccessReport, Cell]:
    report = probed(create_parkings(clock, **shape), checks=("forged_tokens_rejected",))
    [cell] = [one for one in report.cells if one.case == lived_out.CASE]
    return report, cell


@pytest.mark.parametrize("is_opaque", [True, False])
@pytest.mark.parametrize("leeway", [0.0, 60.0])
def test_a_token_that_ends_is_no_finding(clock: Clock, leeway: float, *, is_opaque: bool) -> None:
    report, cell = _lived_out(clock, is_opaque=is_opaque, leeway=leeway)
    assert [finding.line for finding in report.findings] == []
    assert (cell.status, cell.got) == (Status.PASSED, (401,))
    assert clock.waited < lived_out.LONGEST + (lived_out.LEEWAY if leeway else 0)


@pytest.mark.parametrize("is_opaque", [True, False])
def test_a_token_that_serves_after_its_end_is_found(clock: Clock, *, is_opaque: bool) -> None:
    report, _ = _lived_out(clock, is_opaque=is_opaque, is_checked=False)
    [finding] = report.findings
    assert finding.id == "forged_tokens_rejected/read_parking/lived-out/let-in"


def test_a_long_token_is_not_tried(clock: Clock) -> None:
    report, cell = _lived_out(clock, lives=3600.0, is_checked=False)
    assert report.findings == []
    assert (cell.status, clock.waited) == (Status.SKIPPED, 0.0)
    assert "waited for at most" in cell.note
