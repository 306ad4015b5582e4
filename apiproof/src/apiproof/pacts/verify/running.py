"""`apiproof verify` without its command line: read, check, play, tell.

The order is the point: everything that can be known without a provider is known before one starts.
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from apiproof.contract_diff.pact import Comparison, Finding
from apiproof.errors import UserError
from apiproof.openapi.document import DocumentError, load_document
from apiproof.pacts.states import StateRegistry
from apiproof.pacts.verify.broker import BrokerOptions, add_broker_pacts, publish
from apiproof.pacts.verify.fetching import Credentials
from apiproof.pacts.verify.results import Verification
from apiproof.pacts.verify.selection import Filter, Order, select
from apiproof.pacts.verify.sources import read_sources
from apiproof.service import Service

if TYPE_CHECKING:
    from apiproof.environment import Environment
    from apiproof.pacts.verify.verifying import Progress, Theatre

# Where `apiproof serve` listens by default, for curl lines: the environment of a run ends with it.
SHOWN_URL = "http://127.0.0.1:8000"


class NothingToVerify(UserError):
    """Something about the pacts, the filters or the states prevents the run; one line each."""


class DocumentIncomparable(UserError):
    """The OpenAPI document is one that no pact can be compared with."""


@dataclass(frozen=True)
class Wish:
    """What is to be verified, where.

    Attributes:
        names: paths and URLs of pact files; with none and no Broker, the service's folder.
        wanted: the filter.
        credentials: for URLs of pact files.
        broker: a Pact Broker, if one is asked.
        provider_url: a deployed provider; None for the embedded one.
        states_url: its state handler.
        document_path: the OpenAPI document that pacts are compared with first; None for the
            service's.
    """

    names: tuple[str, ...] = ()
    wanted: Filter = field(default_factory=Filter)
    credentials: Credentials = field(default_factory=Credentials)
    broker: BrokerOptions | None = None
    provider_url: str | None = None
    states_url: str | None = None
    document_path: Path | None = None


def plan(wish: Wish, service: Service) -> list[Order]:
    """Read the pacts and choose what will be played.

    Raises:
        NothingToVerify: anything is wrong; nothing has been started.
    """
    if wish.broker and wish.broker.publish_version and (part := str(wish.wanted)):
        raise NothingToVerify(f"The result of a part cannot be published: leave out {part}.")
    names = wish.names or (() if wish.broker else (_relative(service.pacts),))
    sources = read_sources(names, wish.credentials)
    if wish.broker:
        add_broker_pacts(sources, wish.broker, service.name)
    registry = None if wish.provider_url else states_of(service)
    orders, problems = select(sources.found, wish.wanted, service.name, registry)
    _refuse([*sources.problems, *problems])
    if not orders:
        raise NothingToVerify("There is no pact to verify: name files, folders, URLs or a Broker.")
    return orders


def states_of(service: Service) -> StateRegistry:
    """The service's provider states; none at all where it has no registry."""
    return service.states if isinstance(service.states, StateRegistry) else StateRegistry()


def compare_orders(orders: Sequence[Order], path: Path | None, service: Service) -> list[Finding]:
    """Compare what will be played with the OpenAPI document, statically.

    Args:
        orders: what was chosen.
        path: the document's; None for the service's.
        service: whose document it is.

    Raises:
        DocumentMissing, DocumentIncomparable
    """
    where = path or service.document_path
    document = load_document(where) if path or where.is_file() else service.document()
    try:
        comparison = Comparison(document)
        return [
            finding
            for order in orders
            for finding in comparison.findings(
                dataclasses.replace(order.source.pact, interactions=order.interactions)
            )
        ]
    except DocumentError as why:
        raise DocumentIncomparable(f"{where}: {why}") from None


def verify(
    orders: Sequence[Order], wish: Wish, service: Service, progress: "Progress"
) -> Verification:
    """Compare the orders with the document, then play them against the provider.

    A Broker is told the result where the wish asks for it.

    Raises:
        DocumentMissing, DocumentIncomparable, ProviderUnreachable, BrokerRefused
    """
    from apiproof.pacts.verify.verifying import verify_orders  # noqa: PLC0415 - heavy

    findings = tuple(compare_orders(orders, wish.document_path, service))
    with _theatre(wish, service) as theatre:
        played = verify_orders(orders, theatre, service.name, progress)
    verification = dataclasses.replace(played, findings=findings)
    if wish.broker and wish.broker.publish_version:
        publish(wish.broker, service.name, orders, verification)
    return verification


def verify_paths(paths: Sequence[Path], env: "Environment") -> Verification:
    """Verify pact files against an environment that is running already; the main job's way in.

    Raises:
        NothingToVerify: no pact, or one that cannot be played.
    """
    from apiproof.pacts.verify.verifying import verify_orders  # noqa: PLC0415 - heavy

    service = env.service
    orders = plan(Wish(names=tuple(map(str, paths))), service)
    findings = tuple(compare_orders(orders, None, service))
    with world_theatre(env) as theatre:
        played = verify_orders(orders, theatre, service.name)
    return dataclasses.replace(played, findings=findings)


@contextlib.contextmanager
def world_theatre(env: "Environment") -> "Iterator[Theatre]":
    """Open a theatre in an environment; it is emptied before each interaction."""
    from apiproof.pacts.verify.direction import WorldDirector  # noqa: PLC0415 - heavy
    from apiproof.pacts.verify.verifying import Theatre  # noqa: PLC0415 - heavy

    director = WorldDirector(env, states_of(env.service))
    with Theatre.open(env.application(), director, SHOWN_URL) as theatre:
        yield theatre


@contextlib.contextmanager
def _theatre(wish: Wish, service: Service) -> "Iterator[Theatre]":
    from apiproof.pacts.verify import direction  # noqa: PLC0415 - heavy
    from apiproof.pacts.verify.forwarding import forward_to  # noqa: PLC0415 - heavy
    from apiproof.pacts.verify.verifying import Theatre  # noqa: PLC0415 - heavy

    if wish.provider_url is None:
        from apiproof.environment import Environment  # noqa: PLC0415 - heavy

        with Environment.open(service) as env, world_theatre(env) as theatre:
            yield theatre
        return
    states = wish.states_url
    director = direction.RemoteDirector(states) if states else direction.NoDirector()
    provider = forward_to(wish.provider_url)
    with Theatre.open(provider, director, wish.provider_url.rstrip("/")) as theatre:
        yield theatre


def _relative(path: Path) -> str:
    """A path as a person in this folder would write it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        raise NothingToVerify("\n".join(problems))
