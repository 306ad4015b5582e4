"""The kit's fixtures under short names: `addopts = ["-p", "apiproof.aliases"]`.

A project that has a fixture of the same name keeps its own: those of a conftest come first.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # loading the plugin costs nothing
    from apiproof.cognito import Cognito, Outages
    from apiproof.environment import Environment
    from apiproof.http.client import HttpClient
    from apiproof.network_faults import FaultProxy
    from apiproof.service import Service


@pytest.fixture(scope="session")
def service(apiproof_service: "Service") -> "Service":
    """The service that `pyproject.toml` names."""
    return apiproof_service


@pytest.fixture
def env(apiproof_env: "Environment") -> "Environment":
    """The service's environment, emptied before the test."""
    return apiproof_env


@pytest.fixture
def client(apiproof_client: "HttpClient") -> "HttpClient":
    """An HTTP client of the service."""
    return apiproof_client


@pytest.fixture
def live(apiproof_live: str) -> str:
    """The base URL of the service behind a real server."""
    return apiproof_live


@pytest.fixture
def fuzzing(apiproof_fuzzing: "Environment") -> "Environment":
    """Schemathesis, authenticated and guided, for the length of a test."""
    return apiproof_fuzzing


@pytest.fixture
def cognito(apiproof_cognito: "Cognito") -> "Cognito":
    """A Cognito user pool, emptied before the test."""
    return apiproof_cognito


@pytest.fixture
def outages(apiproof_outages: "Outages") -> "Outages":
    """What goes wrong with Cognito next."""
    return apiproof_outages


@pytest.fixture
def fault_proxy(
    apiproof_fault_proxy: "Callable[[str], FaultProxy]",
) -> "Callable[[str], FaultProxy]":
    """Puts a TCP proxy with network faults before a server."""
    return apiproof_fault_proxy
