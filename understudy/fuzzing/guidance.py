"""The one place where generation is guided, for rules that an OpenAPI schema cannot say.

Only bodies that are meant to be valid are touched. A subject's `mends` repair every one of them
(two bounds in the wrong order); its `guides` replace a quarter of them, and all examples, by what
the world can honour (a code that was really mailed). No case is ever dropped.
"""

import zlib
from typing import Any

from schemathesis.generation.modes import GenerationMode

from understudy.subject import Backstage, Subject

SHARE = 4  # one positive case in four is guided


class Guidance:
    """Applies a subject's mends and guides to cases that are about to be sent."""

    def __init__(self, subject: Subject, backstage: Backstage | None) -> None:
        self._subject = subject
        self._backstage = backstage
        self.applied: dict[str, int] = {}

    def apply(self, case: Any) -> None:
        """Change the body of one case in place, if a rule calls for it."""
        if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
            return
        operation_id = case.operation.definition.raw.get("operationId", case.operation.label)
        if (mend := self._subject.mends.get(operation_id)) and isinstance(case.body, dict):
            case.body = mend(dict(case.body))
        guide = self._subject.guides.get(operation_id)
        if guide and self._backstage is not None and _chosen(case):
            guide(self._backstage, case)
            self.applied[operation_id] = self.applied.get(operation_id, 0) + 1


def _chosen(case: Any) -> bool:
    phase = case.meta.phase.name.value
    if phase == "coverage":  # its cases each probe one boundary of the schema
        return False
    # By content, not by chance: Hypothesis must see the same outcome when it replays a case.
    return (
        phase == "examples"
        or zlib.crc32(repr((case.path_parameters, case.body)).encode()) % SHARE == 0
    )
