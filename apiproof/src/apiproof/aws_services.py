"""A server for AWS's services beside Cognito: S3, DynamoDB, SQS and whatever else moto has.

Applications reach it at AWS's own addresses; see `apiproof.http.child.public_hosts`.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from apiproof.cognito import other_services
from apiproof.http.server import run_server


@contextlib.contextmanager
def aws_services() -> Iterator[Callable[[], int]]:
    """Serve them until the block ends; what was made is gone afterwards.

    Yields:
        What tells the port; the server starts when it is asked for the first time.
    """
    lock = threading.Lock()
    with contextlib.ExitStack() as stack:
        stack.callback(other_services.forget)
        started: list[int] = []

        def port() -> int:
            with lock:
                if not started:
                    base_url = stack.enter_context(run_server(_app))
                    started.append(urlsplit(base_url).port or 0)
                return started[0]

        yield port


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    request = Request(scope, receive)
    sent = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]
    path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
    url = f"https://{request.headers.get('host', '')}{path}{'?' + query if query else ''}"
    # A thread of its own: a queue may be waited at for 20 seconds.
    answer = await asyncio.to_thread(
        other_services.answer, request.method, url, sent, await request.body()
    )
    body = b"" if request.method == "HEAD" else answer.body
    headers = {name.lower(): value for name, value in answer.headers.items()}
    for name in ("connection", "date", "server", "transfer-encoding"):
        headers.pop(name, None)
    if request.method != "HEAD":  # whose answer tells the length of a body that is not sent
        headers["content-length"] = str(len(body))
    fields = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": fields})
    await send({"type": "http.response.body", "body": body})
