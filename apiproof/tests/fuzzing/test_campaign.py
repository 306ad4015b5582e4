"""Fuzzing on a cluster: the same findings, counted once, and taken up where it stopped."""

import json
from pathlib import Path
from typing import Any

import pytest

from apiproof.fuzzing.campaign import Campaign, CampaignEndless
from tests.fuzzing.command import fuzz

SERVICE = "tests.apps.fuzzed:SERVICE"
LABELS = ("POST /things", "GET /things/{number}", "GET /colours/{name}", "GET /health")
FEW = ("--max-examples", "10", "--phases", "coverage,fuzzing", "--continue-on-failure")


def step(folder: Path) -> dict[str, Any]:
    [found] = json.loads((folder / "reports" / "report.json").read_text("utf-8"))["steps"]
    return dict(found)


@pytest.mark.timeout(240)
def test_a_campaign_finds_what_one_run_finds_and_goes_on_where_it_stopped(tmp_path: Path) -> None:
    first = fuzz(tmp_path, "--service", SERVICE, "--cluster", "local:2", "--seeds", "1", *FEW)
    assert first.returncode == 1, first.stdout + first.stderr
    found = step(tmp_path)
    broken = {label for label in LABELS if any(f"/{label}/" in f["id"] for f in found["findings"])}
    assert broken == {"POST /things", "GET /colours/{name}"}
    assert first.stdout.count("seed 1, by tcp://127.0.0.1:") == 5
    assert f"again: apiproof fuzz --service {SERVICE} --shard" in first.stdout
    again = fuzz(tmp_path, "--service", SERVICE, "--cluster", "local:1", "--seeds", "1", *FEW)
    assert "5 jobs were done before" in again.stdout, again.stdout + again.stderr
    assert again.returncode == 1
    assert "by tcp://" not in again.stdout, "nothing is done twice"
    assert step(tmp_path)["evidence"] == found["evidence"]


def test_a_campaign_says_when_it_ends(tmp_path: Path) -> None:
    with pytest.raises(CampaignEndless, match="--seeds"):
        Campaign("tests.apps.fuzzed:SERVICE").run("local:1", tmp_path / "kept.jsonl")


def test_a_scheduler_that_is_not_there_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    done = fuzz(tmp_path, "--service", SERVICE, "--cluster", "somewhere:else", "--seeds", "1")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "No Dask scheduler answers at somewhere:else" in " ".join(done.stderr.split())


@pytest.mark.parametrize("option", ["--seeds", "--minutes"])
def test_what_only_a_cluster_does_is_not_ignored(tmp_path: Path, option: str) -> None:
    done = fuzz(tmp_path, "--service", SERVICE, option, "2")
    assert done.returncode == 2, done.stdout + done.stderr
    assert "add --cluster local" in done.stderr
