"""What a project starts itself finds AWS's public addresses on this machine, as its parent does.

Each test has an environment of its own: two at a time would empty each other's stores.
"""

import contextlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from apiproof.environment import Environment
from apiproof.process_variables import changed
from apiproof.service import EnvironmentConfig, Service

SCRIPT = """
import asyncio, json, os, sys
import boto3, sitecustomize
boto3.client("sqs").create_queue(QueueName=sys.argv[1])
print(json.dumps([os.environ["PYTHONPATH"].split(os.pathsep)[1:], sitecustomize.OWN]))
"""


def make_in_a_child(name: str) -> list[object]:
    """Run a script of the project in a process of its own, and return what it says."""
    command = [sys.executable, "make.py", name]
    return list(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))  # noqa: S603


@pytest.mark.parametrize("variables", [{}, {"PYTHONPATH": "own"}])
def test_processes_that_the_project_starts_itself_find_it_too(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    """`prepare_aws` often runs the project's own script; the application, a worker.

    The project's own search path and `sitecustomize` stay what they were.
    """
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sitecustomize.py").write_text("OWN = 'own'", encoding="utf-8")
    (tmp_path / "make.py").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "stored.py").write_text(
        "import subprocess, sys, boto3\n"
        "from fastapi import FastAPI\n"
        "app = FastAPI()\n"
        "@app.get('/made')\n"
        "def made():\n"
        "    subprocess.run([sys.executable, 'make.py', 'by-the-app'], check=True)\n"
        "    return boto3.client('sqs').list_queues()['QueueUrls']\n",
        encoding="utf-8",
    )
    said: list[object] = []

    def prepare(_: EnvironmentConfig) -> None:
        said[:] = make_in_a_child("by-the-script")

    service = Service(
        "stored:app", name="x", python=Path(sys.executable), database=False, region="eu-west-1",
        variables=variables, prepare_aws=prepare,
    )  # fmt: skip
    with contextlib.chdir(tmp_path), changed({"PYTHONPATH": "own"}):
        with Environment.open(service) as env:
            queues = env.client.request("GET", "/made").json()
        assert os.environ["PYTHONPATH"] == "own"
    assert {"by-the-script", "by-the-app"} <= {url.rpartition("/")[2] for url in queues}
    assert said == [["own"], "own"]


def test_migrations_find_it_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`env.py` asks a secrets manager for the address, say."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n", "utf-8")
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "versions").mkdir()
    (tmp_path / "migrations" / "env.py").write_text(
        "import boto3\nboto3.client('sqs').create_queue(QueueName='by-the-migration')\n", "utf-8"
    )
    service = Service(
        "stored:app", name="x", python=Path(sys.executable), database=False, region="eu-west-1"
    )
    (tmp_path / "stored.py").write_text("from fastapi import FastAPI\napp = FastAPI()\n", "utf-8")
    with Environment.open(service):
        service = replace(service, migrations="alembic.ini")
        service.migrate("postgresql://user@127.0.0.1:1/x")
        urls = boto3.client("sqs").list_queues()["QueueUrls"]
    assert "by-the-migration" in {url.rpartition("/")[2] for url in urls}
