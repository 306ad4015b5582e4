"""What only the owner of a user pool can do: sign anything, disable anyone. For forgers and guards.

It knows an environment; it must not know what the forgeries are for.
"""

from typing import Any

from apiproof.environment import Environment
from apiproof.jwt import sign_rsa


class TokenForger:
    """The powers over an environment in this process."""

    def __init__(self, env: Environment) -> None:
        self._env = env

    def sign(self, header: dict[str, Any], claims: dict[str, Any]) -> str:
        """Sign any header and claims with the key of access tokens, by the header's `alg`."""
        return sign_rsa(header, claims, self._env.cognito.keys.access.private_key)

    def id_token(self, username: str) -> str:
        """Return an id token of a user."""
        return self._env.cognito.issue_tokens(username).id_token

    def jwks(self) -> list[dict[str, Any]]:
        """Return the published keys."""
        return [dict(key) for key in self._env.cognito.keys.jwks()["keys"]]

    def disable(self, username: str) -> bool:
        """Disable an account as the service's operators would; False if the service can't."""
        how = self._env.service.disable
        if how is None:
            return False
        how(self._env.config, username)
        return True
