"""What benchmarks measured, for programs: `reports/bench.json`, with the machine's name."""

import json
import os
import platform
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apiproof.fork_pool import available_cores
from apiproof.reporting.store import write_atomically

PATH = Path("reports") / "bench.json"


def machine() -> dict[str, Any]:
    """What figures hold for, and how busy it was."""
    try:
        found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:  # Linux only
        found = None
    return {
        "processor": found[1] if found else platform.processor(),
        "cores": available_cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 1),
    }


def keep(name: str, figures: Mapping[str, Any], path: Path = PATH) -> None:
    """Put a benchmark's figures into the file; those of others stay.

    Args:
        name: the benchmark's.
        figures: what was measured; JSON.
        path: the file.
    """
    try:
        kept: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        kept = {}
    finished = datetime.now(UTC).isoformat(timespec="seconds")
    kept[name] = {"machine": machine(), "finished": finished, **figures}
    write_atomically(path, json.dumps(kept, indent=1) + "\n")
