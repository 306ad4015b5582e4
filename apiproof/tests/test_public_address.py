"""The server for AWS's public addresses: connections that end badly are nobody's concern."""

import asyncio
from typing import Any, cast

from apiproof import public_address


class Writer:
    """The other end of a connection."""

    is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_a_connection_that_is_slow_to_end_is_no_exception_on_the_terminal() -> None:
    async def piped() -> bool:
        reader, writer = asyncio.StreamReader(), Writer()
        reader.set_exception(TimeoutError("SSL shutdown timed out"))
        await public_address.pipe(reader, cast("Any", writer))
        return writer.is_closed

    assert asyncio.run(piped())
