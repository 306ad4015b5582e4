"""A layer that is what consumers expect: compared with the document, then played."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Self

from apiproof.contract_diff.pact import Comparison, PactSeverity
from apiproof.faults.observer import Observer
from apiproof.faults.study import LayerContext
from apiproof.openapi.document import Router
from apiproof.pacts.verify.loading import SelectedPact
from apiproof.pacts.verify.results import InteractionStatus
from apiproof.pacts.verify.run import VerifyRequest, open_session, plan
from apiproof.pacts.verify.session import verify_selected


@dataclass(frozen=True)
class Pacts:
    """The pacts of the service; a check is a consumer's name."""

    name: str = "pacts"
    ours: bool = True

    def claiming(self, checks: Collection[str]) -> Self | None:
        """Return itself: its checks are consumers, and only the service knows where pacts are."""
        return self if checks else None

    def parts(self, count: int) -> tuple[Self, ...]:  # noqa: ARG002 - as for all layers
        """It is one."""
        return (self,)

    def examine(self, context: LayerContext, observer: Observer) -> None:
        """Compare and play until the observer has seen enough."""
        selected = plan(VerifyRequest(), context.service).whole()
        comparison = Comparison(context.service.document())
        for each in selected:
            pact = replace(each.source.pact, interactions=each.interactions)
            for finding in comparison.findings(pact):
                if finding.severity is PactSeverity.ERROR and observer.wants((finding.consumer,)):
                    where = f"{finding.consumer}: {finding.interaction}"
                    observer.found((finding.consumer,), where, finding.message)
        with open_session(context.env) as session:
            for each in _single(selected, context):
                consumer = each.source.pact.consumer
                if not observer.wants((consumer,)):
                    continue
                where = f"{consumer}: {each.interactions[0].description}"
                executed = verify_selected([each], session, context.service.name)
                result = executed.pacts[0].interactions[0]
                if result.status is not InteractionStatus.PASSED:
                    lines = [mismatch.text for mismatch in result.mismatches] or [result.error]
                    observer.found((consumer,), where, "\n".join(lines))
                observer.passed(where)


def _single(selected: Sequence[SelectedPact], context: LayerContext) -> Iterator[SelectedPact]:
    """Yield the interactions that concern the context, one at a time."""
    routes = Router(context.service.document())
    for each in selected:
        for interaction in each.interactions:
            meant = routes.find(interaction.request.method, interaction.request.path)
            if meant is None or context.concerns(meant.operation_id):
                yield replace(each, interactions=(interaction,))
