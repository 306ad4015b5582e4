"""The stateful phase walks as many scenarios as were asked for, also where answers change.

The next step of a walk is drawn from what the last one was answered. An API that keeps state
answers the same request otherwise the second time, so Hypothesis finds that its choices no longer
lead where they led, and gives the suite up. Schemathesis then ends the phase as passed, after 14
scenarios of 50 say, and says nothing of it. Here it begins another suite instead, as it does
itself where Hypothesis finds nothing more to draw. Each has at least one scenario, so it ends.

Source: schemathesis 4.32, engine/run/stateful/_executor.py, `_classify_flaky` (its pull request
4216 ended re-runs that had no bound). Where the name is gone nothing is changed;
apiproof/tests/fuzzing/test_stateful_restarts.py says so.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, Final

from hypothesis.errors import FlakyStrategyDefinition
from schemathesis.engine import Status
from schemathesis.engine.run.stateful import _executor

SEAM: Final = "_classify_suite_error"


@contextlib.contextmanager
def restarted_suites() -> Iterator[None]:
    """Begin suites of the stateful phase anew for a block, until there are scenarios enough."""
    original = getattr(_executor, SEAM, None)
    if original is None:
        yield
        return

    def classify(exc: BaseException, **known: Any) -> Any:
        status, is_retried, error_events = original(exc, **known)
        if isinstance(exc, FlakyStrategyDefinition) and status == Status.SUCCESS:
            is_retried = is_retried or _is_short(**known)
        return status, is_retried, error_events

    setattr(_executor, SEAM, classify)
    try:
        yield
    finally:
        setattr(_executor, SEAM, original)


def _is_short(*, ctx: Any, engine: Any, settings: Any, **_: Any) -> bool:
    """Whether scenarios are missing, and nothing has ended the run."""
    return ctx.completed_scenarios < settings.max_examples and not (
        engine.has_to_stop or engine.has_reached_the_failure_limit
    )
