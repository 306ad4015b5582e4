"""Fuzzing on several machines: what failed at one is tried first at the others."""

import os
import subprocess
import sys
from pathlib import Path

SERVICE = """
from fastapi import FastAPI
from apiproof.service import Service

app = FastAPI()


@app.get("/sizes/{size}")
def read(size: int) -> int:
    if size > 1000 and size % 7 == 3:
        raise RuntimeError("too large")
    return size


SERVICE = Service(app, name="sizes", database=False)
"""
ONE = ("--shard", "1/1", "--phases", "fuzzing", "--mode", "positive")


def fuzz(folder: Path, redis_url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Fuzz in a folder of its own, as at a machine of its own."""
    folder.mkdir(exist_ok=True)
    (folder / "sizes.py").write_text(SERVICE, encoding="utf-8")
    return subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "apiproof", "fuzz", "--service", "sizes:SERVICE", *ONE, *words],
        cwd=folder,
        env={**os.environ, "HYPOTHESIS_REDIS_URL": redis_url},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


def test_what_failed_at_one_machine_is_tried_first_at_another(
    tmp_path: Path, redis_url: str
) -> None:
    once = ("--max-examples", "1", "--seed", "1")
    alone = fuzz(tmp_path / "alone", redis_url, *once)
    assert alone.returncode == 0, f"one example finds nothing: {alone.stdout}{alone.stderr}"
    finder = fuzz(tmp_path / "finder", redis_url, "--max-examples", "100", "--seed", "1")
    assert finder.returncode == 1, finder.stdout + finder.stderr
    other = fuzz(tmp_path / "other", redis_url, *once)
    assert other.returncode == 1, other.stdout + other.stderr
    assert "Server error" in other.stdout


def test_a_url_that_is_none_is_one_line(tmp_path: Path) -> None:
    done = fuzz(tmp_path / "here", "nowhere", "--max-examples", "1")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "HYPOTHESIS_REDIS_URL is no Redis URL" in done.stderr
