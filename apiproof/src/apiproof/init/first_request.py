"""Applications that make a user's own row at the first profile read, and let in nobody without one.

`GET /me` makes the row; whoever asks for anything else before is answered 404, say.
"""

import itertools

from apiproof.environment import Environment
from apiproof.init.enforced_security import Undeclared, secured_operations, status_with
from apiproof.openapi.document import Operation
from apiproof.service import SeedUser

_WITHOUT_ROW = range(400, 500)
_MOST = 3  # operations that are tried as the first


def first_request(env: Environment, undeclared: Undeclared, group: str = "", kind: str = "") -> str:
    """Return the operationId of what makes a user's row; empty where nothing has to come first.

    Args:
        env: Where the application runs, with a client.
        undeclared: What `undeclared_security` found.
        group: The user's, if any.
        kind: `id` where operations take ID tokens.
    """
    secured, declared = secured_operations(env, undeclared)
    simple = [each for each in secured if "{" not in each.path]
    numbers = itertools.count()

    def answers(*asked: Operation) -> list[int]:
        """Return what somebody new is answered, one operation after the other."""
        name = f"newcomer-{next(numbers)}"
        groups = (group,) if group else ()
        account = env.create_user(SeedUser(name, f"{name}@example.com", groups=groups))
        given = []
        for each in asked:
            tokens = env.cognito.issue_tokens(account.username, each.scopes or None)
            token = tokens.id_token if kind == "id" else tokens.access_token
            given.append(status_with(env, each, declared, token))
        return given

    first = {each.operation_id: answers(each)[0] for each in simple}
    refused = [each for each in simple if first[each.operation_id] in _WITHOUT_ROW]
    reads = [each for each in simple if each.method == "GET" and first[each.operation_id] == 200]
    reads.sort(key=lambda each: len(each.path))  # /me is shorter than /me/orders
    for read in reads[:_MOST] if refused else ():
        for other in refused:
            # Twice: what succeeds at the second attempt needs nothing else before it.
            before, after = answers(other, other), answers(read, other)
            if before[1] in _WITHOUT_ROW and 200 <= after[1] < 300:
                return read.operation_id
    return ""
