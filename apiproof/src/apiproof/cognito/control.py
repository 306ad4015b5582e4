"""What tests in other languages do over HTTP: read the outbox, move the clock, plan outages.

    GET    /<pool id>/.well-known/jwks.json     the pool's public keys; 404 for an unknown pool
    GET    /<pool id>/.well-known/openid-configuration
    PUT    /_import/<pool id>/<job id>        the CSV file of an import job
    GET    /_apiproof/outbox[?username=&purpose=]   {"messages": [...]}, oldest first
    GET    /_apiproof/clock                   {"now": "2030-01-01T00:00:00+00:00"}
    POST   /_apiproof/clock                   {"advance_seconds": 60} or {"move_to": "..."}
    DELETE /_apiproof/clock                   back to real time
    GET    /_apiproof/outages                 {"outages": [...]}
    POST   /_apiproof/outages                 {"kind": "fail", "operation": "SignUp",
                                                 "code": "TooManyRequestsException", "times": 2};
                                                 kind may also be time_out or lose_answer
    DELETE /_apiproof/outages                 cancel them
    POST   /_apiproof/keys/rotate             {}
    POST   /_apiproof/reset                   {}: forget users, tokens, messages, outages, clock

It knows paths and documents; what they mean is the service's business.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from apiproof.cognito.backend import Backend
from apiproof.cognito.oauth2 import discovery_document
from apiproof.cognito.web import WebRequest, WebResponse, json_response

Document = dict[str, Any]


class Control:
    """Answers requests that are no AWS calls.

    Args:
        backend: what is controlled.
        open_: False leaves only the JWKS.
    """

    def __init__(self, backend: Backend, *, open_: bool) -> None:
        self._backend = backend
        self._routes: dict[tuple[str, str], Callable[[Document], Document]] = {}
        if open_:
            self._routes = {
                ("GET", "outbox"): self._read_outbox,
                ("GET", "clock"): self._read_clock,
                ("POST", "clock"): self._move_clock,
                ("DELETE", "clock"): self._reset_clock,
                ("GET", "outages"): self._read_outages,
                ("POST", "outages"): self._plan_outage,
                ("DELETE", "outages"): self._clear_outages,
                ("POST", "keys/rotate"): self._rotate_keys,
                ("POST", "reset"): self._reset,
            }

    def answer(self, request: WebRequest) -> WebResponse | None:
        """Answer a request; None if it is for none of these paths."""
        parts = request.path.strip("/").split("/")
        if request.method == "GET" and parts[1:2] == [".well-known"]:
            return self._well_known(parts[0], "/".join(parts[2:]), request.base_url)
        if request.method == "PUT" and parts[0] == "_import" and len(parts) == 3:
            return self._upload(parts[1], parts[2], request.body)
        route = self._routes.get((request.method, "/".join(parts[1:])))
        if parts[0] != "_apiproof" or route is None:
            return None
        what = f"{request.method} {request.path}"
        try:
            given = json.loads(request.body) if request.body else {}
            if not isinstance(given, dict):
                return json_response(400, {"message": f"{what} takes an object."})
            return json_response(200, route(given | request.query))
        except (ArithmeticError, KeyError, RecursionError, TypeError, ValueError) as error:
            text = f"give {error.args[0]}." if isinstance(error, KeyError) else str(error)
            return json_response(400, {"message": f"{what}: {text}"})

    def _well_known(self, pool_id: str, name: str, url: str) -> WebResponse:
        pool = self._backend.user_pools.get(pool_id)
        if pool is None:
            return json_response(404, {"message": f"User pool {pool_id} does not exist."})
        if name == "jwks.json":
            return json_response(200, pool.keys.jwks())
        if name == "openid-configuration":
            return json_response(200, discovery_document(pool, url))
        return json_response(404, {"message": f"There is no {name} here."})

    def _upload(self, pool_id: str, job_id: str, body: bytes) -> WebResponse:
        """Take the file of an import job; AWS has it sent to S3."""
        pool = self._backend.user_pools.get(pool_id)
        job = pool.import_jobs.get(job_id) if pool is not None else None
        if job is None or job["Status"] != "Created":
            return json_response(404, {"message": "There is no such import job, or it has begun."})
        job["file"] = body.decode(errors="replace")
        return json_response(200, {})

    def _read_outbox(self, given: Document) -> Document:
        username, purpose = given.get("username"), given.get("purpose")
        outbox = self._backend.context.outbox
        return {
            "messages": [
                {
                    "username": message.username,
                    "destination": message.destination,
                    "code": message.code,
                    "purpose": message.purpose,
                    "sent_at": message.sent_at.isoformat(),
                }
                for message in outbox.select(username, purpose)
            ]
        }

    def _read_clock(self, _: Document) -> Document:
        return {"now": self._backend.context.clock.now().isoformat()}

    def _move_clock(self, given: Document) -> Document:
        clock = self._backend.context.clock
        if "move_to" in given:
            clock.move_to(datetime.fromisoformat(str(given["move_to"])))
        elif "advance_seconds" in given:
            clock.advance(_seconds(given["advance_seconds"]))
        else:
            raise KeyError("advance_seconds or move_to")
        return self._read_clock(given)

    def _reset_clock(self, given: Document) -> Document:
        self._backend.context.clock.reset()
        return self._read_clock(given)

    def _read_outages(self, _: Document) -> Document:
        return {
            "outages": [
                {
                    "kind": outage.kind,
                    "operation": outage.operation,
                    "code": outage.code,
                    "times": outage.left,
                }
                for outage in self._backend.context.outages.planned
            ]
        }

    def _plan_outage(self, given: Document) -> Document:
        outages, times = self._backend.context.outages, given.get("times", 1)
        kind = given["kind"]
        if kind == "fail":
            outages.fail(given["operation"], given["code"], times)
        elif kind == "time_out":
            outages.time_out(given["operation"], times)
        elif kind == "lose_answer":
            outages.lose_answer(given["operation"], times)
        else:
            raise ValueError(f"kind is fail, time_out or lose_answer, not {kind!r}")
        return self._read_outages(given)

    def _clear_outages(self, given: Document) -> Document:
        self._backend.context.outages.clear()
        return self._read_outages(given)

    def _rotate_keys(self, _: Document) -> Document:
        for pool in self._backend.user_pools.values():
            pool.keys.rotate()
        return {}

    def _reset(self, _: Document) -> Document:
        self._backend.reset()
        return {}


def _seconds(value: Any) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"advance_seconds is a number of seconds, e.g. 60, not {value!r}.")
    try:
        return timedelta(seconds=value)
    except (OverflowError, ValueError) as error:
        raise ValueError(f"advance_seconds is too large or not finite: {value!r}.") from error
