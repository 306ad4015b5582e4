"""What only the owner of a user pool can do: sign anything, disable anyone. For forgers and guards.

It knows a world; it must not know what the forgeries are for.
"""

from typing import Any

from understudy.tokens import signed
from understudy.world import World


class WorldPowers:
    """The powers over a world in this process."""

    def __init__(self, world: World) -> None:
        self._world = world

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign any header and claims with the key of access tokens, by the header's `alg`."""
        return signed(header, claims, self._world.cognito.keys.access.private_key)

    def id_token(self, username: str) -> str:
        """Return an id token of a user."""
        return self._world.cognito.mint(username).id_token

    def jwks(self) -> list[dict[str, Any]]:
        """Return the published keys."""
        return [dict(key) for key in self._world.cognito.keys.jwks()["keys"]]

    def disable(self, username: str) -> bool:
        """Disable an account as the service's operators would; False if the subject can't."""
        how = self._world.subject.disable
        if how is None:
            return False
        how(self._world.surroundings, username)
        return True
