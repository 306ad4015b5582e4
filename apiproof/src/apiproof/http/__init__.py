"""HTTP, in-process and over the loopback interface: clients, a server, small JSON applications."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Message, Receive, Send], Awaitable[None]]

__all__ = ["ASGIApp", "Message", "Receive", "Send"]
