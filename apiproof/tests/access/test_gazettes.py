"""Documents that say nothing of credentials."""

from typing import Any

import pytest

from apiproof.access import Impact
from tests.access.strangers import BEARER, assert_found, identities, probed
from tests.apps import gazettes


def _probed(kept: gazettes.Gazette, **options: Any) -> Any:
    return probed(gazettes.create_gazette(kept), identities(token=BEARER), **options)


def test_the_right_gazette_lets_nobody_in() -> None:
    report = _probed(gazettes.Gazette())
    assert not report.interrupted
    assert not report.note
    assert {one.severity for one in report.findings} <= {Impact.DEVIATION}
    entered = {cell.operation_id for cell in report.cells if cell.case == "garbage"}
    assert {"read_user", "write", "read"} <= entered


@pytest.mark.parametrize("flaw", gazettes.FLAWS)
def test_a_flaw_is_found_where_no_scheme_is_declared(flaw: str) -> None:
    expected = gazettes.FLAWS[flaw]
    report = _probed(gazettes.Gazette(flaw=flaw), checks=(expected.partition("/")[0],))
    assert_found(report, expected)
