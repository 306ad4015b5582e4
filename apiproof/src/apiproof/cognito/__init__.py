"""A Cognito user pool that behaves like Cognito, offline, for any project that uses boto3.

    with Cognito.start() as cognito:
        client = cognito.client()

Everything public is here; SUPPORT.md, beside this file, tells what is supported, what differs and
what is missing.
"""

from apiproof.cognito.context import CognitoClock, Message, NothingSent, Outbox, Purpose
from apiproof.cognito.emulator import Cognito
from apiproof.cognito.errors import CognitoError
from apiproof.cognito.keys import PoolKeys, SigningKey
from apiproof.cognito.operations.base import secret_hash
from apiproof.cognito.outages import Outage, OutageNotTriggered, Outages
from apiproof.cognito.server import HostUnusable, PortTaken
from apiproof.cognito.settings import PasswordPolicy, PoolSettings
from apiproof.cognito.state import StateUnusable
from apiproof.cognito.tokens import Tokens

__all__ = [
    "Cognito",
    "CognitoClock",
    "CognitoError",
    "HostUnusable",
    "Message",
    "NothingSent",
    "Outage",
    "OutageNotTriggered",
    "Outages",
    "Outbox",
    "PasswordPolicy",
    "PoolKeys",
    "PoolSettings",
    "PortTaken",
    "Purpose",
    "SigningKey",
    "StateUnusable",
    "Tokens",
    "secret_hash",
]
