"""Hives: keys that their holders may exchange, serials in queries, and lists that are all there is.

Nobody signs up: keepers and inspectors are given their keys. Hives have serials, which their own
reading, an export and a webhook go by; what an inspector is to see is listed to that one alone.
"""

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal

import requests
from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.responses import PlainTextResponse
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

from tests.apps.members import Text

# Flaw -> the operation, the check, and the beginning of the case, that find it.
FLAWS = {
    "read-by-anyone": ("read_hive", "ownership_enforced/other-user"),
    "exported-for-anyone": ("export_hive", "ownership_enforced/query-hive"),
    "webhook-anywhere": ("add_webhook", "urls_not_fetched/url"),
    "visit-moved": ("move_visit", "ownership_enforced/other-user"),
    "seen-by-all-inspectors": ("read_colony", "ownership_enforced/other-user"),
    "changed-by-reader": ("rename_hive", "ownership_enforced/shared-to-read"),
    "shared-by-reader": ("share_hive", "ownership_enforced/shared-to-read"),
    "order-of-anyone": ("read_order", "ownership_enforced/other-user"),
    "draft-for-anyone": ("read_notice", "ownership_enforced/other-user"),
    "drafts-listed": ("list_notices", "ownership_enforced/listing"),
}
KEYS = {
    "ada": "hk-ada-5b0f21c3d4",
    "grace": "hk-grace-93ac7710fe",
    "ivy": "hk-ivy-0d4e5f6a7b",
    "max": "hk-max-88c1d2e3f4",
}
REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}}
Row = dict[str, Any]


class HiveBody(BaseModel):
    """A hive to set up."""

    label: Text
    frames: int = Field(ge=1, le=20)


class Share(BaseModel):
    """Who else may see a hive, or rename it."""

    account: Text
    level: Literal["read", "write"]


class PayOut(BaseModel):
    """Money that leaves an account."""

    coins: int = Field(ge=1, le=100)


class Webhook(BaseModel):
    """Whom to tell of a swarm."""

    url: str = Field(pattern="^https?://", max_length=200)


class VisitBody(BaseModel):
    """An inspection to ask for."""

    inspector_id: str
    note: Text
    at: datetime


class Line(BaseModel):
    """One kind of honey, and how much of it."""

    jar_id: str
    count: int = Field(ge=1, le=9)


class Order(BaseModel):
    """What is ordered."""

    lines: list[Line] = Field(min_length=1, max_length=5)


class Note(BaseModel):
    """What is to be looked at."""

    note: Text


@dataclass
class Apiary:
    """Who holds which key, and what there is.

    Attributes:
        flaw: One of `FLAWS`, or none.
        keys: Key -> name.
        hives: Serial -> hive.
        shares: Serial and name -> how far that one may go.
        visits: Number -> visit.
        orders: Number -> order.
        paid: Who has had money paid out.
        notices: Slug -> notice, which nobody but its keeper sees until it is shown.
        colonies: What each inspector is to look after.
    """

    flaw: str = ""
    keys: dict[str, str] = field(default_factory=lambda: {key: who for who, key in KEYS.items()})
    hives: dict[str, Row] = field(default_factory=dict)
    shares: dict[tuple[str, str], str] = field(default_factory=dict)
    visits: dict[int, Row] = field(default_factory=dict)
    orders: dict[int, Row] = field(default_factory=dict)
    paid: list[str] = field(default_factory=list)
    notices: dict[str, Row] = field(default_factory=dict)
    colonies: dict[str, Row] = field(
        default_factory=lambda: {
            "c1-oak": {"id": "c1-oak", "health": "good", "inspector": "ivy"},
            "c2-elm": {"id": "c2-elm", "health": "mites", "inspector": "max"},
        }
    )

    def own(self, serial: str, name: str, flaw: str) -> Row:
        """Return a hive of somebody's own, or one that is shared with them."""
        hive = self.hives.get(serial)
        is_known = hive and (hive["keeper"] == name or (serial, name) in self.shares)
        if hive is None or not (is_known or self.flaw == flaw):
            raise HTTPException(404, "no such hive")
        return hive

    def held(self, serial: str, name: str, flaw: str, *levels: str) -> Row:
        """Return a hive that somebody may change."""
        hive = self.own(serial, name, "-")
        may_change = hive["keeper"] == name or self.shares.get((serial, name)) in levels
        if not may_change and self.flaw != flaw:
            raise HTTPException(403, "you may only look at it")
        return hive


PLANS = {"ada": "free", "grace": "premium"}


def create_hives(apiary: Apiary) -> FastAPI:
    """Build the application."""
    app = FastAPI(title="Hives")
    scheme = APIKeyHeader(name="X-Hive-Key", auto_error=False)

    def caller(key: Annotated[str | None, Depends(scheme)]) -> str:
        if key not in apiary.keys:
            raise HTTPException(401, "unknown key")
        return apiary.keys[key]

    @app.get("/whoami", responses=REFUSED, operation_id="who_am_i")
    def who_am_i(name: Annotated[str, Depends(caller)]) -> Row:
        role = "inspector" if name in {"ivy", "max"} else "keeper"
        return {"account": name, "role": role, "plan": PLANS.get(name, "none")}

    @app.post("/account/key/rotate", responses=REFUSED, operation_id="rotate_key")
    def rotate_key(name: Annotated[str, Depends(caller)]) -> Row:
        for key in [key for key, who in apiary.keys.items() if who == name]:
            del apiary.keys[key]
        apiary.keys[new := f"hk-{secrets.token_hex(8)}"] = name
        return {"key": new}

    @app.post("/payouts", status_code=201, responses=REFUSED, operation_id="pay_out")
    def pay_out(body: PayOut, name: Annotated[str, Depends(caller)]) -> Row:
        apiary.paid.append(name)
        return {"coins": body.coins}

    _add_hives(app, apiary, Depends(caller))
    _add_reports(app, apiary, Depends(caller))
    _add_visits(app, apiary, Depends(caller))
    _add_colonies(app, apiary, Depends(caller))
    _add_orders(app, apiary, Depends(caller))
    _add_notices(app, apiary, Depends(caller), scheme)
    return app


def _add_hives(app: FastAPI, apiary: Apiary, caller: Any) -> None:
    @app.post("/hives", status_code=201, responses=REFUSED, operation_id="add_hive")
    def add_hive(body: HiveBody, name: str = caller) -> Row:
        serial = f"HV-{secrets.token_hex(4).upper()}"
        apiary.hives[serial] = {"serial": serial, "keeper": name, **body.model_dump()}
        return apiary.hives[serial]

    @app.get("/hives", responses=REFUSED, operation_id="list_hives")
    def list_hives(name: str = caller) -> list[Row]:
        return [hive for hive in apiary.hives.values() if hive["keeper"] == name]

    @app.get("/hives/{serial}", responses=REFUSED, operation_id="read_hive")
    def read_hive(serial: str, name: str = caller) -> Row:
        return apiary.own(serial, name, "read-by-anyone")

    @app.delete("/hives/{serial}", status_code=204, responses=REFUSED, operation_id="remove_hive")
    def remove_hive(serial: str, name: str = caller) -> Response:
        del apiary.hives[apiary.held(serial, name, "-")["serial"]]
        return Response(status_code=204)

    @app.patch("/hives/{serial}", responses=REFUSED, operation_id="rename_hive")
    def rename_hive(serial: str, body: Note, name: str = caller) -> Row:
        hive = apiary.held(serial, name, "changed-by-reader", "write")
        hive["label"] = body.note
        return hive

    @app.post(
        "/hives/{serial}/shares", status_code=201, responses=REFUSED, operation_id="share_hive"
    )
    def share_hive(serial: str, body: Share, name: str = caller) -> Row:
        apiary.held(serial, name, "shared-by-reader")
        if body.account not in apiary.keys.values():
            raise HTTPException(404, "nobody is called that")
        apiary.shares[serial, body.account] = body.level
        return {"account": body.account, "level": body.level}


def _add_reports(app: FastAPI, apiary: Apiary, caller: Any) -> None:
    @app.get(
        "/export.csv",
        response_class=PlainTextResponse,
        responses=REFUSED,
        operation_id="export_hive",
    )
    def export_hive(hive: Annotated[str, Query()], name: str = caller) -> str:
        found = apiary.own(hive, name, "exported-for-anyone")
        return f"serial,label,frames\n{hive},{found['label']},{found['frames']}\n"

    @app.post("/webhooks", status_code=202, responses=REFUSED, operation_id="add_webhook")
    def add_webhook(body: Webhook, _name: str = caller) -> Row:
        if apiary.flaw == "webhook-anywhere":
            requests.post(body.url, json={"event": "ping"}, timeout=5)
        elif not body.url.startswith("https://hooks.hives.example/"):
            raise HTTPException(422, "not one of your addresses")  # no list, as FastAPI's own
        return {"state": "kept"}


def _add_visits(app: FastAPI, apiary: Apiary, caller: Any) -> None:
    numbers = itertools.count(701)

    @app.get("/inspectors", responses=REFUSED, operation_id="list_inspectors")
    def list_inspectors(_name: str = caller) -> list[Row]:
        return [{"id": "i-ivy-4"}, {"id": "i-max-7"}]

    @app.post("/visits", status_code=201, responses=REFUSED, operation_id="add_visit")
    def add_visit(body: VisitBody, name: str = caller) -> Row:
        if body.inspector_id not in {"i-ivy-4", "i-max-7"}:
            raise HTTPException(422, "no such inspector")
        number = next(numbers)
        said = {**body.model_dump(), "at": body.at.isoformat()}  # +00:00, whoever said Z
        apiary.visits[number] = {"id": number, "keeper": name, **said}
        return apiary.visits[number]

    @app.get("/visits/{visit_id}", responses=REFUSED, operation_id="read_visit")
    def read_visit(visit_id: int, name: str = caller) -> Row:
        return own(visit_id, name)

    @app.put("/visits/{visit_id}", responses=REFUSED, operation_id="move_visit")
    def move_visit(visit_id: int, body: Note, name: str = caller) -> Row:
        visit = own(visit_id, name, is_open=apiary.flaw == "visit-moved")
        visit["note"] = body.note
        return visit

    def own(number: int, name: str, *, is_open: bool = False) -> Row:
        visit = apiary.visits.get(number)
        if visit is None or (visit["keeper"] != name and not is_open):
            raise HTTPException(404)
        return visit


def _add_colonies(app: FastAPI, apiary: Apiary, caller: Any) -> None:
    def inspector(name: str = caller) -> str:
        if name not in {"ivy", "max"}:
            raise HTTPException(403)
        return name

    @app.get("/colonies", responses=REFUSED, operation_id="list_colonies")
    def list_colonies(name: Annotated[str, Depends(inspector)]) -> list[Row]:
        return [one for one in apiary.colonies.values() if one["inspector"] == name]

    @app.get("/colonies/{colony_id}", responses=REFUSED, operation_id="read_colony")
    def read_colony(colony_id: str, name: Annotated[str, Depends(inspector)]) -> Row:
        colony = apiary.colonies.get(colony_id)
        is_open = apiary.flaw == "seen-by-all-inspectors"
        if colony is None or (colony["inspector"] != name and not is_open):
            raise HTTPException(404)
        return colony


def _add_orders(app: FastAPI, apiary: Apiary, caller: Any) -> None:
    numbers = itertools.count(31)
    jars = {"j-lime-5", "j-heather-8"}

    @app.get("/jars", responses=REFUSED, operation_id="list_jars")
    def list_jars(_name: str = caller) -> list[Row]:
        return [{"id": jar} for jar in sorted(jars)]

    @app.post("/orders", status_code=201, responses=REFUSED, operation_id="add_order")
    def add_order(body: Order, name: str = caller) -> Row:
        if not jars.issuperset(line.jar_id for line in body.lines):
            raise HTTPException(422, "no such honey")
        number = next(numbers)
        apiary.orders[number] = {"id": number, "keeper": name, **body.model_dump()}
        return apiary.orders[number]

    @app.get("/orders/{order_id}", responses=REFUSED, operation_id="read_order")
    def read_order(order_id: int, name: str = caller) -> Row:
        order = apiary.orders.get(order_id)
        is_open = apiary.flaw == "order-of-anyone"
        if order is None or (order["keeper"] != name and not is_open):
            raise HTTPException(404)
        return order


def _add_notices(app: FastAPI, apiary: Apiary, caller: Any, scheme: APIKeyHeader) -> None:
    optional: dict[str, Any] = {"security": [{}, {"APIKeyHeader": []}]}

    def viewer(key: Annotated[str | None, Depends(scheme)]) -> str:
        if key is not None and key not in apiary.keys:
            raise HTTPException(401, "unknown key")
        return apiary.keys.get(key or "", "")

    def may_see(notice: Row, name: str, flaw: str) -> bool:
        return notice["status"] == "shown" or notice["keeper"] == name or apiary.flaw == flaw

    @app.post("/notices", status_code=201, responses=REFUSED, operation_id="add_notice")
    def add_notice(body: Note, name: str = caller) -> Row:
        slug = f"n-{secrets.token_hex(4)}"
        notice = {"slug": slug, "keeper": name, "text": body.note, "status": "draft"}
        apiary.notices[slug] = notice
        return notice

    @app.get("/notices", responses=REFUSED, operation_id="list_notices", openapi_extra=optional)
    def list_notices(
        name: Annotated[str, Depends(viewer)], status: Literal["shown", "draft"] = "shown"
    ) -> list[Row]:
        chosen = [one for one in apiary.notices.values() if one["status"] == status]
        return [one for one in chosen if may_see(one, name, "drafts-listed")]

    @app.get(
        "/notices/{slug}", responses=REFUSED, operation_id="read_notice", openapi_extra=optional
    )
    def read_notice(slug: str, name: Annotated[str, Depends(viewer)]) -> Row:
        notice = apiary.notices.get(slug)
        if notice is None or not may_see(notice, name, "draft-for-anyone"):
            raise HTTPException(404)
        return notice
