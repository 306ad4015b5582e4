"""The calls that probe: a service in its environment, or any API by its document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import requests

from apiproof.access.options import THOROUGH, ProbeOptions
from apiproof.access.probe import Probe
from apiproof.access.report import AccessReport
from apiproof.access.users import UserSource
from apiproof.access.users_environment import GeneratedUsers, TokenSigner, hints_of
from apiproof.control_client import ControlClient
from apiproof.service import Document, Service

if TYPE_CHECKING:  # where the environment runs in another process, nothing of it is imported
    from apiproof.environment import Environment


def token_forger(env: Environment | ControlClient) -> TokenSigner:
    """Return what the owner of an environment's user pool can do."""
    if isinstance(env, ControlClient):
        return env
    from apiproof.control import TokenForger  # noqa: PLC0415  # in this process, it is imported anyway

    return TokenForger(env)


def probe_of(
    service: Service,
    env: Environment | ControlClient,
    document: Document | None = None,
    options: ProbeOptions = THOROUGH,
) -> Probe:
    """Return a probe of a service, whose users are new ones of its environment.

    Args:
        service: The service.
        env: Its environment, in this process or behind its control door.
        document: The service's document, if it is at hand: making it takes a while.
        options: How far to go.
    """
    user_source = GeneratedUsers(env, token_forger(env))
    hints = hints_of(service, env)
    return Probe(document or env.document, user_source, env.client, hints, options)


def probe_service(
    service: Service, env: Environment | ControlClient, skip: Iterable[str] = ()
) -> AccessReport:
    """Probe every operation of a service in its environment.

    Args:
        service: The service.
        env: Its environment, in this process or behind its control door.
        skip: operationIds to leave alone.
    """
    return probe_of(service, env).run(skip)


def probe(
    document: Mapping[str, Any],
    user_source: UserSource,
    client: requests.Session,
    skip: Iterable[str] = (),
    options: ProbeOptions = THOROUGH,
) -> AccessReport:
    """Probe every operation of a document.

    Args:
        document: The OpenAPI document.
        user_source: Where credentials come from.
        client: Sends requests; URLs that start with a slash are relative to the service.
        skip: operationIds to leave alone.
        options: How far to go.
    """
    return Probe(document, user_source, client, options=options).run(skip)
