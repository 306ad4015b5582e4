"""A small service without a database, two of whose operations answer 500 to some requests."""

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Path
from pydantic import BaseModel, Field

from apiproof.service import Service

app = FastAPI()
_things: dict[int, str] = {}


class Thing(BaseModel):
    """What the service keeps."""

    name: str = Field(min_length=1, max_length=20)
    size: int = Field(ge=0, le=1000)


@app.post("/things", status_code=201)
def add_thing(thing: Thing) -> dict[str, Any]:
    """Keep a thing, unless it is too large for what stands behind."""
    if thing.size > 900:
        raise RuntimeError("too large")
    number = len(_things) + 1
    _things[number] = thing.name
    return {"id": number, "name": thing.name}


@app.get("/things/{number}", responses={404: {}})
def read_thing(number: Annotated[int, Path(ge=1, le=10**6)]) -> dict[str, Any]:
    """Return a thing."""
    if number not in _things:
        raise HTTPException(404)
    return {"id": number, "name": _things[number]}


@app.get("/colours/{name}")
def read_colour(name: Annotated[str, Path(min_length=1, max_length=10)]) -> dict[str, int]:
    """Return a colour; a name of one letter is not expected."""
    return {"length": len(name) // (len(name) - 1) and len(name)}


@app.get("/health")
def read_health() -> dict[str, str]:
    """Say that it is there."""
    return {"status": "ok"}


SERVICE = Service(app, name="fuzzed", database=False)
