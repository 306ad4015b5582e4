"""Garages: a picture is fetched by its URL, for a vehicle that is there, of a kind that is known.

Nothing but what lists show says which vehicles and kinds there are.
"""

import ipaddress
import urllib.request
from typing import Annotated, Any
from urllib.error import URLError
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from tests.apps.members import LENT, Member, Members, Text, add_members

PATIENCE = 5.0  # seconds for a picture
KINDS = ("estate", "van")


class Picture(BaseModel):
    """A picture of a vehicle, somewhere else."""

    vin: Text
    kind: Text
    image_url: str


def create_garages(*, fetches_anything: bool) -> FastAPI:
    """Build the service; each user of the file has a vehicle there.

    Args:
        fetches_anything: The flaw: URLs of the service's own machine are fetched, too.
    """
    app, members = FastAPI(title="Garages"), Members()
    declared: dict[int | str, dict[str, Any]] = {401: {}, 400: {}}
    vehicles = {
        name: {"vin": f"WVWZZZ1JZXW00000{number}", "kind": KINDS[number]}
        for number, name in enumerate(LENT)
    }
    for name in LENT:
        members.add(name)
    caller_is = Annotated[Member, Depends(add_members(app, members, declared))]
    app.router.routes = [one for one in app.router.routes if getattr(one, "name", "") != "sign_up"]

    @app.get("/vehicles", operation_id="list_vehicles", responses=declared)
    def list_vehicles(user: caller_is) -> list[dict[str, str]]:
        return [vehicles[user.name]]

    @app.post("/pictures", operation_id="import_picture", responses=declared)
    def import_picture(picture: Picture, user: caller_is) -> dict[str, int]:
        if {"vin": picture.vin, "kind": picture.kind} != vehicles[user.name]:
            raise HTTPException(400, "no such vehicle")
        host = urlsplit(picture.image_url).hostname or ""
        if not (fetches_anything and _is_loopback(host)):  # elsewhere nothing is reached from here
            raise HTTPException(400, "no picture there")
        try:
            with urllib.request.urlopen(picture.image_url, timeout=PATIENCE) as found:  # noqa: S310  # the flaw
                return {"size": len(found.read())}
        except (URLError, OSError, ValueError):
            raise HTTPException(400, "no picture there") from None

    return app


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
