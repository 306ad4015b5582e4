"""Warming up: what Schemathesis and Hypothesis derive from a document, derived before a fork.

Patterns with many ranges cost them seconds each time; both keep the results per thread, so that
a process forked from a warm one need not pay again. It must not know what is forked.
"""

import contextlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest

_MODULE = """
import json
from pathlib import Path

from apiproof.fuzzing.schemathesis_setup import schema_from

SCHEMA = schema_from(json.loads(Path(__file__).with_name("document.json").read_text()))


@SCHEMA.parametrize()
def test_nothing(case):
    pass
"""


def warm_up_caches(document: dict[str, Any]) -> None:
    """Collect the tests of a document as pytest would, and run none.

    Args:
        document: An OpenAPI document.
    """
    with tempfile.TemporaryDirectory(prefix="apiproof-") as folder:
        (Path(folder) / "document.json").write_text(json.dumps(document), encoding="utf-8")
        module = Path(folder) / "test_warmth.py"
        module.write_text(_MODULE, encoding="utf-8")
        arguments = ["-c", "/dev/null", "--rootdir", folder, "--collect-only", "-q"]
        plugins = ["-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"]
        with contextlib.redirect_stdout(io.StringIO()):
            pytest.main([*arguments, *plugins, str(module)])
