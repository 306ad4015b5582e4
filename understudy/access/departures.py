"""How a person's session or account is ended, through the service's own operations.

Which operations these are is read from their names and paths; disabling an account is not the
service's business but its operators', so the source of identities does it.
"""

import re

from understudy.access.identities import Person
from understudy.access.scene import Unexercised
from understudy.access.staging import Stage
from understudy.document import Operation
from understudy.tokens import Ending, NotMade

_SIGN_OUT = re.compile(r"(log|sign)[-_]?out|revoke|end[-_]?session", re.IGNORECASE)
_OWN_ACCOUNT = re.compile(
    r"/(me|self|account|profile|users/current)/?$|(delete|close|remove)[-_]?(me|(my[-_]?)?account)$",
    re.IGNORECASE,
)


def ends(operation: Operation, ending: Ending) -> bool:
    """Tell whether an operation ends the caller's own session or account."""
    if not operation.security or "{" in operation.path:
        return False
    names = f"{operation.operation_id} {operation.path}"
    if ending is Ending.SIGNED_OUT:
        return operation.method in {"POST", "DELETE"} and bool(_SIGN_OUT.search(names))
    if ending is Ending.DELETED and operation.method == "DELETE":
        return any(_OWN_ACCOUNT.search(name) for name in names.split())
    return False


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
