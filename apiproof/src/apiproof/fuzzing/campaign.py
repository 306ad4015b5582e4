"""Fuzzing on many machines: each shard with each seed is a job, until a count or a time is reached.

Results are kept as they come, so that a campaign that was interrupted goes on where it stopped, as
long as sources and arguments are the same.
"""

import itertools
import math
import shlex
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from apiproof.cluster import Job, JobResult, connected, done_by
from apiproof.errors import UserError
from apiproof.fuzzing.shard_result import ShardResult
from apiproof.fuzzing.shard_runs import run_shard
from apiproof.fuzzing.shards import Shard, shards
from apiproof.reporting.formats import adapter
from apiproof.reporting.terminal import console, print_line
from apiproof.result_lines import JsonLines, fingerprint, sources_here
from apiproof.service import load_service

PARTS: Final = 4  # of the operations, whatever the workers are: else nothing could be resumed


class CampaignEndless(UserError):
    """Neither a count of seeds nor a time says when a campaign ends."""


@dataclass(frozen=True)
class Campaign:
    """What is to be fuzzed, and how long.

    Attributes:
        service: `package.module:NAME`.
        arguments: for `schemathesis run`.
        seeds: how many, from 1 on; None for no end.
        minutes: after which no further job begins; None for no end.
        parts: how many parts the operations are dealt out to.
    """

    service: str
    arguments: tuple[str, ...] = ()
    seeds: int | None = None
    minutes: float | None = None
    parts: int = PARTS

    def jobs(self) -> Iterator[Job]:
        """All of its jobs, seed by seed."""
        seeds = itertools.count(1) if self.seeds is None else range(1, self.seeds + 1)
        for seed in seeds:
            for part in shards(self.parts):
                arguments = [*self.arguments, "--seed", str(seed)]
                yield Job(
                    f"{part} seed {seed}",
                    "apiproof.fuzzing.campaign:fuzz_shard",
                    {"service": self.service, "shard": str(part), "arguments": arguments},
                )

    def run(self, address: str, kept: Path) -> ShardResult:
        """Run it on a cluster; returns all that was found, now and before.

        Args:
            address: as `apiproof.cluster.connected` takes it.
            kept: the file of results.

        Raises:
            CampaignEndless: see there.
        """
        if self.seeds is None and self.minutes is None:
            raise CampaignEndless("Say when it ends: --seeds 20, or --minutes 30.")
        started = time.monotonic()
        until = started + 60 * (math.inf if self.minutes is None else self.minutes)
        sources = sources_here()
        state = f"{fingerprint(sources)} {self.service} {' '.join(self.arguments)} {self.parts}"
        lines = JsonLines(kept, state)
        found = {line["key"]: line["result"] for line in lines.earlier()}
        if found:
            print_line(console, f"{len(found)} jobs were done before, and are not done again.")
        whole = ShardResult("all")
        try:
            with connected(address) as client:
                print_line(console, f"Dashboard: {client.dashboard_link}", wrap=False)
                waiting = (job for job in self.jobs() if job.key not in found)
                for done in done_by(client, waiting, sources, lambda: time.monotonic() > until):
                    self._tell(done, len(found) + 1)
                    if done.value is None:
                        whole.exit_code = 2
                        whole.events.errors.append(f"{done.job.key}: {done.failure}")
                        continue
                    found[done.job.key] = done.value
                    lines.add({"key": done.job.key, "result": done.value})
        except KeyboardInterrupt:
            whole.exit_code = 2
            whole.events.errors.append("interrupted: run it again, and it goes on from here")
        for value in found.values():
            whole.add(adapter(ShardResult).validate_python(value))
        whole.shard, whole.seconds = "all", round(time.monotonic() - started, 2)
        return whole

    def _tell(self, done: JobResult, number: int) -> None:
        of = "" if self.seeds is None else f" of {self.seeds * len(shards(self.parts))}"
        is_passed = False
        if done.value is None:
            line = f"{done.job.key}: error: {done.failure}"
        else:
            result: ShardResult = adapter(ShardResult).validate_python(done.value)
            line = f"{result.line}, {done.job.key.partition(' ')[2]}, by {done.worker}"
            is_passed = not result.exit_code
        print_line(console, f"{number}{of}: {line}", wrap=False)
        if not is_passed:
            asked = done.job.arguments
            words = ["apiproof", "fuzz", "--service", self.service, "--shard", asked["shard"]]
            print_line(console, f"  again: {shlex.join([*words, *asked['arguments']])}", wrap=False)


def fuzz_shard(arguments: dict[str, Any]) -> dict[str, Any]:
    """Do a job, in the process that was started for it.

    Args:
        arguments: `service`, `shard` and `arguments`.
    """
    shard = Shard.parse(arguments["shard"])
    with tempfile.TemporaryDirectory(prefix="apiproof-") as folder:
        found = run_shard(
            load_service(arguments["service"]), shard, arguments["arguments"], Path(folder)
        )
    given: dict[str, Any] = adapter(ShardResult).dump_python(found, mode="json")
    return given
