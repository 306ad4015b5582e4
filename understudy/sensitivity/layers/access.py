"""A layer that is the access probe: every passport at every operation, every object as another."""

from dataclasses import dataclass

from understudy.access import CHECKS, probe_of
from understudy.document import Operation, operations
from understudy.sensitivity.observer import Observer
from understudy.sensitivity.study import Scene


@dataclass(frozen=True)
class Access:
    """The access matrix, an operation at a time."""

    name: str = "access"
    ours: bool = True

    def examine(self, scene: Scene, observer: Observer) -> None:
        """Probe the operations until the observer has seen enough."""
        probe = probe_of(scene.subject, scene.world)
        seen: set[str] = set()
        for operation in sorted(operations(scene.subject.document()), key=_last):
            name = operation.operation_id
            if not (scene.concerns(name) and scene.may_meet(name) and observer.wants(CHECKS)):
                continue
            probe.exercise(operation)
            new = [finding for finding in probe.matrix.findings if finding.id not in seen]
            seen |= {finding.id for finding in new}
            if new:
                text = "\n".join(finding.line for finding in new)
                observer.found(
                    dict.fromkeys(finding.check for finding in new), operation.operation_id, text
                )
            observer.passed(operation.operation_id)


def _last(operation: Operation) -> bool:
    return operation.method == "DELETE"
