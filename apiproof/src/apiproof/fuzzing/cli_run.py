"""A campaign: the Schemathesis command line, driven at a running server.

The command line itself is used, not its internals, because that is what QA runs by hand.
"""

import os
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from apiproof.environment_file import EnvironmentFile
from apiproof.fuzzing.authentication import TOKEN_VARIABLE
from apiproof.fuzzing.shards import SHARD_VARIABLE, Shard
from apiproof.fuzzing.step import Events, read_events
from apiproof.redaction import redact_har, redact_junit

REPORTS = Path("reports")
CONFIGURATION = Path("schemathesis.toml")
HOOKS = "apiproof.fuzzing.hooks"
HOOKS_VARIABLE = "SCHEMATHESIS_HOOKS"


@dataclass(frozen=True)
class FuzzingRun:
    """How a campaign ended: Schemathesis' exit code, where its reports are, and its events."""

    exit_code: int
    junit: Path
    har: Path
    events: Events


def run_schemathesis(
    openapi_url: str,
    ready_file: Path,
    arguments: Sequence[str] = (),
    reports: Path = REPORTS,
    shard: Shard | None = None,
) -> FuzzingRun:
    """Run `schemathesis run` against a served environment; its output goes to the terminal.

    Args:
        openapi_url: Where the server publishes its document.
        ready_file: Tells the hooks where the environment is.
        arguments: More arguments for Schemathesis, such as `--max-examples 200`.
        reports: The folder for `junit.xml` and `fuzz.har`.
        shard: The part of the run that is meant; None for all of it.
    """
    # A document may name servers of its own, in production say.
    base_url = EnvironmentFile.read(ready_file).base_url
    changes = hook_variables(shard)
    environment = {**os.environ, "APIPROOF_READY_FILE": str(ready_file.resolve())}
    environment |= {name: value for name, value in changes.items() if value is not None}
    for name, value in changes.items():
        if value is None:
            environment.pop(name, None)

    reports.mkdir(parents=True, exist_ok=True)
    outcome = reports / "junit.xml", reports / "fuzz.har"
    # Its events hold every request as it was sent: they are read and deleted, never a report.
    events, summary = reports / ".fuzz-events.ndjson", reports / ".fuzz-summary.json"
    for stale in (*outcome, events, summary):
        stale.unlink(missing_ok=True)  # what an older run left must not pass for this one's
    options = [
        *("run", openapi_url, "--url", base_url),
        *("--report-junit-path", str(outcome[0]), "--report-har-path", str(outcome[1])),
        *("--report-ndjson-path", str(events), "--report-json-path", str(summary)),
        *arguments,
    ]
    words = [sys.executable, "-m", "schemathesis.cli", *options]
    try:
        code = subprocess.run(words, env=environment, check=False).returncode  # noqa: S603  # our own
        found = read_events(events, summary)
    finally:
        redact_junit(outcome[0])
        redact_har(outcome[1])
        events.unlink(missing_ok=True)
        summary.unlink(missing_ok=True)
    return FuzzingRun(code, *outcome, found)


def hook_variables(shard: Shard | None) -> dict[str, str | None]:
    """Return the environment variables that let Schemathesis find the hooks, and them the shard."""
    changes = {TOKEN_VARIABLE: None, SHARD_VARIABLE: str(shard) if shard else None}
    if not _has_hooks(CONFIGURATION) and HOOKS_VARIABLE not in os.environ:
        changes[HOOKS_VARIABLE] = HOOKS
    return changes


def _has_hooks(configuration: Path) -> bool:
    """Tell whether a `schemathesis.toml` names hooks of its own."""
    if not configuration.is_file():
        return False
    return "hooks" in tomllib.loads(configuration.read_text(encoding="utf-8"))
