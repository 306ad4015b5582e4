"""The access checks for Schemathesis; each is a thin question to the watch.

anonymous_rejected      what asks for a credential refuses those who have none
scopes_enforced         and those whose token lacks the scope
forged_tokens_rejected  and forged, expired, foreign and ended credentials
ownership_enforced      what one user made is nobody else's, and nobody can tell that it exists
boundaries_handled      no NUL and no large number, at objects that exist, is answered with 500
writes_are_readable     what was written can be read, what was deleted cannot
secrets_not_leaked      no token, password, hash, stack trace or SQL in any answer
errors_conform          errors have their declared shape, challenges and times to wait
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import schemathesis
from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure, FailureGroup, Severity

from apiproof.access import AccessFinding
from apiproof.fuzzing.access_checks import SuccessProbe
from apiproof.fuzzing.step import FINDING, IS_PROBED

PROBED = {
    "anonymous_rejected": ("anonymous_rejected", "public_is_declared", "exercised"),
    "scopes_enforced": ("scopes_enforced",),
    "forged_tokens_rejected": ("forged_tokens_rejected", "accepted"),
    "ownership_enforced": ("ownership_enforced",),
    "writes_are_readable": ("writes_are_readable",),
    "boundaries_handled": ("boundaries_handled",),
    "secrets_not_leaked": ("secrets_not_leaked",),
    "errors_conform": ("errors_conform",),
}
INSPECTED = ("secrets_not_leaked", "errors_conform")


def install_checks(success_probe: SuccessProbe) -> None:
    """Register the checks with Schemathesis.

    Args:
        success_probe: Whom they ask.
    """
    for name, sources in PROBED.items():
        schemathesis.check(_check(success_probe, name, sources))


def install_final_probe(success_probe: SuccessProbe) -> None:
    """Register a look at what a run never reached; for the command line, whose service still runs.

    Args:
        success_probe: Who probes what is left, and says how many requests it took.
    """

    class access_exercised:  # noqa: N801  # a check's name is its class's
        """Fails when an operation's declared security could not be exercised."""

        def after_run(self, _context: Any) -> None:
            """Probe what is left."""
            missed = success_probe.finish()
            print(f"Access: {success_probe.probe.report.evidence}")  # noqa: T201  # Schemathesis shows no logs
            if missed:
                raise FailureGroup([AccessFailure(one, one.operation_id) for one in missed])

    schemathesis.check(access_exercised)


class AccessFailure(Failure):
    """A finding of the access checks, as a failure of Schemathesis."""

    __slots__ = ("finding",)

    def __init__(self, finding: AccessFinding, operation: str) -> None:
        """Make one.

        Args:
            finding: what is wrong.
            operation: its label.
        """
        super().__init__(
            operation=operation,
            title=finding.text,
            message=finding.line,
            severity=Severity(finding.severity.severity.value),
        )
        self.finding = finding

    @property
    def _unique_key(self) -> str:
        return self.finding.id

    def asdict(self) -> dict[str, Any]:
        """Return what stands in Schemathesis' events, and which finding it is."""
        shown = self.finding.response
        # What the inspection found is in the answer to the generated request itself.
        is_probed = shown is None or shown.sent is not None
        return {**super().asdict(), FINDING: self.finding.id, IS_PROBED: is_probed}


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Leave the registry of checks as it was before the block."""
    before = set(CHECKS.get_all_names())
    try:
        yield
    finally:
        for name in set(CHECKS.get_all_names()) - before:
            CHECKS.unregister(name)


def _check(success_probe: SuccessProbe, name: str, sources: tuple[str, ...]) -> Any:
    def check(_context: Any, response: Any, case: Any) -> None:
        found: list[AccessFinding] = []
        if name in INSPECTED:
            found += success_probe.inspect(name, case, response)
        for source in sources:
            found += success_probe.findings(source, case, response)
        if found:
            raise FailureGroup([AccessFailure(one, case.operation.label) for one in found])

    check.__name__ = name
    check.__doc__ = f"Ask the probe for {name}."
    return check
