"""URLs that are fetched only where the rest of a request is about something that is there."""

from typing import Any

from tests.access.strangers import assert_found, probed
from tests.apps.garages import create_garages

ASKED: dict[str, Any] = {"checks": ("urls_not_fetched",), "only": ("import_picture",)}


def test_a_url_that_is_refused_is_no_finding_and_was_tried() -> None:
    report = probed(create_garages(fetches_anything=False), **ASKED)
    assert [finding.line for finding in report.findings] == []
    [cell] = [one for one in report.cells if one.check == "urls_not_fetched"]
    assert cell.got


def test_a_url_is_fetched_for_a_vehicle_that_a_list_shows() -> None:
    report = probed(create_garages(fetches_anything=True), **ASKED)
    assert_found(report, "urls_not_fetched/image_url")
