"""Schemathesis' global registries, filled for one session and restored afterwards."""

import contextlib
import functools
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.auths import GLOBAL_AUTH_STORAGE
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.schemas import OpenApiSchema

from understudy.access import BRIEF, probe_of
from understudy.asgi import BASE_URL
from understudy.backstage import Remote
from understudy.fuzzing.authentication import StandingToken, TokenSource, provider_for
from understudy.fuzzing.checks import install_checks, install_conclusion, restored
from understudy.fuzzing.guidance import Guidance
from understudy.fuzzing.watch import Watch
from understudy.subject import Backstage, Document, Subject
from understudy.world import World

CONFIGURATION = Path("schemathesis.toml")


def schema_of(subject: Subject) -> OpenApiSchema:
    """Load the subject's document for pytest, without starting anything.

    Pass the world's client to each call: `case.call_and_validate(session=world.client)`.
    """
    return schema_from(subject.document())


def schema_from(document: dict[str, Any]) -> OpenApiSchema:
    """Load a document for pytest; see `schema_of`."""
    return from_dict(document, config=_configuration())


def _configuration() -> schemathesis.Config:
    """Read `schemathesis.toml` without its hooks, which look for a running server."""
    settings: dict[str, Any] = {}
    if CONFIGURATION.is_file():
        settings = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))
    for line in ("hooks", "reports"):
        settings.pop(line, None)
    return schemathesis.Config.from_dict({**settings, "base-url": BASE_URL})


def install(
    subject: Subject,
    tokens: TokenSource,
    backstage: Backstage | None,
    *,
    conclude: bool = False,
) -> Guidance:
    """Register authentication and guidance with Schemathesis.

    Args:
        subject: The service under test.
        tokens: Where tokens come from.
        backstage: The world, when there is one to direct; None for a deployed server.
        conclude: Whether the run ends with a look at what it never reached.
    """
    guidance = Guidance(subject, backstage)
    document = _document_of(subject.document)
    schemathesis.auth(refresh_interval=None)(provider_for(document, tokens))

    @schemathesis.hook
    def before_call(_context: Any, case: Any, _kwargs: dict[str, Any]) -> None:
        guidance.apply(case)

    if isinstance(tokens, StandingToken):

        @schemathesis.hook
        def after_call(_context: Any, case: Any, response: Any) -> None:
            tokens.notice(case.operation.definition.raw.get("operationId", ""), response)

    if isinstance(backstage, World | Remote):
        watch = Watch(lambda: probe_of(subject, backstage, document, BRIEF), backstage)
        install_checks(watch)
        if conclude:
            install_conclusion(watch)
    return guidance


@functools.cache
def _document_of(make: Callable[[], Document]) -> Document:
    """Make a document once per process: every test installs, and making one takes a while."""
    return make()


@contextlib.contextmanager
def installed(subject: Subject, backstage: Backstage) -> Iterator[Guidance]:
    """Register everything for a block; the registries are as before afterwards."""
    providers = list(GLOBAL_AUTH_STORAGE.providers)
    hooks = {name: list(found) for name, found in GLOBAL_HOOK_DISPATCHER.get_all().items()}
    try:
        with restored():
            yield install(subject, StandingToken(backstage, subject.ends_session), backstage)
    finally:
        GLOBAL_AUTH_STORAGE.providers = providers
        registered = GLOBAL_HOOK_DISPATCHER.get_all()
        registered.clear()
        registered.update(hooks)
