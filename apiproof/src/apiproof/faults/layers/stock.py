"""A layer that is Schemathesis as it comes: none of our hooks, checks or overrides, but a token."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

from apiproof.faults.observer import Observer
from apiproof.faults.study import LayerContext
from apiproof.fuzzing.baseline_run import scenarios


@dataclass(frozen=True)
class Stock:
    """Stock Schemathesis: a yardstick, not part of the suite."""

    name: str = "schemathesis"
    ours: bool = False

    def claiming(self, checks: Collection[str]) -> Self | None:  # noqa: ARG002  # claims none
        """Return None: a yardstick claims nothing."""
        return None

    def parts(self, count: int) -> tuple[Self, ...]:  # noqa: ARG002 - as for all layers
        """It is one."""
        return (self,)

    def examine(self, context: LayerContext, observer: Observer) -> None:
        """Run its phases until the observer has seen enough."""
        running = scenarios(
            context.env,
            _token(context),
            context.operations,
            seed=context.seed,
            seconds=observer.budget,
        )
        try:
            while observer.wants(()):
                scenario = next(running, None)
                if scenario is None:
                    return
                for check, text in scenario.failures.items():
                    observer.found((check,), scenario.label, text)
                observer.passed(f"{scenario.phase} {scenario.label}")
        finally:
            running.close()


def _token(context: LayerContext) -> str:
    try:
        return context.env.new_account().access_token
    except Exception:  # noqa: BLE001 - the defect may prevent it; then there is none
        return "none"
