"""A Pact Broker on the loopback interface, as far as a provider's verification meets one.

The links and the shapes of its answers are those of the Pact Broker's API documents; that they
are right is shown by `test_broker`, where pact's own client understands it.
"""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

HAL = "application/hal+json;charset=utf-8"


@dataclass
class Broker:
    """Its pacts by consumer, and everything that it was asked and told.

    Attributes:
        pacts: what it holds.
        pending: the consumers whose pacts are pending.
        authorization: the header that it wants; empty for none.
        asked: bodies of requests for pacts to verify.
        told: bodies of published results.
        described: paths of PUT requests for branches and tags.
    """

    pacts: dict[str, dict[str, Any]] = field(default_factory=dict)
    pending: set[str] = field(default_factory=set)
    authorization: str = ""
    asked: list[Any] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    described: list[str] = field(default_factory=list)

    @property
    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", self._index),
                Route("/for-verification/{provider}", self._list, methods=["GET", "POST"]),
                Route("/pacts/{consumer}", self._pact),
                Route("/results/{consumer}", self._publish, methods=["POST"]),
                Route("/pacticipants/{rest:path}", self._describe, methods=["PUT"]),
            ]
        )

    async def _index(self, request: Request) -> Response:
        base = str(request.base_url)
        shop = f"{base}pacticipants/{{pacticipant}}"
        links = {
            "pb:provider-pacts-for-verification": f"{base}for-verification/{{provider}}",
            "pb:pacticipant-branch-version": f"{shop}/branches/{{branch}}/versions/{{version}}",
            "pb:pacticipant-version-tag": f"{shop}/versions/{{version}}/tags/{{tag}}",
        }
        return self._hal(
            request,
            {"_links": {name: {"href": href, "templated": True} for name, href in links.items()}},
        )

    async def _list(self, request: Request) -> Response:
        if request.method == "POST":
            self.asked.append(await request.json())
        base = str(request.base_url)
        listed = [
            {
                "shortDescription": "latest",
                "verificationProperties": {"pending": consumer in self.pending, "notices": []},
                "_links": {
                    "self": {
                        "href": f"{base}pacts/{quote(consumer)}",
                        "name": f"Pact between {consumer} and shop",
                    }
                },
            }
            for consumer in self.pacts
        ]
        links = {"self": {"href": str(request.url)}}
        return self._hal(request, {"_embedded": {"pacts": listed}, "_links": links})

    async def _pact(self, request: Request) -> Response:
        consumer = request.path_params["consumer"]
        base = str(request.base_url)
        links = {
            "self": {"href": f"{base}pacts/{quote(consumer)}"},
            "pb:publish-verification-results": {"href": f"{base}results/{quote(consumer)}"},
        }
        return self._hal(request, {**self.pacts[consumer], "_links": links})

    async def _publish(self, request: Request) -> Response:
        self.told.append((request.path_params["consumer"], await request.json()))
        return self._hal(request, {}, 201)

    async def _describe(self, request: Request) -> Response:
        self.described.append(request.url.path)
        return self._hal(request, {}, 201)

    def _hal(self, request: Request, document: Any, status: int = 200) -> Response:
        if self.authorization and request.headers.get("authorization") != self.authorization:
            return JSONResponse({"error": "no"}, status_code=401)
        return Response(json.dumps(document), status, media_type=HAL)
