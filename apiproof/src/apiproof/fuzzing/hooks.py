"""Hooks for the Schemathesis command line; importing this module installs them.

Name it in `schemathesis.toml` (`hooks = "apiproof.fuzzing.hooks"`) or `SCHEMATHESIS_HOOKS`.
Tokens come from the environment that `apiproof serve` started, found through its ready file
(`APIPROOF_READY_FILE`, default `.apiproof/ready.json`), or, for a deployed server, from
`APIPROOF_TOKEN`. `APIPROOF_IDENTITIES` names a file of users instead, for any API at all.
When the process ends, the JUnit and HAR files that it wrote are freed of secrets.
`HYPOTHESIS_REDIS_URL` lets machines share the examples that failed, but with `continue-on-failure`,
by which Schemathesis hides failures from Hypothesis.
`APIPROOF_SHARD` (`2/4`, or `stateful`) leaves out what is another process' part of the run.
"""

import atexit
import contextlib
import os
import sys
import time
from pathlib import Path

from hypothesis import settings

from apiproof.control_client import ControlClient
from apiproof.environment_file import EnvironmentFile
from apiproof.errors import UserError
from apiproof.fuzzing.authentication import TOKEN_VARIABLE, SharedAccountTokens, environment_token
from apiproof.fuzzing.formats import register_formats
from apiproof.fuzzing.identities import IDENTITIES_VARIABLE, install_identities
from apiproof.fuzzing.in_process import current_run
from apiproof.fuzzing.local_constants import fixed_constants
from apiproof.fuzzing.pattern_cache import cached_patterns
from apiproof.fuzzing.reports import redact_reports
from apiproof.fuzzing.schemathesis_setup import register
from apiproof.fuzzing.shards import SHARD_VARIABLE, Shard
from apiproof.fuzzing.stateful_restarts import restarted_suites
from apiproof.process_variables import borrow, import_from, unproxied_loopback
from apiproof.service import load_service
from apiproof.strategies.profiles import REDIS_SETTING, DatabaseMisnamed, database

_RUN = contextlib.ExitStack()  # what holds until the process ends


def _install() -> None:
    if run := current_run():
        tokens = SharedAccountTokens(run.env, run.env.service.ends_session)
        register(run.env.service, tokens, run.env, probes_rest=True, shard=run.shard)
        return
    if path := os.environ.get(IDENTITIES_VARIABLE):
        install_identities(Path(path))
        return
    if os.environ.get(TOKEN_VARIABLE):
        register(load_service(), environment_token, None)
        return
    ready = EnvironmentFile.read()
    if ready.folder:
        import_from(Path(ready.folder))  # Schemathesis may run from anywhere
    service = load_service(ready.service)
    env = ControlClient(ready)
    tokens = SharedAccountTokens(env, service.ends_session)
    named = os.environ.get(SHARD_VARIABLE)
    shard = Shard.parse(named) if named else None
    register(service, tokens, env, probes_rest=True, shard=shard)


def _share_failures() -> None:
    """Keep failed examples where other machines find them: Schemathesis takes the profile's."""
    if url := os.environ.get(REDIS_SETTING):
        default = settings.get_profile("default")
        settings.register_profile("apiproof-shared", default, database=database(url, waits=True))
        settings.load_profile("apiproof-shared")


_RUN.enter_context(cached_patterns())
_RUN.enter_context(restarted_suites())
register_formats()
borrow(unproxied_loopback())
if current_run() is None:  # else who runs it redacts, since forked processes end without this
    atexit.register(redact_reports, time.time(), sys.argv)
try:
    _share_failures()
    _install()
except (UserError, DatabaseMisnamed) as error:  # no ready file, a stale one, no service
    print(f"apiproof: {error}", file=sys.stderr)  # noqa: T201  # Schemathesis shows no logs
    raise SystemExit(2) from None
_RUN.enter_context(fixed_constants())
