"""`apiproof pact verify` and `pact usage` where there is no service of this repository."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apiproof.cli import main
from apiproof.http.server import run_server
from tests.pacts.broker import Broker
from tests.pacts.pacts import BEARER, interaction, order, pact
from tests.pacts.test_deployed import Deployed


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of a team that has nothing but pacts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("APIPROOF_SERVICE", raising=False)


@pytest.fixture
def deployed() -> Deployed:
    return Deployed()


@pytest.fixture
def url(deployed: Deployed) -> Iterator[str]:
    with run_server(deployed.app) as base_url:
        yield base_url


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["pact", *arguments])
    return int(ended.value.code or 0)


def written(document: Any, name: str = "pact.json") -> str:
    Path(name).write_text(json.dumps(document), encoding="utf-8")
    return name


def listing() -> dict[str, Any]:
    return pact(interaction("list", "/orders", "a customer exists", request={"headers": BEARER}))


@pytest.mark.parametrize("is_path", [False, True])
def test_a_provider_that_sets_its_own_states_needs_no_service(
    url: str,
    deployed: Deployed,
    capfd: pytest.CaptureFixture[str],
    is_path: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Its state handler is a URL, or a path of the provider's own."""
    document = listing()
    base, states = f"{url}/v1", f"{url}/states"
    if is_path:
        base, states = url, "/states"
        document["interactions"][0]["request"]["path"] = "/v1/orders"
    options = ["--provider", "shop", "--provider-url", base, "--state-url", states]
    assert run("verify", written(document), *options) == 0, capfd.readouterr()
    assert deployed.handled == [("setup", "a customer exists"), ("teardown", "a customer exists")]


def test_without_a_service_the_provider_has_to_be_named(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run("verify", written(pact(order())), "--provider-url", f"{url}/v1") == 2
    assert capfd.readouterr().err.count("\n") == 1


def test_pacts_of_another_provider_are_refused_by_name(
    url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--provider", "till", "--provider-url", f"{url}/v1"]
    assert run("verify", written(pact(order())), *options) == 2
    assert 'the provider "shop", and this is "till"' in capfd.readouterr().err


def test_comments_of_the_consumer_are_shown(url: str, capfd: pytest.CaptureFixture[str]) -> None:
    comments = {"text": ["what for [1]"], "testname": "test_it"}
    hole = interaction("a hole", "/nowhere", comments=comments)
    document = pact({**order(), "comments": comments}, hole)
    options = ["--provider", "shop", "--provider-url", f"{url}/v1"]
    assert run("verify", written(document), *options) == 1
    out = capfd.readouterr().out
    assert out.count("comment  what for [1]") == 2
    assert out.count("test     test_it") == 2


@pytest.mark.parametrize(
    ("deployable", "code", "words"),
    [
        (True, 0, "can be deployed to production"),
        (False, 1, "cannot be deployed to production"),
        (None, 2, "the Broker cannot tell"),
    ],
)
def test_a_broker_is_asked_told_and_asked_again(
    url: str,
    capfd: pytest.CaptureFixture[str],
    deployable: bool | None,  # noqa: FBT001 - a parameter of the test
    code: int,
    words: str,
) -> None:
    broker = Broker(pacts={"till": pact(order())}, deployable=deployable)
    with run_server(broker.app) as broker_url:
        options = ["--provider", "shop", "--provider-url", f"{url}/v1", "--broker-url", broker_url]
        options += ["--environment", "production", "--publish", "1.0"]
        assert run("verify", *options, "--can-i-deploy", "production") == code
    out = capfd.readouterr().out
    assert "Broker: The pact of till is being verified" in out
    assert words in out
    assert broker.asked[0]["consumerVersionSelectors"] == [{"environment": "production"}]
    assert broker.missing_results("till") == []


def test_a_named_pact_of_a_broker_is_verified_alone_and_its_result_published(url: str) -> None:
    broker = Broker(pacts={"till": pact(order()), "web": pact(order(), consumer="web")})
    broker.authorization = "Bearer t0ken"
    with run_server(broker.app) as broker_url:
        address = f"{broker_url}/pacts/provider/shop/consumer/web/pact-version/x"
        options = ["--provider", "shop", "--provider-url", f"{url}/v1", "--broker-url", broker_url]
        options += ["--broker-token", "t0ken", "--publish", "1.0"]
        assert run("verify", address, *options) == 0
    assert broker.asked == []
    assert [consumer for consumer, _ in broker.told] == ["web"]


def test_can_i_deploy_needs_a_broker_and_a_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("verify", "x.json", "--can-i-deploy", "production") == 2
    assert "--can-i-deploy needs --broker-url and --publish VERSION." in capfd.readouterr().err


OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "shop", "version": "1"},
    "paths": {"/order": {"get": {"responses": {"200": {"description": "an order"}}}}},
}


def test_usage_counts_the_pacts_of_one_provider(capfd: pytest.CaptureFixture[str]) -> None:
    Path("pacts").mkdir()
    written(pact(order()), "pacts/a.json")
    written({**pact(order(), consumer="web"), "provider": {"name": "till"}}, "pacts/b.json")
    written(OPENAPI, "openapi.json")
    assert run("usage") == 2
    assert "say which with --provider" in capfd.readouterr().err
    assert run("usage", "--provider", "shop", "--format", "json") == 0
    uses = json.loads(capfd.readouterr().out)
    assert uses[0] == {
        "operation": "GET /order", "part": "operation", "field": "", "consumers": ["till"],
    }  # fmt: skip
    assert run("usage", "--provider", "nobody") == 2
    assert "there are pacts with shop, till" in capfd.readouterr().err
