"""A Cognito user pool that behaves like Cognito, offline, for any project that uses boto3.

    with Cognito.start() as cognito:
        client = cognito.client()

Everything public is here; SUPPORT.md, beside this file, tells what is supported, what differs and
what is missing. The package knows nothing of the service under test, nor of the rest of the kit.
"""

from apiproof.cognito.appclient import secret_hash
from apiproof.cognito.clock import CognitoClock
from apiproof.cognito.errors import CognitoRefusal
from apiproof.cognito.keys import PoolKeys, SigningKey
from apiproof.cognito.minting import Tokens
from apiproof.cognito.outages import Outage, Outages, OutageUnmet
from apiproof.cognito.outbox import Message, NothingSent, Outbox, Purpose
from apiproof.cognito.server import PortTaken
from apiproof.cognito.settings import PasswordPolicy, PoolSettings
from apiproof.cognito.standin import Cognito

__all__ = [
    "Cognito",
    "CognitoClock",
    "CognitoRefusal",
    "Message",
    "NothingSent",
    "Outage",
    "OutageUnmet",
    "Outages",
    "Outbox",
    "PasswordPolicy",
    "PoolKeys",
    "PoolSettings",
    "PortTaken",
    "Purpose",
    "SigningKey",
    "Tokens",
    "secret_hash",
]
