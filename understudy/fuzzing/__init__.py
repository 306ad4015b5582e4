"""Schemathesis with a real identity: authentication, guidance and checks; knows no subject.

In pytest, `install(backstage, subject)` inside a fixture; from the command line, name
`understudy.fuzzing.hooks` in `schemathesis.toml` or `SCHEMATHESIS_HOOKS`.
"""

from understudy.fuzzing.session import installed, schema_of

__all__ = ["installed", "schema_of"]
