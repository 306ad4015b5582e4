"""How a person's session or account is ended, through the service's own operations.

Disabling an account is not the service's business but its operators', so the source of identities
does it.
"""

from apiproof.access.endings import ends
from apiproof.access.identities import Person
from apiproof.access.scene import Unexercised
from apiproof.access.staging import Stage
from apiproof.jwt import Ending, NotMade


class Departures:
    """Ends people's sessions and accounts."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def end(self, person: Person, ending: Ending) -> None:
        """Sign a person out, or disable or delete the account.

        Raises:
            NotMade: Nothing at hand does that.
        """
        if not self._stage.identities.renewable:
            raise NotMade(f"no account can be {ending.value} without losing it for other probes")
        if ending is Ending.DISABLED:
            self._stage.identities.disable(person)
            return
        operations = self._stage.gatehouse.operations
        chosen = next((found for found in operations if ends(found, ending)), None)
        if chosen is None:
            raise NotMade(f"the document has no operation after which a caller is {ending.value}")
        try:
            self._stage.scene(chosen)  # so that the trial of its request is somebody else's
            scene = self._stage.scene(chosen, person=person)
        except Unexercised as reason:
            raise NotMade(f"{chosen.operation_id}: {reason}") from None
        answer = self._stage.caller.send(scene.request, scene.presented)
        if not answer.ok:
            raise NotMade(f"{chosen.operation_id} answered {answer.status}")
