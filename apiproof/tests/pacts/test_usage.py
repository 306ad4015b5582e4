"""Who uses what: nothing that a consumer may read is called unused, nothing is left out."""

import json
from pathlib import Path
from typing import Any

import pytest

from apiproof.pacts.reading import PactFile, parse_pact
from apiproof.pacts.usage import UsageUnknown, Use, run, usage

THING = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}


def document(status: str = "200", media: str = "application/json") -> dict[str, Any]:
    """A document with `GET /thing` and its one response."""
    answers = {status: {"description": "", "content": {media: {"schema": THING}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Thing", "version": "1"},
        "paths": {"/thing": {"get": {"responses": answers}}},
    }


def pact(*interactions: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "consumer": {"name": "web"},
        "provider": {"name": "thing"},
        "interactions": list(interactions),
        "metadata": {"pactSpecification": {"version": "4.0"}},
        **more,
    }


def asking(path: str = "/thing", status: int = 200, **response: Any) -> dict[str, Any]:
    return {
        "description": f"asks for {path}",
        "request": {"method": "GET", "path": path},
        "response": {"status": status, **response},
    }


def reading(document: dict[str, Any]) -> PactFile:
    return parse_pact(document, "pact.json")


@pytest.mark.parametrize(
    "told",
    [
        pact(asking("/elsewhere")),
        {**pact(), "interactions": [], "messages": [{"description": "m", "contents": {}}]},
    ],
)
def test_pacts_that_call_nothing_of_the_document_say_nothing_of_it(
    tmp_path: Path, told: dict[str, Any]
) -> None:
    """The regression: everything was said to be used by nobody, so that it may be retired."""
    version = {"pactSpecification": {"version": "3.0.0"}}
    for name, content in (("openapi", document()), ("pact", {**told, "metadata": version})):
        (tmp_path / f"{name}.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UsageUnknown, match="no interaction calls an operation") as caught:
        run(tmp_path / "openapi.json", tmp_path / "pact.json", None)
    assert "\n" not in str(caught.value)


def used(uses: list[Use]) -> list[str]:
    return [use.field for use in uses if use.consumers and use.part == "response"]


@pytest.mark.parametrize(
    ("declared", "status", "fields"),
    [
        ("200", 200, ["200", "200 a"]),
        ("2XX", 201, ["2XX", "2XX a"]),
        ("default", 500, ["default", "default a"]),
        ("200", 404, []),
    ],
)
def test_a_response_is_used_by_its_status_its_class_or_as_the_default(
    declared: str, status: int, fields: list[str]
) -> None:
    body = {"content": {"a": "x"}, "contentType": "application/json"}
    expected = reading(pact(asking(status=status, body=body)))
    assert used(usage(document(declared), [expected])) == fields


def test_all_fields_of_a_body_that_is_no_json_may_be_meant() -> None:
    body = {"content": "<thing><a>x</a></thing>", "contentType": "application/xml"}
    uses = usage(document(media="application/xml"), [reading(pact(asking(body=body)))])
    assert used(uses) == ["200", "200 a", "200 b"]


def test_what_uses_nothing_of_the_document_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    message = {"type": "Asynchronous/Messages", "description": "paid"}
    for name in ("a", "b"):  # the same places in two files of one consumer
        first = asking("/thing" if name == "a" else "/other")
        (tmp_path / f"{name}.json").write_text(json.dumps(pact(first, message)))
    (tmp_path / "openapi.yaml").write_text(json.dumps(document()))
    assert run(tmp_path / "openapi.yaml", tmp_path, None) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "$.interactions[0]: GET /other is no operation of the document." in out
    assert out.count("is no operation") == 1
    assert out.count('"paid" (Asynchronous/Messages).') == 2
