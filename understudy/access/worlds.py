"""Probing a subject in its world: the one call for `understudy prove`, pytest and the checks."""

from collections.abc import Iterable

from understudy.access.backstage import BackstageIdentities, Powers, hints_of
from understudy.access.manner import THOROUGH, Manner
from understudy.access.matrix import Matrix
from understudy.access.probing import Probe
from understudy.backstage import Remote
from understudy.powers import WorldPowers
from understudy.subject import Document, Subject
from understudy.world import World


def powers_over(backstage: World | Remote) -> Powers:
    """Return what the owner of a backstage's user pool can do."""
    return WorldPowers(backstage) if isinstance(backstage, World) else backstage


def probe_of(
    subject: Subject,
    backstage: World | Remote,
    document: Document | None = None,
    manner: Manner = THOROUGH,
) -> Probe:
    """Return a probe of a subject, whose identities are strangers of its world.

    Args:
        subject: The service.
        backstage: Its world, in this process or behind its control door.
        document: The subject's document, if it is at hand: making it takes a while.
        manner: How far to go.
    """
    identities = BackstageIdentities(backstage, powers_over(backstage))
    hints = hints_of(subject, backstage)
    return Probe(document or subject.document(), identities, backstage.client, hints, manner)


def probe_subject(subject: Subject, backstage: World | Remote, skip: Iterable[str] = ()) -> Matrix:
    """Probe every operation of a subject in its world.

    Args:
        subject: The service.
        backstage: Its world, in this process or behind its control door.
        skip: operationIds to leave alone.
    """
    return probe_of(subject, backstage).run(skip)
