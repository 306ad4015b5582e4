"""The same result for people and machines, without secrets, and nothing left out."""

import json
import re
import shlex
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from apiproof.pacts.verify.reports import (
    as_html,
    as_json,
    as_junit,
    print_verification,
)
from apiproof.pacts.verify.results import Verification
from tests.pacts.conftest import Verify
from tests.pacts.pacts import BEARER, body, interaction, order, pact

ADA = ("a customer exists", {"name": "ada"})


def as_text(verification: Verification) -> str:
    console = Console(width=200, record=True, file=None, quiet=False)
    with console.capture() as captured:
        print_verification(verification, console)
    return captured.get()


REPORTS = {"text": as_text, "json": as_json, "junit": as_junit, "html": as_html}


@pytest.fixture
def mixed(verify: Verify) -> Verification:
    """One honoured, one broken (by a <tag>), one pending, one that could not be asked."""
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
    assert "broken: 3 of 4 interactions of 1 pacts verified" in text
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
    assert document["exit_code"] == 1
    assert document["verified"] == 3
    [told] = document["pacts"]
    outcomes = [each["outcome"] for each in told["interactions"]]
    assert outcomes == ["honoured", "broken", "pending", "untold"]
    assert told["interactions"][1]["mismatches"][0]["path"] == "$.body"


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
    assert links.found == []
    assert "script" not in links.tags
    assert "b" not in links.tags
    assert "a list of &lt;b&gt;orders&lt;/b&gt;" in page
    assert not re.search(r"url\(|@import", page)
