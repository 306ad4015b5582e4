"""What is under way, and waited for: jobs, and no orders that are pending for ever."""

from typing import Any

from apiproof.access.http import Request, Response
from apiproof.access.shown_objects import SeenIds
from apiproof.access.users import User
from apiproof.openapi.document import Operation, operations

ADA = User("ada", is_learnt=True)
PENDING = Response(200, {}, '{"id": 7, "status": "pending"}')


def _read(path: str) -> Operation:
    answers: dict[str, Any] = {"200": {"description": "read"}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Jobs", "version": "1"},
        "paths": {path: {"get": {"operationId": "read", "responses": answers}}},
    }
    return next(iter(operations(document)))


def test_a_job_is_under_way_and_an_order_is_not() -> None:
    for path, is_job in (("/jobs/{job_id}", True), ("/orders/{order_id}", False)):
        seen = SeenIds()
        seen.note(ADA, Request(_read(path), {"job_id": 7, "order_id": 7}), PENDING)
        assert bool(seen.under_way) is is_job, path


def test_what_was_accepted_for_later_may_be_anything() -> None:
    seen = SeenIds()
    order = Request(_read("/orders/{order_id}"), {"order_id": 7})
    seen.note(ADA, order, Response(202, {}, "{}"))
    seen.note(ADA, order, PENDING)
    assert seen.under_way
