"""Lounges: a session cookie, and a document that says nothing of credentials.

Rooms are listed for their members alone, or for everybody; what is written there is for members.
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from tests.apps.members import LENT, Credentials, Member, Members, Text

# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "read-by-strangers": "ownership_enforced/other-user",
    "deleted-through-any-room": "ownership_enforced/own-parent",
}


class RoomBody(BaseModel):
    """A room."""

    name: Text


class MessageBody(BaseModel):
    """What somebody writes."""

    text: Text


@dataclass
class Room:
    """A room, who may write in it, and what was written: number -> author and text."""

    number: int
    name: str
    private: bool
    people: set[int]
    messages: dict[int, tuple[int, str]] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        """Return what is shown of it."""
        return {"id": self.number, "name": self.name, "private": self.private}


def create_lounges(flaw: str = "", *, private: bool = True) -> FastAPI:  # noqa: C901  # its operations share the rooms
    """Build the service; the users of the file are known to it.

    Args:
        flaw: One of `FLAWS`, or none.
        private: Whether rooms are listed for their members alone.
    """
    app, known = FastAPI(title="Lounges"), Members()
    rooms: dict[int, Room] = {}
    for name in LENT:
        known.add(name)

    def caller(request: Request) -> Member:  # a cookie that the document does not tell of
        name = known.sessions.get(request.cookies.get("sid", ""), "")
        if not name:
            raise HTTPException(401)
        return known.people[name]

    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def entered(room_id: int, user: Member, *, is_open: bool = False) -> Room:
        room = rooms.get(room_id)
        if room is None or (room.private and user.number not in room.people and not is_open):
            raise HTTPException(404)
        if user.number not in room.people and not is_open:
            raise HTTPException(403)
        return room

    @app.post("/register", status_code=201, operation_id="sign_up")
    def sign_up(new: Credentials) -> dict[str, Any]:
        if new.username in known.people:
            raise HTTPException(409)
        return {"username": known.add(new.username, new.password).name}

    @app.post("/session", operation_id="log_in")
    def log_in(given: Credentials, response: Response) -> dict[str, Any]:
        member = known.people.get(given.username)
        if member is None or member.password != given.password:
            raise HTTPException(401)
        response.set_cookie("sid", known.begin(member))
        return {"username": member.name}

    @app.get("/me", operation_id="read_me")
    def read_me(user: Caller) -> dict[str, Any]:
        return {"id": user.number, "username": user.name}

    @app.get("/rooms", operation_id="list_rooms")
    def list_rooms(user: Caller) -> list[dict[str, Any]]:
        seen = [one for one in rooms.values() if not one.private or user.number in one.people]
        return [one.shown() for one in seen]

    @app.post("/rooms", status_code=201, operation_id="add_room")
    def add_room(user: Caller, body: RoomBody) -> dict[str, Any]:
        number = next(known.numbers)
        rooms[number] = Room(number, body.name, private, {user.number})
        return rooms[number].shown()

    @app.post("/rooms/{room_id}/messages", status_code=201, operation_id="write")
    def write(room_id: int, user: Caller, body: MessageBody) -> dict[str, Any]:
        number = next(known.numbers)
        entered(room_id, user).messages[number] = (user.number, body.text)
        return {"id": number, "text": body.text}

    @app.get("/rooms/{room_id}/messages", operation_id="read_messages")
    def read_messages(room_id: int, user: Caller) -> list[dict[str, Any]]:
        room = entered(room_id, user, is_open=flaw == "read-by-strangers")
        return [{"id": number, "text": text} for number, (_, text) in room.messages.items()]

    @app.delete("/rooms/{room_id}/messages/{message_id}", status_code=204, operation_id="unsend")
    def unsend(room_id: int, message_id: int, user: Caller) -> None:
        room = entered(room_id, user)
        holders = [room, *rooms.values()] if flaw == "deleted-through-any-room" else [room]
        found = next((one for one in holders if message_id in one.messages), None)
        if found is None:
            raise HTTPException(404)
        if found is room and room.messages[message_id][0] != user.number:
            raise HTTPException(403)
        del found.messages[message_id]

    return app
