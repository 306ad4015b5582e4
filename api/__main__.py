"""`python -m api`: serve with uvicorn."""

import argparse
import math

import uvicorn

from api.protocol import HttpProtocol


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m api", description="Serve the Randomizer API.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (%(default)s)")
    parser.add_argument("--port", type=_port, default=8000, help="0 for any that is free (8000)")
    options = parser.parse_args()
    from api.main import app  # noqa: PLC0415 - reads the settings, which --help must not need

    # Requests are logged by the service itself; uvicorn's log would repeat paths, which hold subs.
    # Logs are set up by now; uvicorn would put its own in their place.
    uvicorn.run(
        app,
        http=HttpProtocol,
        # uvloop takes Python's global lock for each socket and waits for our threads: decision 216.
        loop="asyncio",
        host=options.host,
        port=options.port,
        access_log=False,
        server_header=False,
        log_config=None,
        # No request lives longer; who then still sends or reads slowly must not hold up the end.
        timeout_graceful_shutdown=math.ceil(app.state.dependencies.deadline) + 1,
    )


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise ValueError
    return port


if __name__ == "__main__":
    main()
