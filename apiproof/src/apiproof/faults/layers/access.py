"""A layer that is the access probe: every case at every operation, every object as another."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from apiproof.access import CHECKS, probe_of
from apiproof.faults.observer import Observer
from apiproof.faults.study import LayerContext
from apiproof.openapi.document import Operation, operations


@dataclass(frozen=True)
class Access:
    """The access report, an operation at a time."""

    name: str = "access"
    ours: bool = True

    def claiming(self, checks: Collection[str]) -> Self | None:
        """Return itself where one of the checks is the probe's."""
        return self if set(checks) & set(CHECKS) else None

    def parts(self, count: int) -> tuple[Self, ...]:  # noqa: ARG002 - as for all layers
        """It is one."""
        return (self,)

    def examine(self, context: LayerContext, observer: Observer) -> None:
        """Probe the operations until the observer has seen enough."""
        probe = probe_of(context.service, context.env)
        seen: set[str] = set()
        for operation in sorted(operations(context.service.document()), key=_last):
            name = operation.operation_id
            if not (context.concerns(name) and context.may_differ(name) and observer.wants(CHECKS)):
                continue
            probe.exercise(operation)
            new = [finding for finding in probe.report.findings if finding.id not in seen]
            seen |= {finding.id for finding in new}
            if new:
                text = "\n".join(finding.line for finding in new)
                observer.found(
                    dict.fromkeys(finding.check for finding in new), operation.operation_id, text
                )
            observer.passed(operation.operation_id)


def _last(operation: Operation) -> bool:
    return operation.method == "DELETE"
