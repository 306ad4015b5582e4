"""The same result for people and machines, without secrets, and nothing left out."""

import dataclasses
import json
import re
import shlex
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from apiproof.errors import UserError
from apiproof.pacts.verify.report import as_step, print_verification
from apiproof.pacts.verify.results import EMBEDDED_URL, Verification
from apiproof.reporting import Report, build_report, formats, page
from apiproof.reporting.store import write_atomically
from tests.pacts.conftest import Verify
from tests.pacts.pacts import BEARER, body, interaction, order, pact

ADA = ("a customer exists", {"name": "ada"})


def as_text(verification: Verification) -> str:
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        print_verification(verification, console)
    return captured.get()


def report_of(verification: Verification) -> Report:
    return build_report("shop", datetime.now(UTC), [as_step(verification)])


def as_json(verification: Verification) -> str:
    return formats.as_json(report_of(verification))


def as_junit(verification: Verification) -> str:
    return formats.as_junit(report_of(verification))


def as_html(verification: Verification) -> str:
    return page.as_html(report_of(verification))


REPORTS = {"text": as_text, "json": as_json, "junit": as_junit, "html": as_html}


@pytest.fixture
def mixed(verify: Verify) -> Verification:
    """One passed, one failed (by a <tag>), one pending, one that could not be asked."""
    broken = interaction(
        "a list of <b>orders</b>",
        "/orders",
        ADA,
        method="POST",
        request={"headers": BEARER, **body({"it's": "$HOME"})},
        response=body([{"id": 1}]),
    )
    pending = interaction("a hole", "/nowhere", pending=True)
    return verify(pact(order(), broken, pending, interaction("a till", "/", "the till is broken")))


@pytest.mark.parametrize("report", REPORTS)
def test_every_report_names_every_interaction(mixed: Verification, report: str) -> None:
    text = REPORTS[report](mixed)
    for description in ("an order", "a hole", "a till"):
        assert description in text
    assert "no till in sight" in text


@pytest.mark.parametrize("report", REPORTS)
def test_no_report_shows_a_token(mixed: Verification, report: str) -> None:
    assert "token-of-ada" not in REPORTS[report](mixed)
    assert "TOKEN" in REPORTS[report](mixed)


@pytest.mark.parametrize("report", REPORTS)
def test_no_report_shows_a_token_that_the_provider_echoes(verify: Verify, report: str) -> None:
    generator = {"type": "ProviderState", "expression": "${access_token}"}
    echo = interaction(
        "an echo",
        "/echo",
        ADA,
        method="POST",
        request={**body({"who": "x"}), "generators": {"body": {"$.who": generator}}},
        response=body({"body": "something else"}),
    )
    text = REPORTS[report](verify(pact(echo)))
    assert "$.body.body" in text
    assert "token-of-ada" not in text


def test_the_text_shows_request_diff_rule_and_curl(mixed: Verification) -> None:
    text = as_text(mixed)
    assert "failed: 3 of 4 interactions of 1 pact verified" in text
    assert "  request  POST /orders\n" in text
    assert "  @@ $.body @@ Expected a List with 1 elements but received 0 elements" in text
    assert '  - [{"id": 1}]    rule: equal' in text
    assert "($.interactions[1].response.body.content)" in text
    assert "  + []\n" in text


def test_the_curl_line_is_one_command_that_sends_the_same(mixed: Verification) -> None:
    line = mixed.pacts[0].interactions[1].curl
    words = shlex.split(line)
    assert words[:4] == ["curl", "-i", "-X", "POST"]
    assert "http://127.0.0.1:8000/orders" in words
    assert "Authorization: Bearer $TOKEN" in words
    assert '"$TOKEN"' in line
    assert json.loads(words[words.index("--data-raw") + 1]) == {"it's": "$HOME"}


def test_json_holds_it_all(mixed: Verification) -> None:
    document = json.loads(as_json(mixed))
    assert document["status"] == "failed"
    [step] = document["steps"]
    assert step["evidence"] == {"consumers": 1, "interactions": 4, "verified": 3}
    statuses = [each["status"] for each in step["cases"]]
    assert statuses == ["passed", "failed", "skipped", "error"]
    failed, pending = step["findings"]
    assert (failed["is_warning"], pending["is_warning"]) == (False, True)
    assert failed["id"] == "pacts/till/a list of <b>orders</b>/a customer exists/$.body"
    assert pending["id"] == "pacts/till/a hole/-/status 404/pending"
    assert failed["curl"] == mixed.pacts[0].interactions[1].curl
    assert failed["request"]["url"] == "http://127.0.0.1:8000/orders"
    assert failed["response"] == {**failed["response"], "status": 200, "body": "[]"}


def test_junit_counts_what_ci_servers_count(mixed: Verification) -> None:
    root = ET.fromstring(as_junit(mixed))  # noqa: S314 - our own text
    [suite] = root
    counts = {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")}
    assert counts == {"tests": "4", "failures": "1", "errors": "1", "skipped": "1"}
    tags = [[child.tag for child in case] for case in suite]
    assert tags == [[], ["failure"], ["skipped"], ["error"]]


def test_junit_survives_what_xml_cannot_hold(verify: Verify) -> None:
    verification = verify(pact(interaction("a \x00 b", "/nowhere")))
    assert ET.fromstring(as_junit(verification))[0][0].get("name") == "a \ufffd b"  # noqa: S314 - our own text


class _Links(HTMLParser):
    """Everything that a page would load or go to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Any] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value for name, value in attrs if name in {"src", "href"}]


def test_html_is_one_file_with_everything_escaped(mixed: Verification) -> None:
    page = as_html(mixed)
    links = _Links()
    links.feed(page)
    assert all(link.startswith("#") for link in links.found)
    assert "b" not in links.tags
    assert "a list of &lt;b&gt;orders&lt;/b&gt;" in page
    assert not re.search(r"url\(|@import", page)


def test_how_to_repeat_a_failure_is_told_of_embedded_providers_alone(mixed: Verification) -> None:
    """`apiproof serve` brings back no provider that runs elsewhere."""
    embedded = dataclasses.replace(mixed, base_url=EMBEDDED_URL)
    deployed = dataclasses.replace(mixed, base_url="https://shop.test")
    assert "apiproof serve" in as_text(embedded)
    assert "apiproof serve" not in as_text(deployed)


def test_a_report_is_not_written_over_a_folder(mixed: Verification, tmp_path: Path) -> None:
    folder = tmp_path / "reports"
    folder.mkdir()
    with pytest.raises(UserError, match="is a folder; name a file"):
        write_atomically(folder, as_json(mixed))
    assert list(tmp_path.iterdir()) == [folder]
