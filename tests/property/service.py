"""The API in a process of its own, to be killed: reads its surroundings as JSON on standard input.

Prints its base URL, and serves until its standard input ends. Knows no test.
"""

import json
import sys

from apiproof.http.server import run_server
from apiproof.service import EnvironmentConfig
from tests.service import SERVICE


def main() -> None:
    """Serve."""
    unsteady_environment = EnvironmentConfig(**json.loads(sys.stdin.readline()))
    with run_server(SERVICE.create_app(unsteady_environment)) as base_url:
        sys.stdout.write(f"{base_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
