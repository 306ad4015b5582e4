"""How far a probe goes."""

from dataclasses import dataclass, field
from functools import cached_property

from apiproof.access.checks import CHECKS
from apiproof.access.functions import Expectations


@dataclass(frozen=True)
class ProbeOptions:
    """How far a probe goes.

    Attributes:
        destructive: Whether to call what changes or ends a given account for good.
        quick: Whether bad credentials are shown in all variants at the first requirement of a
            scheme only, and in a single one, each time another, at the rest.
        read_only: Whether only safe methods are sent.
        only: Labels or operationIds to keep to; all where it is empty.
        checks: Checks to keep to; all where it is empty.
        login_attempts: How many wrong logins to send to see whether they are limited.
        resets: Whether to ask for a new password of a user of the file, to whom mail may go.
        roles: Which roles may call which operation.
        max_requests: How many requests to send, logins included, removals not; 0 for no limit.
        is_strict: Whether an operation that could not be exercised is a finding.
    """

    destructive: bool = False
    quick: bool = False
    read_only: bool = False
    only: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    login_attempts: int = 0
    resets: bool = False
    max_requests: int = 0
    roles: Expectations = field(default_factory=dict)
    is_strict: bool = True

    @cached_property
    def asked(self) -> frozenset[str]:
        """The checks that are asked for."""
        return frozenset(self.checks or CHECKS)


THOROUGH, QUICK = ProbeOptions(), ProbeOptions(quick=True)
