"""What a shard of a fuzzing run found: how it is kept in a file, and put together with others'."""

from dataclasses import dataclass, field
from pathlib import Path

from apiproof.coverage import CoverageLog
from apiproof.fuzzing.step import Events
from apiproof.http.child.server_errors import ErrorSite
from apiproof.reporting.finding import counted
from apiproof.reporting.formats import adapter
from apiproof.reporting.store import write_atomically


@dataclass
class ShardResult:
    """What a shard, or all of a run's, found.

    Attributes:
        shard: which.
        exit_code: Schemathesis'; of several, the worst.
        events: what it tells.
        coverage: rows of the coverage log.
        server_errors: where answers of 500 and above came from.
        seconds: of the wall clock.
        output: the end of what a process said that gave no result.
    """

    shard: str = ""
    exit_code: int = 0
    events: Events = field(default_factory=Events)
    coverage: list[tuple[str, int, bool, int]] = field(default_factory=list)
    server_errors: list[ErrorSite] = field(default_factory=list)
    seconds: float = 0.0
    output: str = ""

    def add(self, other: "ShardResult") -> None:
        """Put another's into this one."""
        self.exit_code = max(self.exit_code, other.exit_code)
        self.events.merge(other.events)
        log = CoverageLog()
        log.add(self.coverage)
        log.add(other.coverage)
        self.coverage = [tuple(row) for row in log.rows()]  # type: ignore[misc]  # rows are lists
        self.server_errors += other.server_errors

    @property
    def line(self) -> str:
        """How it ended, as one line."""
        requests = sum(self.events.cases.values())
        ended = {0: "passed", 1: "failed"}.get(self.exit_code, "error")
        scenarios = counted(len(self.events.scenarios), "scenario")
        seen = f"{scenarios}, {counted(requests, 'request')}"
        return f"shard {self.shard}: {ended} in {self.seconds:.1f} s, {seen}"


def write_result(result: ShardResult, path: Path) -> None:
    """Write what `run_task` reads in another process."""
    write_atomically(path, adapter(ShardResult).dump_json(result).decode())


def read_result(path: Path) -> ShardResult | None:
    """Read what `write_result` wrote; None where there is nothing, or half of it."""
    try:
        found: ShardResult = adapter(ShardResult).validate_json(path.read_bytes())
    except (OSError, ValueError):
        return None
    return found
