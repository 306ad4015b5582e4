"""App clients as machines: their secrets and tokens; certificates, logs, and risks."""

from typing import Any

from moto.core.responses import ActionResult

from apiproof.cognito.app_client import AppClient
from apiproof.cognito.errors import (
    AddOnNotEnabled,
    LimitExceeded,
    NotAuthorized,
    OperationUnsupported,
    OperationUnsupportedHere,
    ParameterInvalid,
    ResourceNotFound,
)
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.pool_rules import check_log_sources
from apiproof.cognito.sessions import STANDARD_SCOPES
from apiproof.cognito.tokens import issue_machine_token

_MOST_SECRETS = 2  # API reference, AddUserPoolClientSecret


class Machines(Operation):
    """Secrets and tokens of app clients, and what a pool has for other services of AWS."""

    def _client(self) -> AppClient:
        client = self.pool().clients.get(self.params["ClientId"])
        if client is None:
            raise ResourceNotFound(f"User pool client {self.params['ClientId']} does not exist.")
        return client

    # Secrets

    def add_user_pool_client_secret(self) -> ActionResult:
        """Add a second secret, so that the first can be replaced without an interruption."""
        client = self._client()
        if not client.generate_secret:
            raise ParameterInvalid("The app client is public, it has no secrets.")
        if len(client.secrets) >= _MOST_SECRETS:
            raise LimitExceeded(f"An app client has at most {_MOST_SECRETS} secrets.")
        value = self.params.get("ClientSecret") or client.new_secret()
        secret_id = client.add_secret(value, self.context.clock.now())
        described = self._described(client, secret_id) | {"ClientSecretValue": value}
        return ActionResult({"ClientSecretDescriptor": described})

    def list_user_pool_client_secrets(self) -> ActionResult:
        """List the secrets of an app client, without their values."""
        client = self._client()
        listed = [self._described(client, secret_id) for secret_id in client.secrets]
        return ActionResult({"ClientSecrets": listed})

    def delete_user_pool_client_secret(self) -> ActionResult:
        """Delete a secret, but never the last one."""
        client, secret_id = self._client(), self.params["ClientSecretId"]
        if secret_id not in client.secrets:
            raise ResourceNotFound("Client secret does not exist.")
        if len(client.secrets) == 1:
            raise ParameterInvalid("The last secret of an app client cannot be deleted.")
        del client.secrets[secret_id]
        return ActionResult({})

    @staticmethod
    def _described(client: AppClient, secret_id: str) -> dict[str, Any]:
        _, created = client.secrets[secret_id]
        dated = {"ClientSecretCreateDate": created} if created is not None else {}
        return {"ClientSecretId": secret_id} | dated

    # Tokens

    def get_client_token(self) -> ActionResult:
        """Give a machine its token, as `/oauth2/token` does for client credentials."""
        pool, client = self.pool_and_client()
        if not client.generate_secret or not client.has_secret(self.params["Secret"]):
            raise NotAuthorized(f"Unable to verify secret for client {client.id}")
        settings = client.extended_config
        if "client_credentials" not in (settings.get("AllowedOAuthFlows") or ()):
            raise OperationUnsupported("client_credentials is not enabled for this client.")
        allowed = [
            scope
            for scope in settings.get("AllowedOAuthScopes") or ()
            if scope not in STANDARD_SCOPES
        ]
        scopes = self.params.get("Scopes") or allowed
        if not scopes or not set(scopes) <= set(allowed):
            raise ParameterInvalid("A scope is not one of the client's.")
        result = {
            "AccessToken": issue_machine_token(
                pool, client, scopes, metadata=self.params.get("ClientMetadata")
            ),
            "ExpiresIn": int(client.lifetime("AccessToken").total_seconds()),
            "TokenType": "Bearer",
        }
        return ActionResult({"ClientAuthenticationResult": result})

    # What other services of AWS have to do with a pool

    def get_signing_certificate(self) -> ActionResult:
        """Give the certificate for signed SAML requests; this emulator sends none."""
        pool = self.pool()
        body = pool.keys.certificate(pool.id, pool.creation_date)
        return ActionResult({"Certificate": body})

    def set_log_delivery_configuration(self) -> ActionResult:
        """Keep where logs are to go; none are sent."""
        pool = self.pool()
        check_log_sources(pool.extended_config, self.params["LogConfigurations"])
        pool.log_configurations = self.params["LogConfigurations"]
        return self.get_log_delivery_configuration()

    def get_log_delivery_configuration(self) -> ActionResult:
        """Show where logs are to go."""
        pool = self.pool()
        answer = {"UserPoolId": pool.id, "LogConfigurations": pool.log_configurations}
        return ActionResult({"LogDeliveryConfiguration": answer})

    # Threat protection

    def set_risk_configuration(self) -> ActionResult:
        """Refuse: pools without threat protection have no risks to configure."""
        return self._no_threat_protection(self.pool())

    def describe_risk_configuration(self) -> ActionResult:
        """Refuse, likewise."""
        return self._no_threat_protection(self.pool())

    def admin_list_user_auth_events(self) -> ActionResult:
        """Refuse, likewise."""
        return self._no_threat_protection(self.pool_and_user()[0])

    def admin_update_auth_event_feedback(self) -> ActionResult:
        """Refuse, likewise."""
        return self._no_threat_protection(self.pool_and_user()[0])

    def update_auth_event_feedback(self) -> ActionResult:
        """Refuse, likewise."""
        return self._no_threat_protection(self.pool_and_user()[0])

    def _no_threat_protection(self, pool: Pool) -> ActionResult:
        mode = (pool.extended_config.get("UserPoolAddOns") or {}).get("AdvancedSecurityMode")
        if mode not in {None, "OFF"}:
            raise OperationUnsupportedHere(self.operation, "no risk is assessed")
        raise AddOnNotEnabled
