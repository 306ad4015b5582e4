"""Boards: OpenID Connect, cards whose owner is two levels up; its flaws can be chosen.

/teams/{team_id}/boards/{board_id}, /boards/{board_id}/cards, /cards/{card_id}
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel

from tests.apps.library import refusal
from tests.apps.tokens import verify

# flaw -> the check and the service of the finding that it must cause
FLAWS = {
    "card-of-anyone": "ownership_enforced/other-user",
    "card-deleted-by-anyone": "ownership_enforced/other-user",
    "card-on-any-board": "ownership_enforced/body-board_id",
    "board-of-any-team": "ownership_enforced/own-parent",
    "owner-claim-in-header": "anonymous_rejected/gateway-headers",
    "cards-of-any-board": "ownership_enforced/other-user",
    "moved-to-any-board": "ownership_enforced/body-board_id",
    "me-shadowed": "exercised/not_exercised",
}


@dataclass
class Store:
    """Everything that the boards know."""

    disabled: set[str] = field(default_factory=set)
    teams: dict[str, dict[str, Any]] = field(default_factory=dict)
    boards: dict[str, dict[str, Any]] = field(default_factory=dict)
    cards: dict[str, dict[str, Any]] = field(default_factory=dict)


class Named(BaseModel):
    """What something is called."""

    name: str


class Stored(Named):
    """Something that has an id."""

    id: str


class CardBody(BaseModel):
    """A card, and the board that it belongs on."""

    board_id: str
    text: str


class Card(CardBody):
    """A card on a board."""

    id: str


ERRORS: dict[int | str, dict[str, Any]] = {401: {}, 404: {}}
GUARDED: dict[str, Any] = {"responses": ERRORS, "openapi_extra": {"security": [{"Oidc": []}]}}


def create_boards(  # noqa: C901  # its operations share the store as closures
    flaw: str = "", store: Store | None = None
) -> FastAPI:
    """Build the boards.

    Args:
        flaw: One of `FLAWS`, or none.
        store: Where it keeps everything.
    """
    store = store or Store()
    app = FastAPI(title="Boards")

    def caller(request: Request) -> str:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if flaw == "owner-claim-in-header" and (name := request.headers.get("x-user-id")):
            return name
        claims = verify(token) if kind.lower() == "bearer" else None
        if claims is None or claims["sub"] in store.disabled:
            raise refusal(request)
        return str(claims["sub"])

    caller_type = Annotated[str, Depends(caller)]

    def found(
        kind: dict[str, dict[str, Any]], id_: str, name: str, *, excused: bool
    ) -> dict[str, Any]:
        item = kind.get(id_)
        if item is None or (item["owner"] != name and not excused):
            raise HTTPException(404, "Not found")
        return item

    def keep(kind: dict[str, dict[str, Any]], letter: str, **values: Any) -> dict[str, Any]:
        id_ = f"{letter}{len(store.teams) + len(store.boards) + len(store.cards):04d}k"
        kind[id_] = {"id": id_, **values}
        return kind[id_]

    if flaw == "me-shadowed":

        @app.get("/teams/{team_id}", operation_id="read_team", **GUARDED)
        def shadow(name: caller_type, team_id: str) -> Stored:
            return Stored(**found(store.teams, team_id, name, excused=False))

    @app.get("/teams/mine", operation_id="read_mine", **GUARDED)
    def read_mine(name: caller_type) -> list[Stored]:
        return [Stored(**team) for team in store.teams.values() if team["owner"] == name]

    @app.post("/teams", status_code=201, operation_id="create_team", **GUARDED)
    def create_team(name: caller_type, body: Named) -> Stored:
        return Stored(**keep(store.teams, "t", owner=name, name=body.name))

    if flaw != "me-shadowed":

        @app.get("/teams/{team_id}", operation_id="read_team", **GUARDED)
        def read_team(name: caller_type, team_id: str) -> Stored:
            return Stored(**found(store.teams, team_id, name, excused=False))

    @app.post("/teams/{team_id}/boards", status_code=201, operation_id="create_board", **GUARDED)
    def create_board(name: caller_type, team_id: str, body: Named) -> Stored:
        found(store.teams, team_id, name, excused=False)
        return Stored(**keep(store.boards, "b", owner=name, team=team_id, name=body.name))

    @app.get("/teams/{team_id}/boards/{board_id}", operation_id="read_board", **GUARDED)
    def read_board(name: caller_type, team_id: str, board_id: str) -> Stored:
        found(store.teams, team_id, name, excused=False)
        return Stored(**found(store.boards, board_id, name, excused=flaw == "board-of-any-team"))

    @app.get("/boards/{board_id}/cards", operation_id="list_cards", **GUARDED)
    def list_cards(name: caller_type, board_id: str) -> list[Card]:
        found(store.boards, board_id, name, excused=flaw == "cards-of-any-board")
        return [Card(**card) for card in store.cards.values() if card["board_id"] == board_id]

    @app.post("/cards", status_code=201, operation_id="create_card", **GUARDED)
    def create_card(name: caller_type, body: CardBody) -> Card:
        found(store.boards, body.board_id, name, excused=flaw == "card-on-any-board")
        return Card(**keep(store.cards, "c", owner=name, **body.model_dump()))

    @app.get("/cards/{card_id}", operation_id="read_card", **GUARDED)
    def read_card(name: caller_type, card_id: str) -> Card:
        return Card(**found(store.cards, card_id, name, excused=flaw == "card-of-anyone"))

    @app.put("/cards/{card_id}", operation_id="replace_card", **GUARDED)
    def replace_card(name: caller_type, card_id: str, body: CardBody) -> Card:
        card = found(store.cards, card_id, name, excused=False)
        found(store.boards, body.board_id, name, excused=flaw == "moved-to-any-board")
        card.update(body.model_dump())
        return Card(**card)

    @app.delete("/cards/{card_id}", status_code=204, operation_id="delete_card", **GUARDED)
    def delete_card(name: caller_type, card_id: str) -> None:
        found(store.cards, card_id, name, excused=flaw == "card-deleted-by-anyone")
        del store.cards[card_id]

    app.openapi()["components"]["securitySchemes"] = {
        "Oidc": {"type": "openIdConnect", "openIdConnectUrl": "/.well-known/openid-configuration"}
    }
    return app
