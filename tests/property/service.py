"""The API in a process of its own, to be killed: reads its surroundings as JSON on standard input.

Prints its base URL, and serves until its standard input ends. Knows no test.
"""

import json
import sys

from tests.subject import SUBJECT
from understudy.server import serve
from understudy.subject import Surroundings


def main() -> None:
    """Serve."""
    surroundings = Surroundings(**json.loads(sys.stdin.readline()))
    with serve(SUBJECT.create_app(surroundings)) as base_url:
        sys.stdout.write(f"{base_url}\n")
        sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main()
