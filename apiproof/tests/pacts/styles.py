"""One pact in the hands of four libraries and three versions, each with its own idioms.

Written after what pact-jvm 3 and 4, pact-js 9 to 16, pact-ruby and pact-python 1 to 4 write.
"""

from collections.abc import Callable
from typing import Any

from tests.pacts.pacts import rule
from tests.pacts.shop import NAME

REGEX = r"^/order/\d+$"
EXAMPLE = {"id": 1, "code": "ZZ-1", "lines": [{"sku": "x", "count": 9}]}


def document(interactions: list[dict[str, Any]], metadata: dict[str, Any]) -> dict[str, Any]:
    return {
        "consumer": {"name": "till"},
        "provider": {"name": NAME},
        "interactions": interactions,
        "metadata": metadata,
    }


def flat(rules: dict[str, Any]) -> dict[str, Any]:
    """V2's rules: one map for all parts."""
    common = {
        "$.body.id": {"match": "type"},
        "$.body.code": {"match": "regex", "regex": "^[A-Z]+-\\d+$"},
    }
    return {**common, **rules}


def version_2(state: str, metadata: dict[str, Any], rules: dict[str, Any]) -> dict[str, Any]:
    """States are sentences, queries are text, headers are single values."""
    order = {
        "description": "an order",
        "request": {"method": "get", "path": "/order"},
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/json", "Location": "/order/1"},
            "body": EXAMPLE,
            "matchingRules": rules,
        },
    }
    listing = {
        "description": "the orders",
        state: "orders exist",
        "request": {
            "method": "GET",
            "path": "/orders",
            "query": "limit=5&tag=a%20b&tag=c",
            "headers": {"Authorization": "Bearer x"},
        },
        "response": {"status": 401, "body": {"detail": "Who are you?"}},
    }
    return document([order, listing], metadata)


def jvm_2() -> dict[str, Any]:
    rules = flat(
        {
            "$.body.lines": {"min": 1, "match": "type"},
            "$.body.lines[*].sku": {"match": "type"},
            "$.body.lines[*].count": {"match": "integer"},
            "$.headers.Location": {"regex": REGEX},
        }
    )
    metadata = {"pact-specification": {"version": "2.0.0"}, "pact-jvm": {"version": "3.5.24"}}
    return version_2("providerState", metadata, rules)


def js_2() -> dict[str, Any]:
    rules = flat(
        {
            "$.body.lines": {"min": 1},
            "$.body.lines[*].*": {"match": "type"},
            "$.headers.Location": {"match": "regex", "regex": REGEX},
        }
    )
    metadata = {"pactSpecification": {"version": "2.0.0"}, "client": {"name": "pact-js-node"}}
    return version_2("providerState", metadata, rules)


def ruby_2() -> dict[str, Any]:
    return {**js_2(), "metadata": {"pactSpecification": {"version": "2.0.0"}}}


def ruby_old() -> dict[str, Any]:
    rules = js_2()["interactions"][0]["response"]["matchingRules"]
    return version_2("provider_state", {"pactSpecificationVersion": "2.0.0"}, rules)


def python_2() -> dict[str, Any]:
    # pact-python 1 wrapped the Ruby library.
    return ruby_2()


def version_3(
    metadata: dict[str, Any], *, location: Any = "/order/1", accept: Any = "*/*"
) -> dict[str, Any]:
    """States have parameters, queries are maps, rules go by category."""
    order = {
        "description": "an order",
        "request": {"method": "GET", "path": "/order", "headers": {"Accept": accept}},
        "response": {
            "status": 200,
            "headers": {"Content-Type": "application/json", "Location": location},
            "body": EXAMPLE,
            "matchingRules": categories(),
        },
    }
    listing = {
        "description": "the orders",
        "providerStates": [
            {"name": "a customer exists", "params": {"name": "grace"}},
            {"name": "orders exist", "params": {"count": 2}},
        ],
        "request": {
            "method": "GET",
            "path": "/orders",
            "query": {"limit": ["5"], "tag": ["a b", "c"]},
            "headers": {"Authorization": "Bearer x"},
        },
        "response": {"status": 200, "body": [{"id": 1}, {"id": 2}]},
    }
    return document([order, listing], metadata)


def categories() -> dict[str, Any]:
    return {
        "body": {
            "$.id": rule({"match": "integer"}),
            "$.code": rule({"match": "regex", "regex": "^[A-Z]+-\\d+$"}),
            "$.lines": rule({"match": "type", "min": 1}),
            "$.lines[*].sku": rule({"match": "type"}),
            "$.lines[*].count": rule({"match": "integer"}),
        },
        "header": {"Location": rule({"match": "regex", "regex": REGEX})},
    }


def jvm_3() -> dict[str, Any]:
    metadata = {"pactSpecification": {"version": "3.0.0"}, "pact-jvm": {"version": "4.6.14"}}
    written = version_3(metadata)
    # pact-jvm gives numbers of states as text where they come from annotations.
    written["interactions"][1]["providerStates"][1]["params"]["count"] = "2"
    return written


def js_3() -> dict[str, Any]:
    metadata = {"pactSpecification": {"version": "3.0.0"}, "pact-js": {"version": "12.1.0"}}
    return version_3(metadata, location=["/order/1"])


def python_3() -> dict[str, Any]:
    metadata = {"pactSpecification": {"version": "3.0.0"}, "pactRust": {"ffi": "0.4.28"}}
    return version_3(metadata, location=["/order/1"], accept=["*/*"])


def version_4(metadata: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Interactions have types, bodies have envelopes."""
    written = version_3({**metadata, "pactSpecification": {"version": "4.0"}})
    for each in written["interactions"]:
        each.update(type="Synchronous/HTTP", pending=False, **more)
        for part in (each["request"], each["response"]):
            headers = part.get("headers", {})
            part["headers"] = {name: [value] for name, value in headers.items()}
        content = each["response"]["body"]
        each["response"]["body"] = {
            "content": content,
            "contentType": "application/json",
            "encoded": False,
        }
    return written


def jvm_4() -> dict[str, Any]:
    comments = {"text": [], "testname": "TillTest.order()"}
    return version_4({"pact-jvm": {"version": "4.6.14"}}, key="3f4e1b7a", comments=comments)


def js_4() -> dict[str, Any]:
    return version_4({"pact-js": {"version": "16.5.0"}, "pactRust": {"ffi": "0.5.3"}})


def python_4() -> dict[str, Any]:
    return version_4({"pactRust": {"ffi": "0.5.12", "models": "1.3.16"}})


STYLES: dict[str, Callable[[], dict[str, Any]]] = {
    "pact-jvm-v2": jvm_2,
    "pact-jvm-v3": jvm_3,
    "pact-jvm-v4": jvm_4,
    "pact-js-v2": js_2,
    "pact-js-v3": js_3,
    "pact-js-v4": js_4,
    "pact-ruby-v2": ruby_2,
    "pact-ruby-v2-old": ruby_old,
    "pact-python-v2": python_2,
    "pact-python-v3": python_3,
    "pact-python-v4": python_4,
}
