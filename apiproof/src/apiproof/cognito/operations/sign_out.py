"""RevokeToken, GlobalSignOut and AdminUserGlobalSignOut: how tokens end before they expire.

A revoked JWT still verifies offline until `exp`: only Cognito
itself refuses it (AWS developer guide, "Revoking tokens").
"""

from moto.core.responses import ActionResult

from apiproof.cognito.errors import ClientForbidden, OperationUnsupported, TokenTypeUnsupported
from apiproof.cognito.operations.base import Operation


class SignOut(Operation):
    """Signing out."""

    def revoke_token(self) -> ActionResult:
        """Kill one refresh token and the access tokens made from it.

        An unknown token is no error, as in RFC 7009.
        """
        pool, client = self.pool_and_client()
        secret = self.params.get("ClientSecret") or ""
        if client.generate_secret and not client.has_secret(secret):
            raise ClientForbidden("Invalid client secret.")
        if not client.revokes_tokens:
            raise OperationUnsupported("Token revocation is not enabled for this client.")
        token = self.params["Token"]
        if pool.sessions.issued(token) is not None:
            raise TokenTypeUnsupported
        session = pool.sessions.find(token)
        if session is None:
            return ActionResult({})
        if session.client_id != client.id:
            raise ClientForbidden("Refresh token is not issued to this client.")
        pool.sessions.end(session)
        return ActionResult({})

    def global_sign_out(self) -> ActionResult:
        """Kill all tokens of the caller."""
        pool, user = self.user_from_access_token()
        pool.sessions.end_all(user)
        return ActionResult({})

    def admin_user_global_sign_out(self) -> ActionResult:
        """Kill all tokens of a user."""
        pool = self.pool()
        pool.sessions.end_all(pool.get(self.params["Username"]))
        return ActionResult({})
