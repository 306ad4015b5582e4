"""Every matcher, with answers that it takes and does not: `pact verify` and `pact compare` agree.

`compare` is given a document that promises exactly the answer, so that both judge the same.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from apiproof.contract_diff.pact import PactSeverity, compare
from apiproof.http import Message, Receive, Send
from apiproof.pacts.reading import parse_pact
from apiproof.pacts.verify.loading import LoadedPacts, SelectedPact
from apiproof.pacts.verify.provider_states import NoStates
from apiproof.pacts.verify.results import InteractionResult, InteractionStatus
from apiproof.pacts.verify.session import VerificationSession, verify_selected
from tests.contract_diff.pact.exchanges import answering
from tests.contract_diff.pact.specification_cases import exactly

ISO = "yyyy-MM-dd'T'HH:mm:ssX"


def match(kind: str, **options: Any) -> dict[str, Any]:
    return {"match": kind, **options}


CONTAINS = match(
    "arrayContains",
    variants=[
        {"index": 0, "rules": {"$": {"matchers": [match("integer")]}}},
        {"index": 1, "rules": {"$": {"matchers": [match("regex", regex="x+")]}}},
    ],
)
K = match("regex", regex="k[0-9]")
MATCHERS: list[tuple[Any, dict[str, Any], list[Any], list[Any]]] = [
    ("abc", match("regex", regex="[a-c]+"), ["cab"], ["abcd", "xabc", ""]),
    ("a.b", match("regex", regex=r"\Qa.b\E[c-e]"), ["a.bd"], ["axbd", "a.b", "a.bdd"]),
    ("x", match("type"), ["y", ""], [1, None, [], {}]),
    (1, match("type"), [5, 2.5], ["1", None, True]),
    (True, match("type"), [False], [1, "true"]),
    (None, match("type"), [None], [1, "x"]),
    (["x"], match("type", min=2), [["a", "b"]], [["a"], [], [1, 2]]),
    (["x"], match("type", max=2), [["a", "b"], ["a"]], [["a", "b", "c"], [1]]),
    (["x"], match("type", min=1, max=2), [["a"]], [[], ["a", "b", "c"]]),
    (1, match("integer"), [7, -1], [1.5, "1", None]),
    (1.5, match("decimal"), [2.25], [1, "1.5"]),
    (1, match("number"), [1, 1.5], ["1", None]),
    ("abc", match("include", value="b"), ["xbx"], ["x", ""]),
    (None, match("null"), [None], [0, ""]),
    (True, match("boolean"), [True, False], ["x", 1]),
    ({"k": 1}, match("equality"), [{"k": 1}], [{"k": 1, "z": 2}, {"k": 2}, {}]),
    ({"k": 1}, match("type"), [{"k": 2, "z": 2}], [{"k": "x"}, {}, []]),
    ({"k": 1}, match("number"), [], [{"k": 1}]),
    ({"k": "x"}, match("include", value="x"), [], [{"k": "x"}]),
    ("x", match("equality"), ["x"], ["y"]),
    ("1.0.0", match("semver"), ["2.3.4", "1.0.0-rc.1"], ["1.0", "1.0.0.0"]),
    ("x", match("notEmpty"), ["y"], ["", None]),
    (["x"], match("notEmpty"), [["y"], ["y", "z"]], [[], [""]]),
    ("2020-01-01", match("date", format="yyyy-MM-dd"), ["1999-12-31"], ["1999-13-31", "x"]),
    ("10:00", match("time", format="HH:mm"), ["23:59"], ["25:00", "10:00:00"]),
    ("2020-01-01T10:00:00Z", match("datetime", format=ISO), ["2021-02-03T04:05:06+01"], ["2021"]),
    ({"k1": 1}, match("eachKey", rules=[K]), [{"k2": 1}], [{"x": 1}]),
    ({"k": 1}, match("eachValue", rules=[match("integer")]), [{"z": 3}], [{"z": "x"}]),
    ([1], match("eachValue", rules=[match("integer")]), [[2, 3]], [["x"]]),
    ({"k": 1}, match("values"), [{"z": 1}], [{"z": 2}]),
    ([1, "x"], CONTAINS, [["xx", 5, True]], [[5], ["xx"], []]),
    ("x", match("no such matcher"), [], ["x", "y"]),
]
CASES = [
    pytest.param(example, matcher, answer, is_right, id=f"{matcher['match']} {answer!r}")
    for example, matcher, right, wrong in MATCHERS
    for is_right, answers in ((True, right), (False, wrong))
    for answer in answers
]


class Answer:
    """A provider that answers one JSON value."""

    value: Any = None

    async def app(self, scope: Message, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(self.value).encode()})


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[Answer, VerificationSession]]:
    answer = Answer()
    with VerificationSession.open(answer.app, NoStates(), "http://127.0.0.1:8000") as session:
        yield answer, session


def expecting(example: Any, matcher: dict[str, Any]) -> dict[str, Any]:
    """A V4 pact with one matcher, at `$.v`."""
    content = {"content": {"v": example}, "contentType": "application/json", "encoded": False}
    return {
        "consumer": {"name": "c"},
        "provider": {"name": "p"},
        "interactions": [
            {
                # No type: pact_ffi would pass it over.
                "description": "d",
                "request": {"method": "GET", "path": "/thing"},
                "response": {
                    "status": 200,
                    "body": content,
                    "matchingRules": {"body": {"$.v": {"matchers": [matcher]}}},
                },
            }
        ],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }


@pytest.mark.parametrize(("example", "matcher", "answer", "is_right"), CASES)
def test_verify_and_compare_judge_alike(
    provider: tuple[Answer, VerificationSession],
    example: Any,
    matcher: dict[str, Any],
    answer: Any,
    is_right: bool,  # noqa: FBT001 - a table's column
) -> None:
    document = expecting(example, matcher)
    promised = answering(exactly({"v": answer}))
    found = compare(parse_pact(document, "pact.json"), promised)
    serious = [each.message for each in found if each.severity is not PactSeverity.WARNING]
    assert (serious == []) is is_right, serious

    assert (failures(document, provider, {"v": answer}) == []) is is_right


def failures(
    document: dict[str, Any], provider: tuple[Answer, VerificationSession], answer: Any
) -> list[str]:
    """What is wrong with an answer to the one interaction of a pact."""
    [result] = results(document, provider, answer)
    assert result.status in {InteractionStatus.PASSED, InteractionStatus.FAILED}, result.error
    return [mismatch.text for mismatch in result.mismatches]


def results(
    document: dict[str, Any], provider: tuple[Answer, VerificationSession], answer: Any
) -> tuple[InteractionResult, ...]:
    """What `verify` says of an answer."""
    loaded = LoadedPacts()
    loaded.add_document(document, "pact.json")
    [source] = loaded.found
    provider[0].value = answer
    selected = SelectedPact(source, source.pact.interactions)
    return verify_selected([selected], provider[1], "p").pacts[0].interactions


def test_a_pact_that_needs_a_plugin_is_an_error_that_names_it(
    provider: tuple[Answer, VerificationSession],
) -> None:
    document = expecting("x", match("type"))
    document["metadata"]["plugins"] = [{"name": "csv", "version": "0.0.0", "configuration": {}}]
    [result] = results(document, provider, {"v": "x"})
    assert result.status is InteractionStatus.ERROR
    assert "needs a plugin (csv)" in result.error


RUBY = {
    "l": {"json_class": "Pact::SomethingLike", "contents": {"a": 1}},
    "e": {"json_class": "Pact::ArrayLike", "contents": {"t": 1}, "min": 2},
    "t": {
        "json_class": "Pact::Term",
        "data": {"generate": "x", "matcher": {"json_class": "Regexp", "o": 0, "s": "x|y"}},
    },
}


@pytest.mark.parametrize(
    ("answer", "is_right"),
    [
        ({"l": {"a": 5}, "e": [{"t": 1}, {"t": 1}, {"t": 1}], "t": "y"}, True),
        ({"l": {"a": 5}, "e": [{"t": 1}, {"t": 1}], "t": "found anywhere: x!"}, True),
        ({"l": {"a": "5"}, "e": [{"t": 1}, {"t": 1}], "t": "y"}, False),
        ({"l": {"a": 5}, "e": [{"t": 1}], "t": "y"}, False),
        ({"l": {"a": 5}, "e": [{"t": 1}, {"t": 1}], "t": "z"}, False),
    ],
)
def test_matchers_that_old_ruby_pacts_embed_are_verified(
    provider: tuple[Answer, VerificationSession],
    answer: Any,
    is_right: bool,  # noqa: FBT001 - a table's column
) -> None:
    """pact_ffi takes them for plain JSON."""
    document = {
        "consumer": {"name": "c"},
        "provider": {"name": "p"},
        "interactions": [
            {
                "description": "d",
                "request": {"method": "GET", "path": "/thing", "query": "?a=1"},
                "response": {"status": 200, "body": RUBY},
            }
        ],
        "metadata": {"pactSpecificationVersion": "1.0"},
    }
    assert (failures(document, provider, answer) == []) is is_right
    [exchange] = [provider[1].proxy.exchange]
    assert exchange
    assert exchange.target == "/thing?a=1"
