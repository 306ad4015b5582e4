"""A Pact Broker on the loopback interface, as far as a provider's verification meets one.

Its links, shapes and refusals are those of pact_broker 2.120: lib/pact_broker/api/resources/
index.rb, api/contracts/{pacts_for_verification_json_query_schema, consumer_version_selector_
contract, verification_contract, can_i_deploy_query_schema}.rb, pacts/{content,generate_
interaction_sha}.rb, api/decorators/{verifiable_pact,matrix}_decorator.rb. No real one could be
run beside it; `test_broker` shows that pact's own client understands it.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from apiproof.pacts.verify.broker import BrokerOptions, add_broker_pacts
from apiproof.pacts.verify.loading import Filter, LoadedPacts, SelectedPact, select
from tests.pacts.shop import NAME, STATES

HAL = "application/hal+json;charset=utf-8"
_BRANCH_KEYS = {"latest", "tag", "fallbackTag", "branch", "fallbackBranch", "matchingBranch",
                "mainBranch"}  # fmt: skip
_PLACE_KEYS = {"environment", "deployed", "released", "deployedOrReleased"}
_ENOUGH = ("mainBranch", "tag", "branch", "environment", "matchingBranch", "deployed", "released",
           "deployedOrReleased", "latest")  # fmt: skip


@dataclass
class Broker:
    """Its pacts by consumer, and everything that it was asked and told.

    Attributes:
        pacts: what it holds.
        pending: the consumers whose pacts are pending.
        wip: the consumers whose pacts are work in progress: told to who asks for those only.
        environments: those that it knows.
        deployable: what it answers to can-i-deploy; None where results are missing.
        authorization: the header that it wants; empty for none.
        links_to: another origin, to which its links to pacts lead.
        asked: bodies of requests for pacts to verify.
        told: bodies of published results, with their consumers.
        described: paths of PUT requests for branches and tags.
    """

    pacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    wip: set[str] = field(default_factory=set)
    environments: set[str] = field(default_factory=lambda: {"production"})
    deployable: bool | None = True
    authorization: str = ""
    links_to: str = ""
    asked: list[Any] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    described: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        pact = "/pacts/provider/{provider}/consumer/{consumer}/pact-version/{sha}"
        return Starlette(
            routes=[
                Route("/", self._index),
                Route(
                    "/pacts/provider/{provider}/for-verification",
                    self._list,
                    methods=["GET", "POST"],  # GET is deprecated; pact's client begins with it
                ),
                Route(pact, self._pact),
                Route(f"{pact}/verification-results", self._publish, methods=["POST"]),
                Route("/pacticipants/{rest:path}", self._describe, methods=["PUT"]),
                Route("/can-i-deploy", self._can_i_deploy),
            ]
        )

    def missing_results(self, consumer: str) -> list[str]:
        """Descriptions of interactions that no published result belongs to (pacts/content.rb)."""
        results = [
            result
            for name, body in self.told
            if name == consumer
            for result in body.get("testResults", [])
        ]
        return [
            str(interaction["description"])
            for interaction in _with_ids(self.pacts[consumer])["interactions"]
            if not any(_is_for(interaction, result) for result in results)
        ]

    async def _index(self, request: Request) -> Response:
        base = str(request.base_url)
        named = f"{base}pacticipants/{{pacticipant}}"
        deploy = f"{base}can-i-deploy?pacticipant={{pacticipant}}&version={{version}}"
        links = {
            "pb:provider-pacts-for-verification": (
                f"{base}pacts/provider/{{provider}}/for-verification"
            ),
            "pb:pacticipant-branch-version": f"{named}/branches/{{branch}}/versions/{{version}}",
            "pb:pacticipant-version-tag": f"{named}/versions/{{version}}/tags/{{tag}}",
            "pb:can-i-deploy-pacticipant-version-to-environment": (
                f"{deploy}&environment={{environment}}"
            ),
        }
        return self._hal(
            request,
            {"_links": {name: {"href": href, "templated": True} for name, href in links.items()}},
        )

    async def _list(self, request: Request) -> Response:
        query = await request.json() if request.method == "POST" else {}
        if request.method == "POST":
            self.asked.append(query)
        if errors := list(self._query_errors(query)):
            return self._hal(request, {"errors": {"consumerVersionSelectors": errors}}, 400)
        wanted = self.pacts.keys() - (set() if query.get("includeWipPactsSince") else self.wip)
        listed = [self._listed(request, each, query) for each in self.pacts if each in wanted]
        links = {"self": {"href": str(request.url)}}
        return self._hal(request, {"_embedded": {"pacts": listed}, "_links": links})

    def _listed(self, request: Request, consumer: str, query: Any) -> dict[str, Any]:
        is_pending = consumer in self.pending | self.wip
        properties: dict[str, Any] = {"notices": list(_notices(consumer, query, is_pending))}
        if query.get("includePendingStatus"):
            properties["pending"] = is_pending
        if consumer in self.wip:
            properties["wip"] = True
        name = f"Pact between {consumer} and {request.path_params['provider']}"
        return {
            "shortDescription": "latest",
            "verificationProperties": properties,
            "_links": {"self": {"href": self._href(request, consumer), "name": name}},
        }

    def _href(self, request: Request, consumer: str) -> str:
        base = self.links_to or str(request.base_url).rstrip("/")
        sha = sha_of(self.pacts[consumer])
        provider = quote(request.path_params["provider"])
        return f"{base}/pacts/provider/{provider}/consumer/{quote(consumer)}/pact-version/{sha}"

    def _query_errors(self, query: Any) -> Iterator[str]:
        for number, selector in enumerate(query.get("consumerVersionSelectors") or (), start=1):
            keys = set(selector)
            if not any(selector.get(name) for name in _ENOUGH):
                yield f"must specify a value for environment or tag or branch (at index {number})"
            if keys & _BRANCH_KEYS and keys & _PLACE_KEYS:
                yield f"cannot specify branch fields with environment fields (at index {number})"
            place = selector.get("environment")
            if place is not None and place not in self.environments:
                yield f"environment with name '{place}' does not exist (at index {number})"

    async def _pact(self, request: Request) -> Response:
        consumer = request.path_params["consumer"]
        here = str(request.url)
        links = {
            "self": {"href": here},
            "pb:publish-verification-results": {"href": f"{here}/verification-results"},
        }
        return self._hal(request, {**_with_ids(self.pacts[consumer]), "_links": links})

    async def _publish(self, request: Request) -> Response:
        body = await request.json()
        url = body.get("buildUrl")
        is_right = (
            isinstance(body.get("success"), bool)
            and isinstance(body.get("providerApplicationVersion"), str)
            and body["providerApplicationVersion"].strip()
            and (url is None or urlsplit(url).scheme in {"http", "https"})
        )
        if not is_right:
            return self._hal(request, {"errors": {"success": ["is missing"]}}, 400)
        self.told.append((request.path_params["consumer"], body))
        return self._hal(request, {}, 201)

    async def _describe(self, request: Request) -> Response:
        self.described.append(request.url.path)
        return self._hal(request, {}, 201)

    async def _can_i_deploy(self, request: Request) -> Response:
        environment = request.query_params.get("environment")
        if environment not in self.environments:
            text = f"Environment with name '{environment}' does not exist"
            return self._hal(request, {"errors": {"environment": [text]}}, 400)
        reason = {
            True: "All required verification results are published and successful",
            False: "The verification for the pact between web and shop failed",
            None: "There is no verified pact between web and shop",
        }[self.deployable]
        summary = {"deployable": self.deployable, "reason": reason, "success": 1, "failed": 0}
        return self._hal(request, {"summary": summary, "notices": [], "matrix": []})

    def _hal(self, request: Request, document: Any, status: int = 200) -> Response:
        if self.authorization and request.headers.get("authorization") != self.authorization:
            return JSONResponse({"error": "no"}, status_code=401)
        return Response(json.dumps(document), status, media_type=HAL)


def _notices(consumer: str, query: Any, is_pending: bool) -> Iterator[dict[str, str]]:  # noqa: FBT001 - a flag
    yield {"when": "before_verification", "text": f"The pact of {consumer} is being verified"}
    if query.get("includePendingStatus") and is_pending:
        for success in ("true", "false"):
            for published in ("true", "false"):
                yield {
                    "when": f"after_verification:success_{success}_published_{published}",
                    "text": f"{consumer} is pending, success {success}, published {published}",
                }


def _with_ids(pact: dict[str, Any]) -> dict[str, Any]:
    interactions = [{"_id": sha_of(each), **each} for each in pact["interactions"]]
    return {**pact, "interactions": interactions}


def _is_for(interaction: dict[str, Any], result: dict[str, Any]) -> bool:
    if interaction["_id"] == result.get("interactionId"):
        return True
    return bool(
        result.get("interactionDescription") == interaction["description"]
        and result.get("interactionProviderState") == interaction.get("providerState")
    )


def sha_of(thing: Any) -> str:
    return hashlib.sha1(json.dumps(thing, sort_keys=True).encode()).hexdigest()  # noqa: S324 - as it does


def orders_of(options: BrokerOptions) -> list[SelectedPact]:
    sources = LoadedPacts()
    add_broker_pacts(sources, options, NAME)
    orders, problems = select(sources.found, Filter(), NAME, STATES)
    assert sources.problems + problems == []
    return orders
