"""What processes that run shards have in common, done once before they are forked."""

import contextlib
import importlib
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hypothesis import strategies as st

from apiproof.environment import Environment
from apiproof.fuzzing.local_constants import has_seam, read_constants
from apiproof.live import published_document
from apiproof.postgres import Database
from apiproof.service import Service

# Schemathesis imports them when it runs; forked processes are to have them.
_IMPORTED_LATE: Final = (
    "anyio._backends._asyncio",
    "apiproof.fuzzing.identities",
    "apiproof.fuzzing.reports",
    "apiproof.strategies.profiles",
    "fastapi",
    "hypothesis.internal.conjecture.optimiser",
    "hypothesis.strategies._internal.flatmapped",
    "hypothesis.strategies._internal.random",
    "moto.iam",
    "pydantic.v1",
    "pyrate_limiter",
    "rich._emoji_codes",
    "rich.cells",
    "rich.live",
    "rich.progress",
    "rich.traceback",
    "schemathesis.cli.commands.run.executor",
    "schemathesis.engine.core",
    "schemathesis.engine.run.analysis",
    "schemathesis.engine.run.stateful",
    "schemathesis.engine.run.unit._hypothesis_executor",
    "schemathesis.generation.body_overrides",
    "schemathesis.generation.dictionaries",
    "schemathesis.openapi",
    "schemathesis.python.asgi",
    "schemathesis.specs.openapi._ordering",
    "schemathesis.specs.openapi.auth_flow.detection",
    "schemathesis.specs.openapi.auth_inference",
    "schemathesis.specs.openapi.coverage._operation",
    "schemathesis.specs.openapi.object_authorization",
    "schemathesis.transport.asgi",
    "schemathesis.transport.wsgi",
)


def import_late() -> None:
    """Import what Schemathesis and others import when they need it."""
    for name in _IMPORTED_LATE:
        with contextlib.suppress(ImportError):  # another version has it elsewhere
            importlib.import_module(name)
    st.text().validate()  # reads which characters there are: in a new folder, a second's work


def build_once(service: Service, clone: Callable[[], Database] | None) -> Service:
    """Import what an application is made of, and read the constants of its sources.

    Args:
        service: the service.
        clone: gives a migrated database; None where the service has none.

    Returns:
        The service, whose document is made already where nothing of an environment can be in it.
    """
    if isinstance(service.app, str):
        return service  # it lives in a process of its own
    # What fails here fails in a shard as well, which tells of it.
    with (
        contextlib.suppress(Exception),
        Environment.open(service, database=clone() if clone else None) as env,
    ):
        published_document(env.client)
        env.cognito.keys.jwks()  # pools of forked processes use the material of these two again
        env.aws.describe_user_pool(UserPoolId=env.cognito.user_pool_id)
    if has_seam():
        read_constants()
    if service.make_document is None:
        return service
    document = pickle.dumps(service.make_document())  # a deep copy takes twice as long
    return replace(service, make_document=lambda: pickle.loads(document))  # noqa: S301  # our own
