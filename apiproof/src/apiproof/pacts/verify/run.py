"""`apiproof pact verify` without its command line: read, verify, publish.

The order is the point: everything that can be known without a provider is known before one starts.
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from apiproof.errors import UserError
from apiproof.pacts.states import GENERIC_STATES, StateRegistry
from apiproof.pacts.verify.broker import BrokerError, BrokerOptions, add_broker_pacts, publish
from apiproof.pacts.verify.fetching import Credentials
from apiproof.pacts.verify.loading import Filter, SelectedPact, load_pacts, select
from apiproof.pacts.verify.results import EMBEDDED_URL, Verification
from apiproof.reporting import Finding
from apiproof.service import Service

if TYPE_CHECKING:
    from apiproof.environment import Environment
    from apiproof.pacts.verify.session import Progress, VerificationSession


class NothingToVerify(UserError):
    """Something about the pacts or the filters prevents the run; one line each."""


@dataclass(frozen=True)
class VerifyRequest:
    """What is to be verified, where.

    Attributes:
        names: paths and URLs of pact files; with none and no Broker, the service's folder.
        wanted: the filter.
        credentials: for URLs of pact files, where they are the Broker's.
        broker: a Pact Broker; it is asked for pacts unless `names` says which.
        provider: the provider's name in pacts; None for the service's.
        provider_url: a deployed provider; None for the embedded one.
        states_url: its state handler; a path is one of the provider's own.
    """

    names: tuple[str, ...] = ()
    wanted: Filter = field(default_factory=Filter)
    credentials: Credentials = field(default_factory=Credentials)
    broker: BrokerOptions | None = None
    provider: str | None = None
    provider_url: str | None = None
    states_url: str | None = None


@dataclass(frozen=True)
class VerificationPlan:
    """What will be verified, and what of the pacts that were named cannot be.

    Attributes:
        selected: the pacts with their interactions.
        problems: a line each, for a file that cannot be read, another provider's pact...
    """

    selected: tuple[SelectedPact, ...]
    problems: tuple[str, ...] = ()

    def whole(self) -> tuple[SelectedPact, ...]:
        """What will be verified, if that is everything.

        Raises:
            NothingToVerify: something cannot be.
        """
        if self.problems:
            raise NothingToVerify("\n".join(self.problems))
        return self.selected


def plan(request: VerifyRequest, service: Service | None) -> VerificationPlan:
    """Read the pacts and choose what will be verified; nothing is started.

    What cannot be read stands in nobody's way: the others are verified, and the run is an error
    at its end.

    Raises:
        NothingToVerify: nothing can be verified.
    """
    if request.broker and request.broker.publish_version and (part := str(request.wanted)):
        raise NothingToVerify(f"The result of a part cannot be published: leave out {part}.")
    names = request.names
    if not names and not request.broker and service is not None:
        names = (_relative(service.pacts),)
    provider = provider_name(request, service)
    loaded = load_pacts(names, request.credentials)
    if request.broker and not names:
        add_broker_pacts(loaded, request.broker, provider)
    elsewhere = request.provider_url or request.states_url or service is None
    registry = None if elsewhere or service is None else states_of(service)
    selected, problems = select(loaded.found, request.wanted, provider, registry)
    problems = [*loaded.problems, *problems]
    if not selected:
        nothing = "There is no pact to verify: name files, folders, URLs or a Broker."
        raise NothingToVerify("\n".join(problems) or nothing)
    return VerificationPlan(tuple(selected), tuple(problems))


def provider_name(request: VerifyRequest, service: Service | None) -> str:
    """The provider's name in pacts.

    Raises:
        NothingToVerify: neither the request nor a service names it.
    """
    name = request.provider or (service.name if service else None)
    if not name:
        raise NothingToVerify("Say --provider NAME: the provider's name in the pacts.")
    return name


def states_of(service: Service) -> StateRegistry:
    """The service's provider states; the generic ones where it has no registry."""
    return service.states if isinstance(service.states, StateRegistry) else GENERIC_STATES


def verify(
    planned: VerificationPlan,
    request: VerifyRequest,
    service: Service | None,
    progress: "Progress",
    findings: Sequence[Finding] = (),
) -> Verification:
    """Verify what was planned; publish the result to a Broker where the request asks for it.

    Args:
        planned: the result of `plan`.
        request: what is to be verified, where.
        service: the embedded provider; None for a deployed one.
        progress: called after each interaction.
        findings: what is known already, from a comparison with the OpenAPI document.

    Raises:
        ProviderUnreachable
    """
    from apiproof.pacts.verify.session import verify_selected  # noqa: PLC0415 - heavy

    provider = provider_name(request, service)
    with _session(request, service) as session:
        executed = verify_selected(planned.selected, session, provider, progress)
    verification = _completed(executed, planned, findings)
    if request.broker and request.broker.publish_version:
        try:
            publish(request.broker, provider, planned.selected, verification)
        except BrokerError as why:  # what was found counts all the same
            verification = dataclasses.replace(verification, unpublished=str(why))
    return verification


def _completed(
    executed: Verification, planned: VerificationPlan, findings: Sequence[Finding]
) -> Verification:
    return dataclasses.replace(executed, findings=tuple(findings), problems=planned.problems)


def verify_paths(paths: Sequence[Path], env: "Environment") -> Verification:
    """Verify pact files against an environment that is running already.

    Args:
        paths: the files.
        env: it is emptied before each interaction.

    Raises:
        NothingToVerify: no pact of this provider.
    """
    return verify_in(env, plan(VerifyRequest(names=tuple(map(str, paths))), env.service))


def verify_in(
    env: "Environment", planned: VerificationPlan, findings: Sequence[Finding] = ()
) -> Verification:
    """Verify what was planned against an environment that is running already.

    Args:
        env: it is emptied before each interaction.
        planned: the result of `plan`.
        findings: as for `verify`.
    """
    from apiproof.pacts.verify.session import verify_selected  # noqa: PLC0415 - heavy

    with open_session(env) as session:
        executed = verify_selected(planned.selected, session, env.service.name)
    return _completed(executed, planned, findings)


@contextlib.contextmanager
def open_session(env: "Environment", states_path: str = "") -> "Iterator[VerificationSession]":
    """Open a session in an environment; it is emptied before each interaction.

    Args:
        env: the environment.
        states_path: of the application's own state handler, where it has one.
    """
    from apiproof.pacts.verify import provider_states  # noqa: PLC0415 - heavy
    from apiproof.pacts.verify.session import VerificationSession  # noqa: PLC0415 - heavy

    application = env.application()
    own: provider_states.StateSetup
    with contextlib.ExitStack() as stack:
        if states_path:
            from apiproof.http.server import run_server  # noqa: PLC0415 - heavy

            base_url = stack.enter_context(run_server(application))
            own = provider_states.RemoteStates(base_url + states_path, reset=env.reset)
        else:
            own = provider_states.EnvironmentStates(env, states_of(env.service))
        yield stack.enter_context(VerificationSession.open(application, own, EMBEDDED_URL))


@contextlib.contextmanager
def _session(request: VerifyRequest, service: Service | None) -> "Iterator[VerificationSession]":
    from apiproof.pacts.verify.provider_states import NoStates, RemoteStates  # noqa: PLC0415 - heavy
    from apiproof.pacts.verify.recording_proxy import deployed_provider  # noqa: PLC0415 - heavy
    from apiproof.pacts.verify.session import VerificationSession  # noqa: PLC0415 - heavy

    states_url = request.states_url or ""
    if request.provider_url is None:
        from apiproof.environment import Environment  # noqa: PLC0415 - heavy

        if service is None:
            raise NothingToVerify("Say --provider-url URL, or --service for an embedded provider.")
        with Environment.open(service) as env, open_session(env, states_url) as session:
            yield session
        return
    base_url = request.provider_url.rstrip("/")
    provider = deployed_provider(base_url)
    if states_url.startswith("/"):
        states_url = base_url + states_url
    states = RemoteStates(states_url) if states_url else NoStates()
    with VerificationSession.open(provider, states, base_url) as session:
        yield session


def _relative(path: Path) -> str:
    """A path as a person in this folder would write it."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
