"""Secrets that anybody may guess: common words in their spellings, and short numbers."""

import pytest

from apiproof.jwt import sign_hmac
from apiproof.jwt.guessing import guess_secret


def _signed(secret: str, algorithm: str = "HS256") -> str:
    return sign_hmac({"alg": algorithm, "typ": "JWT"}, {"sub": "ada"}, secret.encode())


@pytest.mark.parametrize("secret", ["secret", "SECRET", "Secret", "CHANGE_ME", "Change-me"])
def test_a_common_secret_is_guessed_in_every_usual_spelling(secret: str) -> None:
    assert guess_secret(_signed(secret)) == secret.encode()


@pytest.mark.parametrize("secret", ["0", "42", "999", "00000", "000007"])
def test_numbers_of_up_to_six_digits_are_guessed(secret: str) -> None:
    assert guess_secret(_signed(secret)) == secret.encode()


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_whatever_the_hash(algorithm: str) -> None:
    assert guess_secret(_signed("31", algorithm)) == b"31"
