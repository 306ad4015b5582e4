"""How `python -m api` starts uvicorn."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn

from api import __main__
from apiproof.environment import Environment
from tests.service import application


def test_a_stop_waits_for_what_is_under_way_and_for_nothing_longer(
    env: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that reads slowly has no deadline: it would keep the process from ending."""
    started: dict[str, Any] = {}
    app = application(env.config, request_deadline=3.2)
    monkeypatch.setitem(sys.modules, "api.main", SimpleNamespace(app=app))
    monkeypatch.setattr(uvicorn, "run", lambda _app, **options: started.update(options))
    monkeypatch.setattr(sys, "argv", ["api", "--port", "0"])
    __main__.main()
    assert 3.2 < started["timeout_graceful_shutdown"] < 6
