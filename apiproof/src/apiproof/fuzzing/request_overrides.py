"""The one place where generation is guided, for rules that an OpenAPI schema cannot say.

Only bodies that are meant to be valid are touched. A service's `body_fixers` repair every one of
them (two bounds in the wrong order); its `request_overrides` replace a quarter of them, and all
examples, by what the environment can honour (a code that was really mailed). No case is ever
dropped.
"""

import zlib
from typing import Any

from schemathesis.core import NotSet
from schemathesis.generation.modes import GenerationMode

from apiproof.service import EnvironmentControl, Service

SHARE = 4  # one positive case in four is guided


class OverrideApplier:
    """Applies a service's body fixers and request overrides to cases that are about to be sent."""

    def __init__(self, service: Service, env: EnvironmentControl | None) -> None:
        self._service = service
        self._env = env
        self.applied: dict[str, int] = {}

    def apply(self, case: Any) -> None:
        """Change the body of one case in place, if a rule calls for it."""
        if case.meta is None or case.meta.generation.mode != GenerationMode.POSITIVE:
            return
        operation_id = _operation_id(case.operation)
        if (fixer := self._service.body_fixers.get(operation_id)) and isinstance(case.body, dict):
            case.body = fixer(dict(case.body))
        override = self._service.request_overrides.get(operation_id)
        if override and self._env is not None and _chosen(case):
            override(self._env, case)
            self.applied[operation_id] = self.applied.get(operation_id, 0) + 1


def _operation_id(operation: Any) -> str:
    return str(operation.definition.raw.get("operationId", operation.label))


def _chosen(case: Any) -> bool:
    phase = case.meta.phase.name.value
    if phase == "coverage":  # its cases each probe one boundary of the schema
        return False
    return phase == "examples" or is_one_in(SHARE, case)


def is_one_in(share: int, case: Any) -> bool:
    """Tell whether a case is one of those few that something is done with, by its content.

    Not by chance: Hypothesis must see the same outcome when it replays a case, and a run with the
    same seed has to send the same requests in any process.

    Args:
        share: 4 for one case in four.
        case: Schemathesis'.
    """
    body = None if isinstance(case.body, NotSet) else case.body  # which is written as an address
    return zlib.crc32(repr((case.path_parameters, body)).encode()) % share == 0
