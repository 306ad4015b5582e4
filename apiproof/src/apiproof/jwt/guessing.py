"""Secrets of HMAC-signed tokens, guessed offline: common words, words at hand, short numbers."""

import base64
import contextlib
import hashlib
import hmac
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Any

from apiproof.jwt.jws import decode, decode_unverified

DIGITS = 6  # the longest numbers that are tried, a million of them: about two seconds
SHORT = 64  # bytes of a key that fills one block at most, whatever the digest
_INNER, _OUTER = (bytes(byte ^ pad for byte in range(256)) for pad in (0x36, 0x5C))
# What tutorials, templates and example files set as their secret.
COMMON = [
    "secret",
    "secretkey",
    "secret_key",
    "secret-key",
    "mysecret",
    "my_secret",
    "my-secret",
    "mysecretkey",
    "my_secret_key",
    "my-secret-key",
    "supersecret",
    "super_secret",
    "super-secret",
    "supersecretkey",
    "super_secret_key",
    "super-secret-key",
    "topsecret",
    "top_secret",
    "verysecret",
    "verysecretkey",
    "notasecret",
    "notsecret",
    "shhhh",
    "shhhhh",
    "sharedsecret",
    "shared_secret",
    "secret123",
    "secret1234",
    "secretpassword",
    "secret_password",
    "password",
    "password1",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "pass",
    "changeme",
    "change_me",
    "change-me",
    "changeit",
    "changethis",
    "change_this",
    "change-this",
    "change_in_production",
    "change-in-production",
    "changemeinproduction",
    "default",
    "random",
    "key",
    "mykey",
    "my_key",
    "private",
    "privatekey",
    "private_key",
    "your_secret",
    "your-secret",
    "your_secret_key",
    "your-secret-key",
    "yoursecretkey",
    "your_jwt_secret",
    "your-jwt-secret",
    "your-256-bit-secret",
    "your-512-bit-secret",
    "your_256_bit_secret",
    "your-super-secret-key",
    "a-string-secret-at-least-256-bits-long",
    "jwt",
    "jwtsecret",
    "jwt_secret",
    "jwt-secret",
    "jwtsecretkey",
    "jwt_secret_key",
    "jwt-secret-key",
    "jwtkey",
    "jwt_key",
    "token",
    "tokensecret",
    "token_secret",
    "hmac",
    "hs256",
    "test",
    "testing",
    "testsecret",
    "test_secret",
    "test-secret",
    "testkey",
    "test_key",
    "dev",
    "devsecret",
    "dev_secret",
    "dev-secret",
    "dev-key",
    "development",
    "prod",
    "production",
    "staging",
    "local",
    "admin",
    "administrator",
    "root",
    "user",
    "guest",
    "letmein",
    "welcome",
    "welcome1",
    "iloveyou",
    "monkey",
    "dragon",
    "sunshine",
    "trustno1",
    "passwd",
    "pass123",
    "pass1234",
    "admin123",
    "admin1234",
    "root123",
    "toor",
    "test123",
    "test1234",
    "asdf",
    "asdf1234",
    "asdfgh",
    "zxcvbn",
    "1q2w3e4r",
    "qwerty",
    "qwerty123",
    "qwertyuiop",
    "abc123",
    "foobar",
    "foo",
    "bar",
    "baz",
    "hello",
    "helloworld",
    "hello_world",
    "example",
    "demo",
    "sample",
    "todo",
    "django-insecure",
    "flask",
    "fastapi",
    "express",
    "laravel",
    "spring",
    "api",
    "apikey",
    "api_key",
    "app",
    "application",
    "server",
    "session",
    "cookie",
    "keyboardcat",
    "keyboard_cat",
    "s3cr3t",
    "s3cret",
    "Sup3rS3cr3t",
    "0000",
    "1234",
    "12345",
    "123456",
    "1234567",
    "12345678",
    "123456789",
    "1234567890",
    "111111",
    "abc",
    "abcd",
    "abcd1234",
    "abcde",
    "abcdef",
    "abcdefghijklmnopqrstuvwxyz",
    "none",
    "null",
    "undefined",
    "empty",
    "insecure",
    "insecure-secret-key",
    "unsafe",
    "dontusethisinproduction",
    "this-is-a-secret",
    "thisisasecret",
    "thisismysecret",
    "this_is_a_secret_key",
    "some_secret",
    "somesecret",
    "some-secret",
    "the-secret",
    "thesecret",
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
]  # the last is the key of FastAPI's own tutorial, copied with it


def guess_secret(token: str, words: Iterable[str] = ()) -> bytes | None:
    """Return the secret that a token is signed with; None where it is not guessed.

    Args:
        token: A compact JWS.
        words: What may be part of it: words of the service's document.
    """
    return secret_among(token, _secrets(words))


def secret_among(token: str, secrets: Iterable[bytes]) -> bytes | None:
    """Return which of some secrets a token is signed with; None for none of them.

    Args:
        token: A compact JWS.
        secrets: To be tried.
    """
    jws = decode_unverified(token)
    algorithm = str(jws.header.get("alg", "")) if jws else ""
    if jws is None or algorithm not in {"HS256", "HS384", "HS512"}:
        return None
    digest = getattr(hashlib, f"sha{algorithm[2:]}")
    text = token.rpartition(".")[0].encode()
    try:
        signature = decode(jws.signature)
    except ValueError:
        return None
    for secret in secrets:
        if _signed(secret, text, digest) == signature:
            return secret
    return None


def _signed(secret: bytes, text: bytes, digest: Any) -> bytes:
    """Return the HMAC of a text (RFC 2104): that of the standard library, in half its time.

    Args:
        secret: The key.
        text: What is signed.
        digest: Of `hashlib`.
    """
    if len(secret) > SHORT:
        return hmac.digest(secret, text, digest)
    size = 64 if digest is hashlib.sha256 else 128
    key = secret.ljust(size, b"\0")
    inner: bytes = digest(key.translate(_INNER) + text).digest()
    outer: bytes = digest(key.translate(_OUTER) + inner).digest()
    return outer


def _secrets(words: Iterable[str]) -> Iterator[bytes]:
    yield b""
    common = (spelling for word in COMMON for spelling in _spellings(word))
    for word in dict.fromkeys((*common, *_variants(words))):
        yield word.encode()
        yield from from_base64(word)
    for length in range(1, DIGITS + 1):
        for digits in itertools.product(b"0123456789", repeat=length):
            yield bytes(digits)


def from_base64(text: str) -> Iterator[bytes]:
    """Yield what a text stands for in Base64: Java's libraries take secrets so, words too."""
    whole = text[: len(text) - (len(text) % 4 == 1)]
    with contextlib.suppress(ValueError):
        yield base64.b64decode(whole + "=" * (-len(whole) % 4), altchars=b"-_", validate=True)


def _variants(words: Iterable[str]) -> Iterator[str]:
    for text in words:
        for word in (text, *re.findall(r"[A-Za-z0-9]{3,}", text)):
            for spelling in _spellings(word):
                yield spelling
                yield spelling * 2
                for tail in ("secret", "_secret", "-secret", "key", "123", "1", "!"):
                    yield spelling + tail


def _spellings(word: str) -> Iterable[str]:
    """Return a word in the cases that constants and templates have it in, itself first."""
    return dict.fromkeys((word, word.lower(), word.upper(), word.title(), word.capitalize()))
