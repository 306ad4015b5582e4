"""The server's side of SRP-6a as Cognito speaks it: 3072-bit group, SHA-256, HKDF.

The password is proven without being sent. Sources: RFC 5054 (the group, g = 2) and RFC 2945; what
Cognito adds (the derived key, the signed message, the padding) is what
amazon-cognito-identity-js, aws-amplify and pycognito compute.
"""

import base64
import hashlib
import hmac
import re
import secrets
from functools import lru_cache

from apiproof.cognito.errors import ParameterInvalid

N = int(
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7ED"
    "EE386BFB5A899FA5AE9F24117C4B1FE649286651ECE45B3DC2007CB8A163BF0598DA48361C55D39A69163FA8FD24CF5F"
    "83655D23DCA3AD961C62F356208552BB9ED529077096966D670C354E4ABC9804F1746C08CA18217C32905E462E36CE3B"
    "E39E772C180E86039B2783A2EC07A28FB5C55DF06F4C52C9DE2BCBF6955817183995497CEA956AE515D2261898FA0510"
    "15728E5A8AAAC42DAD33170D04507A33A85521ABDF1CBA64ECFB850458DBEF0A8AEA71575D060C7DB3970F85A6E1E4C7"
    "ABF5AE8CDB0933D71E8C94E04A25619DCEE3D2261AD2EE6BF12FFA06D98A0864D87602733EC86A64521F2B18177B200C"
    "BBE117577A615D6C770988C0BAD946E208E24FA074E5AB3143DB5BFCE0FD108E4B82D120A93AD2CAFFFFFFFFFFFFFFFF",
    16,
)
G = 2
_HEX = re.compile("[0-9a-fA-F]+")
_INFO = b"Caldera Derived Key\x01"
# Exponents of 256 bits are what RFC 5054, section 3.1, asks for at least.
_EXPONENT_BITS = 256


def padded(number: int) -> bytes:
    """Give the bytes that clients hash: a leading zero keeps the number positive."""
    return number.to_bytes(number.bit_length() // 8 + 1, "big")


def _hash(data: bytes) -> int:
    return int.from_bytes(hashlib.sha256(data).digest(), "big")


K = _hash(padded(N) + bytes([G]))


@lru_cache(maxsize=1024)
def _verifier(pool_name: str, username: str, password: str, salt: int) -> int:
    identity = hashlib.sha256(f"{pool_name}{username}:{password}".encode()).digest()
    return pow(G, _hash(padded(salt) + identity), N)


def salt_of(pool_id: str, username: str) -> int:
    """Give the salt of a user, the same at each sign-in, of 16 bytes in any spelling."""
    digest = hashlib.sha256(f"{pool_id}:{username}".encode()).digest()
    return int.from_bytes(digest[:16], "big") >> 1 | 1 << 126


class SrpServer:
    """One run of the protocol.

    Args:
        group: what is hashed before the name: of a user the pool's id after the region, of a device
            its group key.
        username: `USER_ID_FOR_SRP`, or the key of a device.
        verifier: of what the client has to prove.
        salt: of the verifier.
        srp_a: the client's public value, in hexadecimal.

    Raises:
        ParameterInvalid: `srp_a` is no number of the group.
    """

    def __init__(self, group: str, username: str, verifier: int, salt: int, srp_a: str) -> None:
        self._pool_name = group
        self._username = username
        self.salt = salt
        self.secret_block = base64.b64encode(secrets.token_bytes(768)).decode()
        self._a = _public_value(srp_a)
        self._verifier = verifier
        self._exponent = secrets.randbits(_EXPONENT_BITS) | 1 << (_EXPONENT_BITS - 1)
        self.b = (K * self._verifier + pow(G, self._exponent, N)) % N

    @classmethod
    def of_password(
        cls, pool_id: str, username: str, password: str | None, srp_a: str
    ) -> "SrpServer":
        """Begin the run of a user.

        Args:
            pool_id: the pool's id.
            username: `USER_ID_FOR_SRP`.
            password: what the client has to prove; None if nothing will do.
            srp_a: as above.
        """
        group, salt = pool_id.partition("_")[2], salt_of(pool_id, username)
        known = password if password is not None else secrets.token_hex(16)
        return cls(group, username, _verifier(group, username, known, salt), salt, srp_a)

    def parameters(self) -> dict[str, str]:
        """Give the ChallengeParameters of PASSWORD_VERIFIER."""
        return {
            "SALT": f"{self.salt:x}",
            "SRP_B": f"{self.b:x}",
            "SECRET_BLOCK": self.secret_block,
            "USERNAME": self._username,
            "USER_ID_FOR_SRP": self._username,
        }

    def proves(self, signature: str, timestamp: str) -> bool:
        """Whether PASSWORD_CLAIM_SIGNATURE proves the password.

        Args:
            signature: what the client sent, in base64.
            timestamp: the TIMESTAMP that it signed.
        """
        scrambler = _hash(padded(self._a) + padded(self.b))
        shared = pow(self._a * pow(self._verifier, scrambler, N), self._exponent, N)
        pseudo_random_key = hmac.digest(padded(scrambler), padded(shared), "sha256")
        key = hmac.digest(pseudo_random_key, _INFO, "sha256")[:16]
        message = (
            f"{self._pool_name}{self._username}".encode()
            + base64.b64decode(self.secret_block)
            + timestamp.encode()
        )
        expected = base64.b64encode(hmac.digest(key, message, "sha256"))
        return hmac.compare_digest(expected, signature.encode())


def _public_value(srp_a: str) -> int:
    if not _HEX.fullmatch(srp_a):  # the text is what AWS says, measured (localstack-ext 3.8.1)
        raise ParameterInvalid(
            f"1 validation error detected: Value '{srp_a}' at 'a' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: ^{_HEX.pattern}$"
        )
    value = int(srp_a, 16) if len(srp_a) <= 2 * 384 + 2 else 0
    if value % N == 0:
        raise ParameterInvalid("Incorrect SRP_A value.")
    return value
