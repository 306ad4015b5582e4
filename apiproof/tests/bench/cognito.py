"""What faithfulness costs: the emulator's sign-up and sign-ins as multiples of plain moto's.

Run it alone with `python -m tests.bench.cognito`: no other emulator may answer in the process. Only
the ratios mean something; milliseconds, of processor time, differ from machine to machine.
"""

import contextlib
import functools
import itertools
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apiproof.cognito import botocore_hook
from tests.cognito.bench import emulator_bench, moto_bench
from tests.cognito.pools import PASSWORD, Pool
from tests.cognito.srp_client import SrpClient
from tests.cognito.test_flows import PUBLIC, answer, begin

ROUNDS = 12
CALLS = 10


@dataclass(frozen=True)
class Ratio:
    """Medians of one operation in milliseconds, and the most that the ratio may be."""

    operation: str
    stand_in: float
    moto: float
    limit: float

    @property
    def value(self) -> float:
        """How many times plain moto's time the emulator takes."""
        return self.stand_in / self.moto

    def __str__(self) -> str:
        return (
            f"{self.operation}: {self.value:.2f} times plain moto"
            f" ({self.stand_in:.2f} ms and {self.moto:.2f} ms), at most {self.limit}"
        )


@contextlib.contextmanager
def _moto_alone() -> Iterator[None]:
    """Take the emulators away for a while; plain moto answers."""
    backends = tuple(botocore_hook._active)  # noqa: SLF001 - nobody but a benchmark needs to switch
    for backend in backends:
        botocore_hook.deactivate(backend)
    yield
    for backend in backends:
        botocore_hook.activate(backend)


def _milliseconds(call: Callable[[], object]) -> Iterator[float]:
    for _ in range(CALLS):
        start = time.process_time()
        call()
        yield (time.process_time() - start) * 1000


def _compare(
    operation: str, limit: float, ours: Callable[[], object], motos: Callable[[], object]
) -> Ratio:
    """Time both in turns, so that whatever else the machine does hits both alike."""
    samples: tuple[list[float], list[float]] = ([], [])
    for round_ in range(ROUNDS + 2):
        mine = list(_milliseconds(ours))
        with _moto_alone():
            theirs = list(_milliseconds(motos))
        if round_ >= 2:  # the first ones warm up
            samples[0].extend(mine)
            samples[1].extend(theirs)
    return Ratio(operation, statistics.median(samples[0]), statistics.median(samples[1]), limit)


def _srp(pool: Pool) -> None:
    client = SrpClient(pool.id, PASSWORD)
    asked = begin(pool, "USER_SRP_AUTH", USERNAME="ada", SRP_A=client.srp_a)
    proof = client.answer(asked["ChallengeParameters"]) | {"USERNAME": "ada"}
    assert answer(pool, "PASSWORD_VERIFIER", asked.get("Session"), **proof)["AuthenticationResult"]


def ratios() -> list[Ratio]:
    """Measure sign-up, login and the sign-in by SRP, whose client works in this process, too."""
    numbers = itertools.count()

    def sign_up(pool: Pool) -> None:
        pool.sign_up(f"user-{next(numbers)}")

    with moto_bench() as motos, emulator_bench(http=False) as ours:
        mine, public = ours.pool(), ours.pool(**PUBLIC)
        with _moto_alone():
            theirs, their_public = motos.pool(), motos.pool(**PUBLIC)
            theirs.user("ada")
            their_public.user("ada")
        mine.user("ada")
        public.user("ada")
        return [
            _compare(
                "sign_up", 1.2, functools.partial(sign_up, mine), functools.partial(sign_up, theirs)
            ),
            _compare(
                "login",
                1.2,
                functools.partial(mine.log_in, "ada"),
                functools.partial(theirs.log_in, "ada"),
            ),
            _compare(
                "sign-in by SRP",
                3.0,
                functools.partial(_srp, public),
                functools.partial(_srp, their_public),
            ),
        ]


def main() -> int:
    """Print the ratios; 1 if one is above its limit."""
    measured = ratios()
    for ratio in measured:
        sys.stdout.write(f"{ratio}\n")
    return int(any(ratio.value > ratio.limit for ratio in measured))


if __name__ == "__main__":
    sys.exit(main())
