"""Devices that a user has signed in with, and which of them are remembered."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from apiproof.cognito.context import EmulatorContext
from apiproof.cognito.errors import ParameterInvalid, ResourceNotFound
from apiproof.cognito.srp import SrpServer


@dataclass(frozen=True)
class DeviceSettings:
    """What a pool does with devices.

    Attributes:
        are_tracked: whether the pool has a DeviceConfiguration.
        on_prompt: whether a confirmed device is remembered only once the user says so.
        are_trusted: whether a remembered device stands in for a second factor.
    """

    are_tracked: bool
    on_prompt: bool
    are_trusted: bool

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Self:
        """Read a DeviceConfiguration; an empty one is none."""
        return cls(
            bool(settings),
            bool(settings.get("DeviceOnlyRememberedOnUserPrompt")),
            bool(settings.get("ChallengeRequiredOnNewDevice")),
        )


@dataclass(eq=False)
class Device:
    """One device; it proves itself by SRP with a password that only it knows.

    Attributes:
        key: names it.
        group_key: stands in the place of the pool's name in its proof.
        created: when a sign-in first had it.
        modified: when it was last confirmed or remembered.
        authenticated: when it last signed in.
        verifier: of its password; None until it is confirmed.
        salt: of its password.
        name: what the application calls it.
        is_remembered: whether it stands in for a second factor.
    """

    key: str
    group_key: str
    created: datetime
    modified: datetime
    authenticated: datetime
    verifier: int | None = None
    salt: int = 0
    name: str = ""
    is_remembered: bool = False

    def confirm(self, config: dict[str, str], name: str, now: datetime) -> None:
        """Take the verifier that the device has made of its password.

        Raises:
            ParameterInvalid: it is no number in base64.
        """
        try:
            verifier = base64.b64decode(config["PasswordVerifier"], validate=True)
            salt = base64.b64decode(config["Salt"], validate=True)
        except (KeyError, binascii.Error) as error:
            raise ParameterInvalid("Invalid device secret verifier config given.") from error
        self.verifier = int.from_bytes(verifier, "big")
        self.salt = int.from_bytes(salt, "big")
        self.name, self.modified = name, now

    def srp(self, srp_a: str) -> SrpServer:
        """Begin a run of SRP; raises as `SrpServer` does."""
        return SrpServer(self.group_key, self.key, self.verifier or 0, self.salt, srp_a)

    def to_json(self) -> dict[str, Any]:
        """Describe it as the API does."""
        attributes = {
            "device_status": "valid",
            "device_name": self.name,
            "last_ip_used": "127.0.0.1",
            "dev:device_remembered_status": "remembered"
            if self.is_remembered
            else "not_remembered",
        }
        return {
            "DeviceKey": self.key,
            "DeviceAttributes": [
                {"Name": name, "Value": value} for name, value in attributes.items() if value
            ],
            "DeviceCreateDate": self.created,
            "DeviceLastModifiedDate": self.modified,
            "DeviceLastAuthenticatedDate": self.authenticated,
        }


class DeviceStore:
    """The devices of one user; those not confirmed yet are not listed."""

    def __init__(self) -> None:
        self._devices: dict[str, Device] = {}

    def create(self, context: EmulatorContext, region: str) -> Device:
        """Make a device for a sign-in that came with none."""
        now = context.clock.now()
        key = f"{region}_{context.new_id()}"
        device = Device(key, f"-{secrets.token_hex(4)}", now, now, now)
        self._devices[key] = device
        return device

    def find(self, key: str, *, confirmed: bool = True) -> Device:
        """Find a device.

        Raises:
            ResourceNotFound: there is none, or it was never confirmed.
        """
        device = self._devices.get(key)
        if device is None or (confirmed and device.verifier is None):
            raise ResourceNotFound("Device does not exist.")
        return device

    def listed(self) -> list[Device]:
        """Give the confirmed devices, the oldest first."""
        return [device for device in self._devices.values() if device.verifier is not None]

    def forget(self, key: str) -> None:
        """Forget a device; raises as `find` does."""
        self.find(key)
        del self._devices[key]
