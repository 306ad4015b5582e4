"""Schemathesis with a real identity: authentication, request overrides and checks.

In pytest, `registered(...)` inside a fixture; from the command line, name
`apiproof.fuzzing.hooks` in `schemathesis.toml` or `SCHEMATHESIS_HOOKS`.
"""

from apiproof.fuzzing.schemathesis_setup import load_schema, registered

__all__ = ["load_schema", "registered"]
