"""What Cognito sends by email and SMS: the codes, the texts around them, and where they go."""

import hashlib
import re
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import urlencode

from apiproof.cognito import triggers
from apiproof.cognito.context import Message, Purpose
from apiproof.cognito.pool import Pool
from apiproof.cognito.users import User

CODE = "{####}"
USERNAME = "{username}"
# What stands for a link that confirms, around the words to click on.
_LINK = re.compile(r"\{##(.*?)##\}")
_LINK_TEXT = "Please click the link below to verify your email address. {##Verify Email##}"

# The purpose of a message, by what it was occasioned by: the last part of a trigger's source.
PURPOSES = {
    "SignUp": Purpose.SIGN_UP,
    "ResendCode": Purpose.SIGN_UP,
    "ForgotPassword": Purpose.PASSWORD_RESET,
    "UpdateUserAttribute": Purpose.ATTRIBUTE,
    "VerifyUserAttribute": Purpose.ATTRIBUTE,
    "AdminCreateUser": Purpose.INVITATION,
    "Authentication": Purpose.SIGN_IN,
}


@dataclass(frozen=True)
class Delivery:
    """A code on its way to a user.

    Attributes:
        occasion: why, as in the trigger source `CustomMessage_SignUp`: a key of `PURPOSES`.
        attribute: email or phone_number.
        code: the code, or a temporary password.
        client_id: through which app client; None for an administrator.
        metadata: the ClientMetadata of the call, for triggers.
        destination: where it goes; None for what the attribute holds.
    """

    occasion: str
    attribute: str
    code: str
    client_id: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    destination: str | None = None


def send_code(  # noqa: PLR0913 - keywords, each of them independent
    pool: Pool,
    user: User,
    occasion: str,
    attribute: str,
    *,
    client_id: str | None = None,
    metadata: dict[str, str] | None = None,
    destination: str | None = None,
) -> dict[str, str]:
    """Make a confirmation code, send it, and give the CodeDeliveryDetails; arguments as above."""
    context = pool.context
    now, random = context.clock.now(), context.random
    code = user.codes.create(PURPOSES[occasion], attribute, now=now, random=random)
    delivery = Delivery(occasion, attribute, code.value, client_id, metadata or {}, destination)
    send(pool, user, delivery)
    return delivery_details(attribute, destination or user.attribute(attribute) or "")


def send(pool: Pool, user: User, delivery: Delivery) -> None:
    """Send a message: to the pool's own sender, if it has one, else to the outbox.

    Raises:
        LambdaRefused: a trigger raised.
        LambdaAnswerInvalid: a trigger's answer makes no sense.
    """
    by_email = delivery.attribute == "email"
    sender = "CustomEmailSender" if by_email else "CustomSMSSender"
    text, subject = _texts(pool, user, delivery)
    if pool.has_trigger(sender):
        request = {
            "type": f"custom{sender.removeprefix('Custom')}RequestV1",
            "code": delivery.code,
            "clientMetadata": delivery.metadata or None,  # a null, unlike elsewhere
            "userAttributes": user.event_attributes(),
        }
        _run(pool, user, delivery, sender, request, {})
        return
    message = Message(
        username=user.username,
        destination=delivery.destination or user.attribute(delivery.attribute) or "",
        code=delivery.code,
        purpose=PURPOSES[delivery.occasion],
        sent_at=pool.context.clock.now(),
        text=_filled(text, user, delivery, pool.context.base_url),
        subject=_filled(subject, user, delivery, "") if by_email else "",
    )
    pool.context.outbox.post(message)


def _filled(template: str, user: User, delivery: Delivery, url: str) -> str:
    text = template.replace(CODE, delivery.code).replace(USERNAME, user.username)
    parameters = {
        "client_id": delivery.client_id or "",
        "user_name": user.username,
        "confirmation_code": delivery.code,
    }
    link = f"{url}/confirmUser?{urlencode(parameters)}"
    return _LINK.sub(lambda found: f'<a href="{escape(link)}">{found[1]}</a>', text)


def _texts(pool: Pool, user: User, delivery: Delivery) -> tuple[str, str]:
    text, subject = _templates(pool, delivery)
    if not pool.has_trigger("CustomMessage"):
        return text, subject
    request = {
        "userAttributes": user.event_attributes(),
        "codeParameter": CODE,
        "usernameParameter": USERNAME if delivery.occasion == "AdminCreateUser" else None,
        "linkParameter": "{##Click Here##}",
    } | triggers.metadata_of(delivery.metadata)
    empty = {"smsMessage": None, "emailMessage": None, "emailSubject": None}
    response = _run(pool, user, delivery, "CustomMessage", request, empty)
    own = response.get("emailMessage" if delivery.attribute == "email" else "smsMessage")
    # A text without the code is of no use: Cognito then sends its own (developer guide, "Custom
    # message Lambda trigger").
    if own and (CODE in own or _LINK.search(own)):
        text = str(own)
    return text, str(response.get("emailSubject") or subject)


def _templates(pool: Pool, delivery: Delivery) -> tuple[str, str]:
    """Give body and subject; the defaults are those of CreateUserPool."""
    config, by_email = pool.extended_config, delivery.attribute == "email"
    if delivery.occasion == "AdminCreateUser":
        invitation = (config.get("AdminCreateUserConfig") or {}).get("InviteMessageTemplate") or {}
        text = invitation.get("EmailMessage" if by_email else "SMSMessage")
        default = f"Your username is {USERNAME} and temporary password is {CODE}. "
        return text or default, invitation.get("EmailSubject") or "Your temporary password"
    if delivery.occasion == "Authentication":
        mail = pool.email_mfa_config or {}
        text = mail.get("Message") if by_email else config.get("SmsAuthenticationMessage")
        subject = mail.get("Subject")
        return text or f"Your authentication code is {CODE}. ", subject or "Your sign-in code"
    template = config.get("VerificationMessageTemplate") or {}
    by_link = template.get("DefaultEmailOption") == "CONFIRM_WITH_LINK"
    if by_link and by_email and PURPOSES[delivery.occasion] is Purpose.SIGN_UP:
        text, subject = template.get("EmailMessageByLink"), template.get("EmailSubjectByLink")
        return text or _LINK_TEXT, subject or "Your verification link"
    name = "EmailVerificationMessage" if by_email else "SmsVerificationMessage"
    subject = config.get("EmailVerificationSubject") or "Your verification code"
    return config.get(name) or f"Your verification code is {CODE}. ", subject


def _run(  # noqa: PLR0913, PLR0917 - parts of one event
    pool: Pool,
    user: User,
    delivery: Delivery,
    name: str,
    request: dict[str, Any],
    response: dict[str, Any],
) -> dict[str, Any]:
    return triggers.run(
        pool,
        name,
        f"{name}_{delivery.occasion}",
        client_id=delivery.client_id,
        username=user.username,
        request=request,
        response=response,
    )


def delivery_details(attribute: str, destination: str) -> dict[str, str]:
    """Tell where a code went, masked as Cognito masks it."""
    medium = "SMS" if attribute == "phone_number" else "EMAIL"
    return {
        "Destination": masked(attribute, destination),
        "DeliveryMedium": medium,
        "AttributeName": attribute,
    }


def masked(attribute: str, destination: str) -> str:
    """Hide most of an address."""
    if attribute == "phone_number":
        return f"+{'*' * 7}{destination[-4:]}"
    name, _, host = destination.partition("@")
    return f"{name[:1]}***@{host[:1]}***"


def simulated_delivery(username: str) -> dict[str, str]:
    """Give delivery details for someone who isn't there, the same ones each time."""
    digest = hashlib.sha256(username.encode()).hexdigest()
    return delivery_details("email", f"{digest[0]}@{digest[1]}")
