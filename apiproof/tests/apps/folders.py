"""Nested owners: only a folder names its owner, what is in it belongs to whom the folder does.

/folders/{folder_id}/documents/{document_id}/comments/{comment_id}
"""

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel

from tests.apps.members import Member, Members, Text, add_members, unauthorized

# Flaw -> the check, and the beginning of the case, that find it.
FLAWS = {
    "folder": "ownership_enforced/other-user",  # of whomever
    "document-by-id": "ownership_enforced/own-parent",  # in whichever folder
    "comment-by-id": "ownership_enforced/own-parent",
    "comment-deleted": "ownership_enforced/own-parent",
    "documents-listed": "ownership_enforced/listing",
    "labels-listed": "ownership_enforced/listing",  # which nothing reads by themselves
    "written-anywhere": "ownership_enforced/other-user",  # into a folder of somebody else
    "moved-anywhere": "ownership_enforced/body-folder_id",
}
FORBIDDING_FLAWS = {**FLAWS, "unknown-is-404": "ownership_enforced/other-user"}
Row = dict[str, Any]


class FolderBody(BaseModel):
    """A folder to make."""

    name: Text


class DocumentBody(BaseModel):
    """A document to write."""

    title: Text


class Move(BaseModel):
    """Where a document goes."""

    folder_id: int


class CommentBody(BaseModel):
    """A comment to write."""

    text: Text


@dataclass
class Store:
    """Everything that the folders hold."""

    members: Members = field(default_factory=Members)
    folders: dict[int, Row] = field(default_factory=dict)
    labels: dict[int, Row] = field(default_factory=dict)
    documents: dict[int, Row] = field(default_factory=dict)
    comments: dict[int, Row] = field(default_factory=dict)


def create_folders(  # noqa: C901, PLR0915  # its operations share the store as closures
    flaw: str = "", store: Store | None = None, *, forbidding: bool = False
) -> FastAPI:
    """Build the folders.

    Args:
        flaw: One of `FLAWS`, or none.
        store: Where they keep everything.
        forbidding: Whether every refusal is 403: of no credential, of what is somebody else's,
            and of what never was.
    """
    kept = store or Store()
    members = kept.members
    app = FastAPI(title="Folders")
    no = 403 if forbidding else 404
    # A document that declares no refusal at all says nothing of how it refuses.
    responses: dict[int | str, Any] = {} if forbidding else {401: {}, 404: {}}
    guarded: dict[str, Any] = {"responses": responses}
    refuse = (lambda _given: HTTPException(403)) if forbidding else unauthorized
    caller = add_members(app, members, responses, refuse)
    Caller = Annotated[Member, Depends(caller)]  # noqa: N806  # a type

    def unknown() -> HTTPException:
        return HTTPException(404 if flaw == "unknown-is-404" else no)

    def folder_of(user: Member, folder_id: int, *, excused: bool = False) -> Row:
        folder = kept.folders.get(folder_id)
        if folder is None:
            raise unknown()
        if folder["owner"] != user.name and not excused:
            raise HTTPException(no)
        return folder

    def inside(rows: dict[int, Row], row_id: int, parent: int, *, excused: bool = False) -> Row:
        row = rows.get(row_id)
        if row is None or (row["parent"] != parent and not excused):
            raise HTTPException(no)
        return row

    def keep(rows: dict[int, Row], **values: Any) -> Row:
        number = next(members.numbers)
        rows[number] = {"id": number, **values}
        return rows[number]

    def shown(row: Row) -> Row:
        return {name: value for name, value in row.items() if name not in {"owner", "parent"}}

    @app.get("/folders", operation_id="list_folders", **guarded)
    def list_folders(user: Caller) -> list[Row]:
        return [shown(row) for row in kept.folders.values() if row["owner"] == user.name]

    @app.post("/folders", status_code=201, operation_id="add_folder", **guarded)
    def add_folder(user: Caller, body: FolderBody) -> Row:
        return shown(keep(kept.folders, owner=user.name, name=body.name))

    @app.get("/folders/{folder_id}", operation_id="read_folder", **guarded)
    def read_folder(user: Caller, folder_id: int) -> Row:
        return shown(folder_of(user, folder_id, excused=flaw == "folder"))

    @app.delete("/folders/{folder_id}", status_code=204, operation_id="drop_folder", **guarded)
    def drop_folder(user: Caller, folder_id: int) -> None:
        folder_of(user, folder_id)
        del kept.folders[folder_id]

    @app.get("/folders/{folder_id}/labels", operation_id="list_labels", **guarded)
    def list_labels(user: Caller, folder_id: int) -> list[Row]:
        folder_of(user, folder_id, excused=flaw == "labels-listed")
        return [shown(row) for row in kept.labels.values() if row["parent"] == folder_id]

    @app.post("/folders/{folder_id}/labels", status_code=201, operation_id="add_label", **guarded)
    def add_label(user: Caller, folder_id: int, body: FolderBody) -> Row:
        folder_of(user, folder_id)
        return shown(keep(kept.labels, parent=folder_id, name=body.name))

    documents = "/folders/{folder_id}/documents"

    @app.get(documents, operation_id="list_documents", **guarded)
    def list_documents(user: Caller, folder_id: int) -> list[Row]:
        folder_of(user, folder_id, excused=flaw == "documents-listed")
        return [shown(row) for row in kept.documents.values() if row["parent"] == folder_id]

    @app.post(documents, status_code=201, operation_id="add_document", **guarded)
    def add_document(user: Caller, folder_id: int, body: DocumentBody) -> Row:
        folder_of(user, folder_id, excused=flaw == "written-anywhere")
        return shown(keep(kept.documents, parent=folder_id, title=body.title))

    @app.get(documents + "/{document_id}", operation_id="read_document", **guarded)
    def read_document(user: Caller, folder_id: int, document_id: int) -> Row:
        folder_of(user, folder_id)
        excused = flaw == "document-by-id"
        return shown(inside(kept.documents, document_id, folder_id, excused=excused))

    @app.post(documents + "/{document_id}/move", operation_id="move_document", **guarded)
    def move_document(user: Caller, folder_id: int, document_id: int, body: Move) -> Row:
        folder_of(user, folder_id)
        document = inside(kept.documents, document_id, folder_id)
        folder_of(user, body.folder_id, excused=flaw == "moved-anywhere")
        copy = {name: value for name, value in document.items() if name != "id"}
        return shown(keep(kept.documents, **{**copy, "parent": body.folder_id}))

    comments = documents + "/{document_id}/comments"

    @app.post(comments, status_code=201, operation_id="add_comment", **guarded)
    def add_comment(user: Caller, folder_id: int, document_id: int, body: CommentBody) -> Row:
        folder_of(user, folder_id)
        inside(kept.documents, document_id, folder_id)
        return shown(keep(kept.comments, parent=document_id, text=body.text))

    def comment(user: Member, place: tuple[int, int, int], *, excused: bool) -> Row:
        folder_id, document_id, comment_id = place
        folder_of(user, folder_id)
        inside(kept.documents, document_id, folder_id)
        return inside(kept.comments, comment_id, document_id, excused=excused)

    @app.get(comments + "/{comment_id}", operation_id="read_comment", **guarded)
    def read_comment(user: Caller, folder_id: int, document_id: int, comment_id: int) -> Row:
        place = (folder_id, document_id, comment_id)
        return shown(comment(user, place, excused=flaw == "comment-by-id"))

    @app.delete(comments + "/{comment_id}", status_code=204, operation_id="drop_comment", **guarded)
    def drop_comment(user: Caller, folder_id: int, document_id: int, comment_id: int) -> None:
        comment(user, (folder_id, document_id, comment_id), excused=flaw == "comment-deleted")
        del kept.comments[comment_id]

    return app
