"""A Broker's links lead where they say, relative or not, and never take its credentials along."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from apiproof.http.server import run_server
from apiproof.pacts.verify.broker import BrokerError, BrokerOptions, add_broker_pacts
from apiproof.pacts.verify.fetching import Credentials, fetch_json
from apiproof.pacts.verify.loading import LoadedPacts
from tests.pacts.broker import Broker, orders_of, sha_of
from tests.pacts.shop import NAME


@pytest.fixture
def url(broker: Broker) -> Iterator[str]:
    with run_server(broker.app) as base_url:
        yield base_url


@pytest.mark.parametrize("way", ["token", "address"])
def test_a_link_to_another_origin_is_followed_without_credentials(
    broker: Broker, url: str, way: str
) -> None:
    """Whoever can edit a Broker's links must not be sent its token, or password."""
    seen: list[str | None] = []

    async def answer(request: Request) -> Response:
        seen.append(request.headers.get("authorization"))
        return Response(status_code=401)

    options = {
        "token": BrokerOptions(url, credentials=Credentials(token="t0ken")),
        "address": BrokerOptions(url.replace("//", "//ada:s3cret@")),
    }[way]
    broker.authorization = {"token": "Bearer t0ken", "address": "Basic YWRhOnMzY3JldA=="}[way]
    with run_server(Starlette(routes=[Route("/{rest:path}", answer)])) as elsewhere:
        broker.links_to = elsewhere
        sources = LoadedPacts()
        add_broker_pacts(sources, options, NAME)
    assert sources.found == []
    assert all(f"were not sent to {elsewhere}" in line for line in sources.problems)
    assert seen == [None, None]


@pytest.mark.parametrize("entry", [None, {}, {"_links": []}, {"_links": {"self": {"href": ""}}}])
def test_an_entry_without_a_link_stands_in_no_others_way(
    monkeypatch: pytest.MonkeyPatch, url: str, entry: object
) -> None:
    def fetch(*arguments: Any, **options: Any) -> Any:
        answer = fetch_json(*arguments, **options)
        if "_embedded" in answer:
            answer["_embedded"]["pacts"][0] = entry
        return answer

    monkeypatch.setattr("apiproof.pacts.verify.broker.fetch_json", fetch)
    sources = LoadedPacts()
    add_broker_pacts(sources, BrokerOptions(url), NAME)
    assert [source.pact.consumer for source in sources.found] == ["web"]
    [line] = sources.problems
    assert "has no link 'self'" in line


def test_links_may_be_relative(monkeypatch: pytest.MonkeyPatch, broker: Broker, url: str) -> None:
    def fetch(*arguments: Any, **options: Any) -> Any:
        return json.loads(json.dumps(fetch_json(*arguments, **options)).replace(f"{url}/", "/"))

    monkeypatch.setattr("apiproof.pacts.verify.broker.fetch_json", fetch)
    orders = orders_of(BrokerOptions(url))
    assert [each.source.publish_url for each in orders] == [
        f"{url}/pacts/provider/shop/consumer/{name}/pact-version/{sha_of(broker.pacts[name])}"
        "/verification-results"
        for name in ("till", "web")
    ]


@pytest.mark.parametrize(
    "wrong", ["http://[::1", "http://a:99999", "http://u:pw@a:x", "a.test", "ftp://a"]
)
def test_what_is_no_address_is_one_line(broker: Broker, url: str, wrong: str) -> None:
    """As the Broker's own, and in a link of it."""
    with pytest.raises(BrokerError, match=r"is no http\(s\) URL; write https://host/path") as why:
        orders_of(BrokerOptions(wrong, credentials=Credentials(token="t0ken")))
    assert "pw" not in str(why.value)
    if not wrong.startswith("a"):  # which would be relative
        broker.links_to = wrong
        sources = LoadedPacts()
        add_broker_pacts(sources, BrokerOptions(url), NAME)
        assert ["is no http(s) URL" in line for line in sources.problems] == [True, True]
