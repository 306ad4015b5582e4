"""What the access checks cost beside fuzzing: `python -m tests.bench.access`.

Runs the fuzzing tests with and without the checks, in turn, and prints the ratio of the fastest
runs; a single run says little on a busy machine.
"""

import subprocess
import sys
import time

ROUNDS = 2
TESTS = "tests/contract/test_fuzzing.py"


def seconds(*options: str) -> float:
    """Run the fuzzing tests and return how long they took."""
    started = time.monotonic()
    command = [sys.executable, "-m", "pytest", TESTS, "-q", "-p", "no:randomly", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own tests
    return time.monotonic() - started


def main() -> None:
    """Print the times and their ratio."""
    without, beside = float("inf"), float("inf")
    for _ in range(ROUNDS):
        without = min(without, seconds("-p", "tests.bench.unwatched"))
        beside = min(beside, seconds())
    times = f"fuzzing {without:.1f} s, with access checks {beside:.1f} s"
    sys.stdout.write(f"{times}: {beside / without:.2f} times\n")


if __name__ == "__main__":
    main()
