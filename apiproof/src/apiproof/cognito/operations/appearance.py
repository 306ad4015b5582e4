"""What the sign-in page looks like and links to: branding, CSS and terms.

Everything is kept and described. The plain page of this emulator has the CSS of SetUICustomization
and links to terms; the settings and images of managed login branding change nothing in it.
"""

import base64
import re
from typing import Any

from moto.core.responses import ActionResult

from apiproof.cognito.errors import (
    BrandingExists,
    ParameterInvalid,
    ResourceNotFound,
    TermsExist,
)
from apiproof.cognito.operations.base import Operation
from apiproof.cognito.pool import Pool

Document = dict[str, Any]
_ALL_CLIENTS = "ALL"


# A selector, and what AWS lets it name (developer guide, "Customizing hosted UI branding").
_SELECTOR = re.compile(r"([^{}]+)\{[^{}]*\}")
_CUSTOMIZABLE = re.compile(r"\.[A-Za-z-]+-customizable(:[a-z-]+)?")


def _check_css(css: str) -> None:
    for selectors in _SELECTOR.findall(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        for selector in selectors.split(","):
            if not _CUSTOMIZABLE.fullmatch(selector.strip()):
                raise ParameterInvalid(
                    f"The CSS class {selector.strip()} is not in the list of allowed classes."
                )


def _decoded(value: Any, name: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError) as error:
        raise ParameterInvalid(f"The {name} is not in base64.") from error


def _image_url(image: Any) -> str | None:
    """Give an address that holds the image itself; None for no image."""
    return f"data:image/png;base64,{image}" if _decoded(image, "ImageFile") else None


class Appearance(Operation):
    """Operations on branding, CSS and terms."""

    def _pool_of_client(self) -> Pool:
        """Find the pool of the call; the app client of the call must be one of its own."""
        pool = self.pool()
        client_id = self.params.get("ClientId", _ALL_CLIENTS)
        if client_id != _ALL_CLIENTS and client_id not in pool.clients:
            raise ResourceNotFound(f"User pool client {client_id} does not exist.")
        return pool

    def _dated(self, document: Document, before: Document | None = None) -> Document:
        now = self.context.clock.now()
        created = before["CreationDate"] if before else now
        return (before or {}) | document | {"CreationDate": created, "LastModifiedDate": now}

    # The page's CSS

    def set_ui_customization(self) -> ActionResult:
        """Set CSS and logo of the sign-in page, for one client or all."""
        pool, client_id = self._pool_of_client(), self.params.get("ClientId", _ALL_CLIENTS)
        if pool.domain is None:
            raise ParameterInvalid("A domain must be associated with this user pool.")
        _check_css(self.params.get("CSS") or "")
        if not self.params.get("CSS") and not self.params.get("ImageFile"):
            # How a customization is deleted (terraform-provider-aws, tests that run on AWS).
            pool.customizations.pop(client_id, None)
            return ActionResult({"UICustomization": {"UserPoolId": pool.id, "ClientId": client_id}})
        document = {
            "UserPoolId": pool.id,
            "ClientId": client_id,
            "CSS": self.params.get("CSS", ""),
            "ImageUrl": _image_url(self.params.get("ImageFile") or ""),
            "CSSVersion": self.context.clock.now().strftime("%Y%m%d%H%M%S"),
        }
        customizations = pool.customizations
        customizations[client_id] = self._dated(document, customizations.get(client_id))
        return ActionResult({"UICustomization": customizations[client_id]})

    def get_ui_customization(self) -> ActionResult:
        """Show that CSS; that of all clients where a client has none of its own."""
        pool, client_id = self._pool_of_client(), self.params.get("ClientId", _ALL_CLIENTS)
        return ActionResult({"UICustomization": pool.customization(client_id)})

    # Branding of managed login

    def create_managed_login_branding(self) -> ActionResult:
        """Create the branding of an app client."""
        pool, given = self._pool_of_client(), self._given_branding()
        if any(each["ClientId"] == self.params["ClientId"] for each in pool.brandings.values()):
            raise BrandingExists
        branding_id = self.context.new_id()
        pool.brandings[branding_id] = self._dated(given | {"ManagedLoginBrandingId": branding_id})
        return self._branding(pool.brandings[branding_id])

    def update_managed_login_branding(self) -> ActionResult:
        """Replace a branding: what is left out is gone."""
        before, given = self._find_branding(), self._given_branding()
        lasting = {name: before[name] for name in ("ClientId", "UserPoolId", "CreationDate")}
        self.pool().brandings[before["ManagedLoginBrandingId"]] = self._dated(given) | lasting
        return self._branding(self._find_branding())

    def _given_branding(self) -> Document:
        """Give the branding of the call, with the bytes of its assets.

        Raises:
            ParameterInvalid: it has settings of its own and Cognito's at once, or an asset in no
                base64.
        """
        if self.params.get("UseCognitoProvidedValues") and self.params.get("Settings"):
            raise ParameterInvalid(
                "useCognitoProvidedValues or settings should be specified (but not both)"
            )
        given = {"UseCognitoProvidedValues": False} | self.params
        if assets := self.params.get("Assets"):
            given["Assets"] = [
                asset | {"Bytes": _decoded(asset["Bytes"], "Bytes")} if "Bytes" in asset else asset
                for asset in assets
            ]
        return given

    def describe_managed_login_branding(self) -> ActionResult:
        """Show a branding."""
        return self._branding(self._find_branding())

    def describe_managed_login_branding_by_client(self) -> ActionResult:
        """Show the branding of an app client."""
        for branding in self._pool_of_client().brandings.values():
            if branding["ClientId"] == self.params["ClientId"]:
                return self._branding(branding)
        raise ResourceNotFound("The app client has no managed login branding.")

    def delete_managed_login_branding(self) -> ActionResult:
        """Delete a branding."""
        del self.pool().brandings[self._find_branding()["ManagedLoginBrandingId"]]
        return ActionResult({})

    def _find_branding(self) -> Document:
        branding = self.pool().brandings.get(self.params["ManagedLoginBrandingId"])
        if branding is None:
            raise ResourceNotFound("Managed login branding does not exist.")
        return branding

    @staticmethod
    def _branding(document: Document) -> ActionResult:
        return ActionResult({"ManagedLoginBranding": document})

    # Terms

    def create_terms(self) -> ActionResult:
        """Create terms that the sign-in page of an app client links to."""
        pool = self._pool_of_client()
        if self._named(pool) is not None:
            raise TermsExist
        terms_id = self.context.new_id()
        document = {"Links": {}} | self.params | {"TermsId": terms_id}
        pool.terms[terms_id] = self._dated(document)
        return ActionResult({"Terms": pool.terms[terms_id]})

    def update_terms(self) -> ActionResult:
        """Change terms."""
        before = self._find_terms()
        self.pool().terms[before["TermsId"]] = self._dated(self.params, before)
        return ActionResult({"Terms": self._find_terms()})

    def describe_terms(self) -> ActionResult:
        """Show terms."""
        return ActionResult({"Terms": self._find_terms()})

    def describe_terms_by_client(self) -> ActionResult:
        """Show the terms of an app client by their name."""
        found = self._named(self._pool_of_client())
        if found is None:
            raise ResourceNotFound("Terms do not exist.")
        return ActionResult({"Terms": found})

    def list_terms(self) -> ActionResult:
        """List a pool's terms."""
        terms, token = self.page(list(self.pool().terms.values()), "TermsId")
        return ActionResult({"Terms": terms, "NextToken": token})

    def delete_terms(self) -> ActionResult:
        """Delete terms."""
        del self.pool().terms[self._find_terms()["TermsId"]]
        return ActionResult({})

    def _find_terms(self) -> Document:
        terms = self.pool().terms.get(self.params["TermsId"])
        if terms is None:
            raise ResourceNotFound("Terms do not exist.")
        return terms

    def _named(self, pool: Pool) -> Document | None:
        wanted = self.params["ClientId"], self.params["TermsName"]
        found = (t for t in pool.terms.values() if (t["ClientId"], t["TermsName"]) == wanted)
        return next(found, None)
