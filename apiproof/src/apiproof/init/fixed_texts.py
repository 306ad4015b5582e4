"""Texts that `apiproof init` writes alike for every project, or nearly."""

SCHEMATHESIS = """\
# For `schemathesis run` beside `apiproof serve`, and for `apiproof run`.
hooks = "apiproof.fuzzing.hooks"
continue-on-failure = true
request-timeout = 10.0

[generation]
mode = "all"
max-examples = 50
deterministic = true

# FastAPI's 405 names the methods of one route, and leaves out those of others at the same path.
[checks.allow_header_conformance]
enabled = false

[output.sanitization]
enabled = true

[reports]
directory = "reports"

[reports.junit]
path = "reports/junit.xml"

[reports.har]
path = "reports/fuzz.har"
"""

UNDECLARED = """\

# The document declares no 401, 403 or 404. Declare them (`responses=` of a route or application),
# and take this out, so that a status that nobody declared is found.
[checks.status_code_conformance]
enabled = false
"""

TESTS = '''\
"""Every operation, fuzzed with a real token; `pytest apiproof_tests.py`."""

from apiproof.fuzzing import load_schema
from apiproof.service import load_service
from hypothesis import HealthCheck, settings

SCHEMA = load_schema(load_service())


# One environment serves all examples of a test; an answer may take its time.
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@SCHEMA.parametrize()
def test_no_operation_answers_500(case, apiproof_fuzzing):
    response = case.call(session=apiproof_fuzzing.client)
    assert response.status_code < 500, response.text
'''

NOX = '''\
"""`nox -s verify`: every gate of apiproof."""

import nox


@nox.session
def verify(session: nox.Session) -> None:
    """Run all gates; arguments go to `apiproof run`."""
    session.install("apiproof[all]")
    session.run("apiproof", "run", *session.posargs)
'''

GITHUB = """\
name: apiproof
on: [push, pull_request]
jobs:
  verify:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with: {{python-version: "3.13"}}
{install}      - uses: actions/upload-artifact@v4
        if: always()
        with: {{name: apiproof, path: reports}}
"""

GITLAB = """\
apiproof:
  image: python:3.13
  script:
{install}  artifacts:
    when: always
    paths: [reports]
    reports: {{junit: reports/report.junit.xml}}
"""
