"""Schemathesis' global registries, filled for one session and restored afterwards."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import schemathesis
from schemathesis.auths import GLOBAL_AUTH_STORAGE
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.schemas import OpenApiSchema

from apiproof.access import QUICK, probe_of
from apiproof.application import ApplicationNotLoaded
from apiproof.control_client import ControlClient
from apiproof.fuzzing.access_checks import SuccessProbe
from apiproof.fuzzing.authentication import SharedAccountTokens, TokenSource, provider_for
from apiproof.fuzzing.checks import install_checks, install_final_probe, restored
from apiproof.fuzzing.existing_objects import ExistingObjects
from apiproof.fuzzing.formats import accepted_formats
from apiproof.fuzzing.pattern_cache import cached_patterns
from apiproof.fuzzing.request_overrides import OverrideApplier
from apiproof.fuzzing.shards import Shard, labels_of, limit
from apiproof.fuzzing.unstated_rules import install_failure_filter
from apiproof.http.client import BASE_URL
from apiproof.service import Service

if TYPE_CHECKING:  # where the environment runs in another process, nothing of it is imported
    from apiproof.environment import Environment

CONFIGURATION = Path("schemathesis.toml")


def load_schema(service: Service) -> OpenApiSchema:
    """Load the service's document for pytest.

    Pass the environment's client to each call: `case.call_and_validate(session=env.client)`.
    Nothing is started for it, unless the application asks for its database when it is imported.
    """
    try:
        return schema_from(service.document())
    except ApplicationNotLoaded:
        from apiproof.environment import Environment  # noqa: PLC0415  # see above

        with Environment.open(service, client=False) as env:
            return schema_from(env.document)


def schema_from(document: dict[str, Any]) -> OpenApiSchema:
    """Load a document for pytest; see `load_schema`."""
    return from_dict(document, config=_configuration())


def _configuration() -> schemathesis.Config:
    """Read `schemathesis.toml` without its hooks, which look for a running server."""
    settings: dict[str, Any] = {}
    if CONFIGURATION.is_file():
        settings = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    for line in ("hooks", "reports"):
        settings.pop(line, None)
    return schemathesis.Config.from_dict({**settings, "base-url": BASE_URL})


def register(
    service: Service,
    tokens: TokenSource,
    env: Environment | ControlClient | None,
    *,
    probes_rest: bool = False,
    shard: Shard | None = None,
) -> OverrideApplier:
    """Register authentication and request overrides with Schemathesis.

    Args:
        service: The service under test.
        tokens: Where tokens come from.
        env: The environment, when there is one to direct; None for a deployed server.
        probes_rest: Whether the run ends with a look at what it never reached.
        shard: The part of a run that this process does; None for all of it.
    """
    overrides = OverrideApplier(service, env)
    document = env.document if env else service.document()
    schemathesis.auth(refresh_interval=None)(provider_for(document, tokens))

    if isinstance(tokens, SharedAccountTokens):
        objects = ExistingObjects(document, tokens)

        @schemathesis.hook("before_call")
        def name_what_exists(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
            objects.apply(case)

        @schemathesis.hook
        def after_call(_context: Any, case: Any, response: Any) -> None:
            tokens.notice(case.operation.definition.raw.get("operationId", ""), response)
            objects.notice(case, response)

    @schemathesis.hook
    def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
        overrides.apply(case)

    install_failure_filter()
    labels = labels_of(shard, document) if shard else None
    if env is not None:
        success_probe = SuccessProbe(lambda: probe_of(service, env, document, QUICK), env, labels)
        install_checks(success_probe)
        if probes_rest and (labels is None or labels):
            install_final_probe(success_probe)

    if shard is not None:

        @schemathesis.hook
        def after_load_schema(_context: Any, schema: OpenApiSchema) -> None:
            limit(schema, shard)

    return overrides


@contextlib.contextmanager
def registered(service: Service, env: Environment | ControlClient) -> Iterator[OverrideApplier]:
    """Register everything for a block; the registries are as before afterwards."""
    providers = list(GLOBAL_AUTH_STORAGE.providers)
    hooks = {name: list(found) for name, found in GLOBAL_HOOK_DISPATCHER.get_all().items()}
    try:
        with restored(), cached_patterns(), accepted_formats():
            yield register(service, SharedAccountTokens(env, service.ends_session), env)
    finally:
        GLOBAL_AUTH_STORAGE.providers = providers
        registered = GLOBAL_HOOK_DISPATCHER.get_all()
        registered.clear()
        registered.update(hooks)
