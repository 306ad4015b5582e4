"""Hooks for the Schemathesis command line; importing this module installs them.

Name it in `schemathesis.toml` (`hooks = "understudy.fuzzing.hooks"`) or `SCHEMATHESIS_HOOKS`.
Tokens come from the world that `understudy serve` started, found through its ready file
(`UNDERSTUDY_READY_FILE`, default `.understudy/ready.json`), or, for a deployed server, from
`UNDERSTUDY_TOKEN`. `UNDERSTUDY_IDENTITIES` names a file of users instead, for any API at all.
"""

import os
import sys
from pathlib import Path

from understudy.backstage import Remote
from understudy.fuzzing.authentication import TOKEN_VARIABLE, StandingToken, environment_token
from understudy.fuzzing.identities import IDENTITIES_VARIABLE, install_identities
from understudy.fuzzing.session import install
from understudy.ready import Ready, ReadyFileMissing
from understudy.subject import SubjectMissing, load_subject


def _install() -> None:
    if path := os.environ.get(IDENTITIES_VARIABLE):
        install_identities(Path(path))
        return
    if os.environ.get(TOKEN_VARIABLE):
        install(load_subject(), environment_token, None)
        return
    ready = Ready.read()
    subject = load_subject(ready.subject)
    backstage = Remote(ready)
    tokens = StandingToken(backstage, subject.ends_session)
    install(subject, tokens, backstage, conclude=True)


try:
    _install()
except (ReadyFileMissing, SubjectMissing) as error:
    print(f"understudy: {error}", file=sys.stderr)  # noqa: T201  # Schemathesis shows no logs
    raise SystemExit(2) from None
