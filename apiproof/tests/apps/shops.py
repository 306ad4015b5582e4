"""Shops of several tenants, one application with the shapes and flaws that strangers' APIs have.

Orders belong to a customer of a tenant; the customer's id stands in `/me` only. An export is a job
whose result is a file; a coupon is deleted softly; lists are wrapped in `data`.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Response, UploadFile
from pydantic import BaseModel

from tests.apps.members import Member, Members, Text, add_members

# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "tenant-believed": "ownership_enforced/other-tenant",  # whoever names a tenant is of it
    "orders-by-customer": "ownership_enforced/other-account",
    "settings-by-customer": "ownership_enforced/other-account",
    "settings-changed": "ownership_enforced/other-account",
    "job-of-anyone": "ownership_enforced/other-user",
    "file-of-anyone": "ownership_enforced/other-user",
    "image-of-anyone": "ownership_enforced/other-user",
    "coupon-undeleted": "writes_are_readable/read-back",
    "coupons-of-anyone": "ownership_enforced/listing",  # with a filter by owner
    "coupon-deleted-by-anyone": "ownership_enforced/other-user",
    "everybody-listed": "functions_enforced/role-",
    "role-given": "privileges_enforced/own-account",
}
REFUSED: dict[int | str, Any] = {401: {}, 403: {}, 404: {}, 409: {}}
Row = dict[str, Any]


class OrderBody(BaseModel):
    """An order."""

    article: Text
    count: int = 1


class Settings(BaseModel):
    """How a customer likes it."""

    address: Text
    newsletter: bool = False


class CouponBody(BaseModel):
    """A coupon."""

    title: Text


class RoleBody(BaseModel):
    """What somebody becomes."""

    role: Text


@dataclass
class Store:
    """Everything that the shops keep."""

    members: Members = field(default_factory=Members)
    tenants: dict[str, str] = field(default_factory=dict)  # of members
    orders: dict[int, Row] = field(default_factory=dict)
    settings: dict[int, Row] = field(default_factory=dict)
    jobs: dict[int, Row] = field(default_factory=dict)
    files: dict[int, Row] = field(default_factory=dict)
    images: dict[int, Row] = field(default_factory=dict)
    coupons: dict[int, Row] = field(default_factory=dict)


def create_shops(  # noqa: C901, PLR0915  # its operations share the store as closures
    flaw: str = "", store: Store | None = None
) -> FastAPI:
    """Build the shops.

    Args:
        flaw: One of `FLAWS`, or none.
        store: Where they keep everything.
    """
    kept = store or Store()
    members = kept.members
    app = FastAPI(title="Shops")
    caller = add_members(app, members, REFUSED)
    guarded: dict[str, Any] = {"responses": REFUSED}

    def tenant_of(
        user: Annotated[Member, Depends(caller)], x_tenant: Annotated[str, Header()]
    ) -> str:
        own = kept.tenants.setdefault(user.name, "acme")
        if own != x_tenant and flaw != "tenant-believed":
            raise HTTPException(403)
        return x_tenant

    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type
    Tenant = Annotated[str, Depends(tenant_of)]  # noqa: N806  # a type

    def admin(user: Caller) -> Member:
        if user.role != "admin":
            raise HTTPException(403)
        return user

    def keep(rows: dict[int, Row], **values: Any) -> Row:
        number = next(members.numbers)
        rows[number] = {"id": number, **values}
        return rows[number]

    def own(rows: dict[int, Row], number: int, user: Member, *, excused: bool = False) -> Row:
        row = rows.get(number)
        if row is None or (row["owner"] != user.number and not excused):
            raise HTTPException(404)
        return row

    def shown(row: Row) -> Row:
        return {name: value for name, value in row.items() if name not in {"owner", "gone"}}

    # Orders of a tenant: everybody of the tenant sees them.
    @app.post("/orders", status_code=201, operation_id="add_order", **guarded)
    def add_order(user: Caller, tenant: Tenant, body: OrderBody) -> Row:
        row = keep(kept.orders, tenant=tenant, owner=user.number, **body.model_dump())
        return shown(row)

    @app.get("/orders", operation_id="list_orders", **guarded)
    def list_orders(_user: Caller, tenant: Tenant) -> Row:
        return {"data": [shown(row) for row in kept.orders.values() if row["tenant"] == tenant]}

    @app.get("/orders/{order_id}", operation_id="read_order", **guarded)
    def read_order(order_id: int, _user: Caller, tenant: Tenant) -> Row:
        row = kept.orders.get(order_id)
        if row is None or row["tenant"] != tenant:
            raise HTTPException(404)
        return shown(row)

    # What is a customer's own, by an id that stands in /me only.
    @app.get("/customers/{customer_id}/orders", operation_id="customer_orders", **guarded)
    def customer_orders(customer_id: int, user: Caller) -> Row:
        if customer_id != user.number and flaw != "orders-by-customer":
            raise HTTPException(403)
        rows = [row for row in kept.orders.values() if row["owner"] == customer_id]
        return {"data": [shown(row) for row in rows]}

    @app.get("/customers/{customer_id}/settings", operation_id="read_settings", **guarded)
    def read_settings(customer_id: int, user: Caller) -> Row:
        if customer_id != user.number and flaw != "settings-by-customer":
            raise HTTPException(403)
        default = {"address": f"{customer_id} Main Street", "newsletter": False}
        return kept.settings.get(customer_id, default)

    @app.put("/customers/{customer_id}/settings", operation_id="change_settings", **guarded)
    def change_settings(customer_id: int, user: Caller, body: Settings) -> Row:
        if customer_id != user.number and flaw != "settings-changed":
            raise HTTPException(403)
        kept.settings[customer_id] = body.model_dump()
        return kept.settings[customer_id]

    # A job, and the file that it makes.
    @app.post("/exports", status_code=202, operation_id="start_export", **guarded)
    def start_export(user: Caller, response: Response) -> Row:
        file = keep(kept.files, owner=user.number, text=f"orders of {user.name}")
        job = keep(kept.jobs, owner=user.number, status="done", file_id=file["id"])
        response.headers["Location"] = f"/exports/{job['id']}"
        return {"status": "accepted"}

    @app.get("/exports/{export_id}", operation_id="read_export", **guarded)
    def read_export(export_id: int, user: Caller) -> Row:
        return shown(own(kept.jobs, export_id, user, excused=flaw == "job-of-anyone"))

    @app.get("/files/{file_id}", operation_id="read_file", **guarded)
    def read_file(file_id: int, user: Caller) -> Row:
        return shown(own(kept.files, file_id, user, excused=flaw == "file-of-anyone"))

    # An upload, and its content as bytes.
    @app.post("/images", status_code=201, operation_id="add_image", **guarded)
    async def add_image(user: Caller, file: UploadFile) -> Row:
        content = await file.read()
        return {"id": keep(kept.images, owner=user.number, content=content)["id"]}

    @app.get("/images/{image_id}/content", operation_id="read_image", **guarded)
    def read_image(image_id: int, user: Caller) -> Response:
        row = own(kept.images, image_id, user, excused=flaw == "image-of-anyone")
        return Response(row["content"], media_type="application/octet-stream")

    # Coupons are deleted softly, and listed with filters.
    @app.post("/coupons", status_code=201, operation_id="add_coupon", **guarded)
    def add_coupon(user: Caller, body: CouponBody) -> Row:
        row = keep(
            kept.coupons, owner=user.number, owner_id=user.number, title=body.title, gone=False
        )
        return shown(row)

    @app.get("/coupons", operation_id="list_coupons", **guarded)
    def list_coupons(
        user: Caller,
        owner_id: int | None = None,
        limit: Annotated[int, Query(ge=1, le=100)] = 50,
        offset: Annotated[int, Query(ge=0, le=10000)] = 0,
    ) -> Row:
        whose = owner_id if owner_id and flaw == "coupons-of-anyone" else user.number
        rows = [row for row in kept.coupons.values() if row["owner"] == whose and not row["gone"]]
        return {"data": [shown(row) for row in rows[offset:][:limit]], "total": len(rows)}

    def coupon(coupon_id: int, user: Member, *, excused: bool = False) -> Row:
        row = own(kept.coupons, coupon_id, user, excused=excused)
        if row["gone"] and flaw != "coupon-undeleted":
            raise HTTPException(404)
        return row

    @app.get("/coupons/{coupon_id}", operation_id="read_coupon", **guarded)
    def read_coupon(coupon_id: int, user: Caller) -> Row:
        return shown(coupon(coupon_id, user))

    @app.delete("/coupons/{coupon_id}", status_code=204, operation_id="drop_coupon", **guarded)
    def drop_coupon(coupon_id: int, user: Caller) -> None:
        coupon(coupon_id, user, excused=flaw == "coupon-deleted-by-anyone")["gone"] = True

    # What an operator may, and nobody else.
    @app.get("/admin/members", operation_id="list_members", **guarded)
    def list_members(user: Caller) -> list[Row]:
        if flaw != "everybody-listed":
            admin(user)
        return [one.shown() for one in members.people.values()]

    @app.put("/members/{member_id}/role", operation_id="give_role", **guarded)
    def give_role(member_id: int, user: Caller, body: RoleBody) -> Row:
        if flaw != "role-given":
            admin(user)
        one = next((one for one in members.people.values() if one.number == member_id), None)
        if one is None:
            raise HTTPException(404)
        one.role = body.role
        return one.shown()

    return app
