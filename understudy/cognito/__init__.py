"""A Cognito user pool that behaves like Cognito, offline, for any project that uses boto3.

    with Cognito.start() as cognito:
        client = cognito.client()

Everything public is here; SUPPORT.md, beside this file, tells what is supported, what differs and
what is missing. The package knows nothing of the service under test, nor of the rest of the kit.
"""

from understudy.cognito.appclient import secret_hash
from understudy.cognito.clock import CognitoClock
from understudy.cognito.errors import CognitoRefusal
from understudy.cognito.keys import PoolKeys, SigningKey
from understudy.cognito.minting import Tokens
from understudy.cognito.outages import Outage, Outages, OutageUnmet
from understudy.cognito.outbox import Message, NothingSent, Outbox, Purpose
from understudy.cognito.server import PortTaken
from understudy.cognito.settings import PasswordPolicy, PoolSettings
from understudy.cognito.standin import Cognito

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
