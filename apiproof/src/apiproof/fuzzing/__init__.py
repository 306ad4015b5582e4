"""Schemathesis with a real identity: authentication, guidance and checks; knows no service.

In pytest, `install(backstage, service)` inside a fixture; from the command line, name
`apiproof.fuzzing.hooks` in `schemathesis.toml` or `SCHEMATHESIS_HOOKS`.
"""

from apiproof.fuzzing.schemathesis_setup import load_schema, registered

__all__ = ["load_schema", "registered"]
