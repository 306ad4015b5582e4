"""The server for AWS's public addresses: connections that end badly are nobody's concern."""

import asyncio

from apiproof import public_address


def test_a_connection_that_is_slow_to_end_is_no_exception_on_the_terminal() -> None:
    async def piped() -> bytes:
        reader = asyncio.StreamReader()
        reader.set_exception(TimeoutError("SSL shutdown timed out"))
        arrived = asyncio.StreamReader()

        async def take(there: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            arrived.feed_data(await there.read())
            arrived.feed_eof()

        server = await asyncio.start_server(take, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        await public_address.pipe(reader, writer)
        server.close()
        return await arrived.read()

    assert asyncio.run(piped()) == b""
