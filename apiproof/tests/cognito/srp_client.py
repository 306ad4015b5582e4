"""The client's side of SRP as amazon-cognito-identity-js and pycognito compute it.

Written apart from `apiproof.cognito.srp`, so that each checks the other.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any

from apiproof.cognito.srp import N

TIMESTAMP = "Tue Nov 24 08:05:00 UTC 2026"


def _padded(number: int) -> str:
    text = f"{number:x}"
    if len(text) % 2:
        return f"0{text}"
    return f"00{text}" if text[0] in "89abcdef" else text


def _hash(text: str) -> int:
    return int(hashlib.sha256(bytes.fromhex(text)).hexdigest(), 16)


class SrpClient:
    """One sign-in of a client that knows a password."""

    def __init__(self, pool_id: str, password: str, group: str = "") -> None:
        self._pool_name = group or pool_id.split("_")[1]
        self._password = password
        self._exponent = secrets.randbits(256)
        self.public = pow(2, self._exponent, N)

    @property
    def srp_a(self) -> str:
        return f"{self.public:x}"

    def answer(self, parameters: dict[str, Any]) -> dict[str, str]:
        """Give the ChallengeResponses of PASSWORD_VERIFIER."""
        user, other = parameters["USER_ID_FOR_SRP"], int(parameters["SRP_B"], 16)
        scrambler = _hash(_padded(self.public) + _padded(other))
        identity = f"{self._pool_name}{user}:{self._password}".encode()
        salted = _padded(int(parameters["SALT"], 16)) + hashlib.sha256(identity).hexdigest()
        private = _hash(salted)
        base = other - _hash(f"00{N:x}02") * pow(2, private, N)
        shared = pow(base, self._exponent + scrambler * private, N)
        extracted = hmac.digest(
            bytes.fromhex(_padded(scrambler)), bytes.fromhex(_padded(shared)), "sha256"
        )
        key = hmac.digest(extracted, b"Caldera Derived Key\x01", "sha256")[:16]
        block = parameters["SECRET_BLOCK"]
        message = f"{self._pool_name}{user}".encode() + base64.b64decode(block)
        signature = hmac.digest(key, message + TIMESTAMP.encode(), "sha256")
        return {
            "USERNAME": user,
            "PASSWORD_CLAIM_SECRET_BLOCK": block,
            "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(signature).decode(),
            "TIMESTAMP": TIMESTAMP,
        }


class DeviceClient(SrpClient):
    """A device with a password that it has made up, as amazon-cognito-identity-js keeps it."""

    def __init__(self, metadata: dict[str, str]) -> None:
        super().__init__("", secrets.token_hex(20), metadata["DeviceGroupKey"])
        self.key = metadata["DeviceKey"]

    def verifier_config(self) -> dict[str, str]:
        """Give the DeviceSecretVerifierConfig of ConfirmDevice."""
        salt = _padded(secrets.randbits(128) | 1 << 127)
        identity = f"{self._pool_name}{self.key}:{self._password}".encode()
        private = _hash(salt + hashlib.sha256(identity).hexdigest())
        verifier = _padded(pow(2, private, N))
        numbers = {"Salt": salt, "PasswordVerifier": verifier}
        return {
            name: base64.b64encode(bytes.fromhex(number)).decode()
            for name, number in numbers.items()
        }

    def answer(self, parameters: dict[str, Any]) -> dict[str, str]:
        """Give the ChallengeResponses of DEVICE_PASSWORD_VERIFIER."""
        proof = super().answer(parameters | {"USER_ID_FOR_SRP": self.key})
        return proof | {"USERNAME": parameters["USERNAME"], "DEVICE_KEY": self.key}
