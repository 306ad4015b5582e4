"""Serving a world: the subject over HTTP with everything embedded, and its ready file."""

import contextlib
from collections.abc import Iterator

from understudy.backstage import control
from understudy.ready import Ready
from understudy.server import serve
from understudy.subject import Subject
from understudy.world import World


@contextlib.contextmanager
def served(
    subject: Subject, *, port: int = 0, subject_name: str = ""
) -> Iterator[tuple[World, Ready]]:
    """Serve a subject from this process until the block ends.

    Args:
        subject: The service.
        port: Its TCP port; 0 for a free one.
        subject_name: How another process finds the subject (`module:attribute`).

    Raises:
        PortTaken: Something else listens on the port.
    """
    with contextlib.ExitStack() as stack:
        world = stack.enter_context(World.open(subject, http=True))
        base_url = stack.enter_context(serve(world.application(), port))
        control_url = stack.enter_context(serve(control(world)))
        yield world, _ready(world, base_url, control_url, subject_name)


def _ready(world: World, base_url: str, control_url: str, subject_name: str) -> Ready:
    where = world.surroundings
    return Ready(
        base_url=base_url,
        openapi_url=f"{base_url}/openapi.json",
        cognito_endpoint=where.cognito_endpoint or "",
        jwks_url=where.jwks_url,
        region=where.region,
        user_pool_id=where.user_pool_id,
        client_id=where.client_id,
        client_secret=where.client_secret,
        database_url=world.database.libpq_url,
        control_url=control_url,
        subject=subject_name,
        issuer=where.issuer,
        users=tuple(world.people.values()),
    )
