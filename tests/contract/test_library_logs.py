"""What libraries log where the service runs comes in its own JSON, and shows no secret."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from apiproof.environment import Environment
from tests.contract.alteration import PATIENCE
from tests.service import environment_variables

ROOT = Path(__file__).parents[2]


def test_the_servers_own_lines_are_json_like_the_services(env: Environment) -> None:
    """The process is that of a deployment: started, stopped, and all that it wrote is read."""
    variables = environment_variables(env.config)
    process = subprocess.Popen(
        [sys.executable, "-m", "api", "--port", "0"],
        cwd=ROOT,
        env={**os.environ, **variables, "LOG_LEVEL": "INFO"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    written = ""
    with process:
        assert process.stdout is not None
        try:
            while "running on" not in written:
                line = process.stdout.readline()
                assert line, "the service ended before it served"
                written += line
            process.send_signal(signal.SIGTERM)
            rest, _ = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    lines = [json.loads(line) for line in (written + rest).splitlines()]
    assert all({"event", "level", "timestamp"} <= line.keys() for line in lines)
    assert {line["logger"] for line in lines if "logger" in line} >= {"uvicorn.error"}
    assert variables["AWS_COGNITO_APP_CLIENT_SECRET"] not in written + rest
