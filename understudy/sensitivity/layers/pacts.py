"""A layer that is what consumers expect: compared with the document, then played."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from understudy.contracts.compare import Severity
from understudy.contracts.verification.results import Outcome
from understudy.contracts.verification.running import Wish, compare_orders, plan, world_theatre
from understudy.contracts.verification.selection import Order
from understudy.contracts.verification.verifying import verify_orders
from understudy.document import Routes
from understudy.sensitivity.observer import Observer
from understudy.sensitivity.study import Scene


@dataclass(frozen=True)
class Pacts:
    """The pacts of the subject; a check is a consumer's name."""

    name: str = "pacts"
    ours: bool = True

    def examine(self, scene: Scene, observer: Observer) -> None:
        """Compare and play until the observer has seen enough."""
        orders = plan(Wish(), scene.subject)
        for finding in compare_orders(orders, None, scene.subject):
            if finding.severity is Severity.ERROR and observer.wants((finding.consumer,)):
                where = f"{finding.consumer}: {finding.interaction}"
                observer.found((finding.consumer,), where, finding.message)
        with world_theatre(scene.world) as theatre:
            for order in _single(orders, scene):
                consumer = order.source.pact.consumer
                if not observer.wants((consumer,)):
                    continue
                where = f"{consumer}: {order.interactions[0].description}"
                played = verify_orders([order], theatre, scene.subject.name)
                result = played.pacts[0].interactions[0]
                if result.outcome is not Outcome.HONOURED:
                    told = [mismatch.text for mismatch in result.mismatches] or [result.error]
                    observer.found((consumer,), where, "\n".join(told))
                observer.passed(where)


def _single(orders: list[Order], scene: Scene) -> Iterator[Order]:
    """Yield the interactions that concern the scene, each as an order of its own."""
    routes = Routes(scene.subject.document())
    for order in orders:
        for interaction in order.interactions:
            meant = routes.find(interaction.request.method, interaction.request.path)
            if meant is None or scene.concerns(meant.operation_id):
                yield replace(order, interactions=(interaction,))
