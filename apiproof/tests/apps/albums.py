"""Albums: guests and photos, which exist apart from albums, are put into one's own."""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from tests.apps.members import LENT, Member, Members, Text, add_members

REFUSED: dict[int | str, Any] = {401: {}, 404: {}, 409: {}}
# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "photos-of-all": "ownership_enforced/own-parent",
    "guests-by-all": "ownership_enforced/other-user",
    "captions-of-all": "ownership_enforced/own-parent",  # of photos that everybody may see
}


class Caption(BaseModel):
    """What a photo is to say."""

    text: Text


@dataclass
class Album:
    """What somebody shows to guests."""

    owner: str
    title: str
    guests: set[str] = field(default_factory=set)
    photos: set[int] = field(default_factory=set)

    def shown(self, number: int) -> dict[str, Any]:
        """Return what its owner and its guests see."""
        held = {"guests": sorted(self.guests), "photos": sorted(self.photos)}
        return {"id": number, "title": self.title, "owner": self.owner, **held}


def create_albums(flaw: str = "") -> FastAPI:  # noqa: C901  # its operations share the albums
    """Build the service, with two users whom the file names.

    Args:
        flaw: One of `FLAWS`, or none.
    """
    app, members = FastAPI(title="Albums"), Members()
    albums: dict[int, Album] = {}
    photos: dict[int, tuple[str, str]] = {}  # its owner, and what it shows
    for name in LENT:
        members.add(name)
    caller = add_members(app, members, REFUSED)
    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def own(number: int, user: Member) -> Album:
        if number not in albums or albums[number].owner != user.name:
            raise HTTPException(404)
        return albums[number]

    @app.get("/people/{username}", responses=REFUSED, operation_id="read_person")
    def read_person(username: str, _user: Caller) -> dict[str, Any]:
        if username not in members.people:
            raise HTTPException(404)
        return {"username": username, "number": members.people[username].number}

    @app.post("/photos", status_code=201, responses=REFUSED, operation_id="add_photo")
    def add_photo(text: Text, user: Caller) -> dict[str, Any]:
        number = next(members.numbers)
        photos[number] = (user.name, text)
        return {"id": number, "owner": user.name, "text": text}

    @app.get("/photos/{photo_id}", responses=REFUSED, operation_id="read_photo")
    def read_photo(photo_id: int, user: Caller) -> dict[str, Any]:
        owner, text = photos.get(photo_id, ("", ""))
        if owner != user.name and not (owner and flaw == "captions-of-all"):
            raise HTTPException(404)
        return {"id": photo_id, "owner": owner, "text": text}

    @app.post("/albums", status_code=201, responses=REFUSED, operation_id="add_album")
    def add_album(title: Text, user: Caller) -> dict[str, Any]:
        number = next(members.numbers)
        albums[number] = Album(user.name, title)
        return albums[number].shown(number)

    @app.get("/albums/{album_id}", responses=REFUSED, operation_id="read_album")
    def read_album(album_id: int, user: Caller) -> dict[str, Any]:
        album = albums.get(album_id)
        if album is None or user.name not in {album.owner, *album.guests}:
            raise HTTPException(404)
        return album.shown(album_id)

    @app.put(
        "/albums/{album_id}/guests/{username}",
        status_code=204,
        responses=REFUSED,
        operation_id="invite",
    )
    def invite(album_id: int, username: str, user: Caller) -> None:
        is_open = flaw == "guests-by-all" and album_id in albums
        album = albums[album_id] if is_open else own(album_id, user)
        if username not in members.people:
            raise HTTPException(404)
        album.guests.add(username)

    @app.put(
        "/albums/{album_id}/photos/{photo_id}",
        status_code=204,
        responses=REFUSED,
        operation_id="insert_photo",
    )
    def insert_photo(album_id: int, photo_id: int, user: Caller) -> None:
        album = own(album_id, user)
        owner, _ = photos.get(photo_id, ("", ""))
        if not owner or (owner != user.name and flaw != "photos-of-all"):
            raise HTTPException(404)
        album.photos.add(photo_id)

    @app.patch(
        "/albums/{album_id}/photos/{photo_id}", responses=REFUSED, operation_id="change_caption"
    )
    def change_caption(album_id: int, photo_id: int, new: Caption, user: Caller) -> dict[str, Any]:
        own(album_id, user)
        owner, _ = photos.get(photo_id, ("", ""))
        if not owner or (owner != user.name and flaw != "captions-of-all"):
            raise HTTPException(404)
        photos[photo_id] = (owner, new.text)
        return {"id": photo_id, "owner": owner, "text": new.text}

    return app
