"""Probing a service in its world: the one call for `apiproof prove`, pytest and the checks."""

from collections.abc import Iterable

from apiproof.access.backstage import GeneratedUsers, Powers, hints_of
from apiproof.access.manner import THOROUGH, Manner
from apiproof.access.matrix import Matrix
from apiproof.access.probing import Probe
from apiproof.control import ControlClient
from apiproof.environment import Environment
from apiproof.service import Document, Service
from apiproof.token_forger import TokenForger


def powers_over(backstage: Environment | ControlClient) -> Powers:
    """Return what the owner of a backstage's user pool can do."""
    return TokenForger(backstage) if isinstance(backstage, Environment) else backstage


def probe_of(
    service: Service,
    backstage: Environment | ControlClient,
    document: Document | None = None,
    manner: Manner = THOROUGH,
) -> Probe:
    """Return a probe of a service, whose identities are strangers of its environment.

    Args:
        service: The service.
        backstage: Its environment, in this process or behind its control door.
        document: The service's document, if it is at hand: making it takes a while.
        manner: How far to go.
    """
    identities = GeneratedUsers(backstage, powers_over(backstage))
    hints = hints_of(service, backstage)
    return Probe(document or service.document(), identities, backstage.client, hints, manner)


def probe_service(
    service: Service, backstage: Environment | ControlClient, skip: Iterable[str] = ()
) -> Matrix:
    """Probe every operation of a service in its environment.

    Args:
        service: The service.
        backstage: Its environment, in this process or behind its control door.
        skip: operationIds to leave alone.
    """
    return probe_of(service, backstage).run(skip)
