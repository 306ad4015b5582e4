"""Pools, and what belongs to one besides users and clients: tags, resource servers, providers."""

import re
from typing import Any

from moto.cognitoidp.models import CognitoResourceServer
from moto.core.responses import ActionResult

from apiproof.cognito.errors import ParameterInvalid, ResourceNotFound
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool
from apiproof.cognito.pool_rules import check_mfa_at_creation, check_schema_names

_POOL_ARN = re.compile(r"arn:[\w-]+:cognito-idp:[\w-]+:\d+:userpool/[\w-]+")


class Resources(Operation):
    """Pools, tags, resource servers, identity providers by identifier."""

    def create_user_pool(self) -> ActionResult:
        """Make a user pool."""
        check_mfa_at_creation(self.params)
        settings = self.parameters
        pool = self.backend.create_user_pool(settings.pop("PoolName"), settings, self.caller_region)
        return ActionResult({"UserPool": pool.to_json(extended=True)})

    def list_user_pools(self) -> ActionResult:
        """List the pools of the caller's region."""
        pools, token = self.backend.list_user_pools(
            region=self.caller_region,
            max_results=self.params["MaxResults"],
            next_token=self.params.get("NextToken"),
        )
        return ActionResult({"UserPools": [pool.to_json() for pool in pools], "NextToken": token})

    def add_custom_attributes(self) -> ActionResult:
        """Give the users of a pool more attributes."""
        check_schema_names(self.params["CustomAttributes"])
        return super().add_custom_attributes()

    # Tags

    def _tagged_pool(self) -> Pool:
        arn = self.params["ResourceArn"]
        if not _POOL_ARN.fullmatch(arn):
            raise ParameterInvalid(f"{arn} is not the ARN of a user pool.")
        for pool in self.backend.user_pools.values():
            if pool.arn == arn and self.caller_region in {None, pool.region}:
                return pool
        raise ResourceNotFound(f"Resource {arn} does not exist.")

    def tag_resource(self) -> ActionResult:
        """Add tags to a pool, or change them."""
        pool = self._tagged_pool()
        pool.tags |= self.params["Tags"]
        return ActionResult({})

    def untag_resource(self) -> ActionResult:
        """Take tags off a pool."""
        tags = self._tagged_pool().tags
        for key in self.params["TagKeys"]:
            tags.pop(key, None)
        return ActionResult({})

    def list_tags_for_resource(self) -> ActionResult:
        """Show a pool's tags."""
        return ActionResult({"Tags": self._tagged_pool().tags})

    # Resource servers

    def create_resource_server(self) -> ActionResult:
        """Define the scopes of an API."""
        pool, identifier = self.pool(), self.params["Identifier"]
        if identifier in pool.resource_servers:
            raise ParameterInvalid(f"{identifier} already exists in user pool {pool.id}.")
        server = CognitoResourceServer(pool.id, identifier, self.params["Name"], self._scopes())
        pool.resource_servers[identifier] = server
        return ActionResult({"ResourceServer": server.to_json()})

    def update_resource_server(self) -> ActionResult:
        """Replace name and scopes of an API."""
        server = self._resource_server()
        server.name, server.scopes = self.params["Name"], self._scopes()
        return ActionResult({"ResourceServer": server.to_json()})

    def delete_resource_server(self) -> ActionResult:
        """Delete an API with its scopes; tokens that have them live on."""
        server = self._resource_server()
        del self.pool().resource_servers[server.identifier]
        return ActionResult({})

    def _resource_server(self) -> CognitoResourceServer:
        server = self.pool().resource_servers.get(self.params["Identifier"])
        if server is None:
            raise ResourceNotFound("Resource server does not exist.")
        return server

    def _scopes(self) -> list[dict[str, str]]:
        scopes: list[dict[str, str]] = self.params.get("Scopes") or []
        names = [scope["ScopeName"] for scope in scopes]
        if len(set(names)) < len(names):
            raise ParameterInvalid("Two scopes have the same name.")
        return scopes

    # Identity providers

    def get_identity_provider_by_identifier(self) -> ActionResult:
        """Find an identity provider by one of its identifiers, e.g. an email domain."""
        pool, identifier = self.pool(), self.params["IdpIdentifier"]
        for provider in pool.identity_providers.values():
            if identifier in (provider.extended_config.get("IdpIdentifiers") or ()):
                described: dict[str, Any] = provider.to_json(extended=True)
                return ActionResult({"IdentityProvider": described | {"UserPoolId": pool.id}})
        raise ResourceNotFound(f"Identity provider {identifier} does not exist.")
