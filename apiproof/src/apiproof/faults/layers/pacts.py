"""A layer that is what consumers expect: compared with the document, then played."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from apiproof.contract_diff.pact import Severity
from apiproof.faults.observer import Observer
from apiproof.faults.study import Scene
from apiproof.openapi.document import Router
from apiproof.pacts.verify.results import Outcome
from apiproof.pacts.verify.running import Wish, compare_orders, plan, world_theatre
from apiproof.pacts.verify.selection import Order
from apiproof.pacts.verify.verifying import verify_orders


@dataclass(frozen=True)
class Pacts:
    """The pacts of the service; a check is a consumer's name."""

    name: str = "pacts"
    ours: bool = True

    def examine(self, scene: Scene, observer: Observer) -> None:
        """Compare and play until the observer has seen enough."""
        orders = plan(Wish(), scene.service)
        for finding in compare_orders(orders, None, scene.service):
            if finding.severity is Severity.ERROR and observer.wants((finding.consumer,)):
                where = f"{finding.consumer}: {finding.interaction}"
                observer.found((finding.consumer,), where, finding.message)
        with world_theatre(scene.env) as theatre:
            for order in _single(orders, scene):
                consumer = order.source.pact.consumer
                if not observer.wants((consumer,)):
                    continue
                where = f"{consumer}: {order.interactions[0].description}"
                played = verify_orders([order], theatre, scene.service.name)
                result = played.pacts[0].interactions[0]
                if result.outcome is not Outcome.HONOURED:
                    told = [mismatch.text for mismatch in result.mismatches] or [result.error]
                    observer.found((consumer,), where, "\n".join(told))
                observer.passed(where)


def _single(orders: list[Order], scene: Scene) -> Iterator[Order]:
    """Yield the interactions that concern the scene, each as an order of its own."""
    routes = Router(scene.service.document())
    for order in orders:
        for interaction in order.interactions:
            meant = routes.find(interaction.request.method, interaction.request.path)
            if meant is None or scene.concerns(meant.operation_id):
                yield replace(order, interactions=(interaction,))
