"""Messages to citizens by e-mail and SMS."""

from docflow.messages import bounces, kinds, listing, sms, templates
from docflow.messages.kinds import (
    NoSuchKind,
    after_ended,
    at_sending,
    attaching,
    chosen,
    chosen_by,
    declare,
)
from docflow.messages.listing import (
    MessageInfo,
    MessageLine,
    MessageNotFailed,
    NoSuchMessage,
    about,
    forget_about,
    masked,
    send_again,
    to_address,
)
from docflow.messages.models import Message, MessageTemplate
from docflow.messages.sending import FORGET, SEND, SEND_SEALED, give_up, send
from docflow.messages.values import (
    LANGUAGES,
    Addressee,
    Channel,
    Kind,
    MessageState,
    Way,
    Worded,
    Wording,
)

__all__ = [
    "FORGET",
    "LANGUAGES",
    "SEND",
    "SEND_SEALED",
    "Addressee",
    "Channel",
    "Kind",
    "Message",
    "MessageInfo",
    "MessageLine",
    "MessageNotFailed",
    "MessageState",
    "MessageTemplate",
    "NoSuchKind",
    "NoSuchMessage",
    "Way",
    "Worded",
    "Wording",
    "about",
    "after_ended",
    "at_sending",
    "attaching",
    "bounces",
    "chosen",
    "chosen_by",
    "declare",
    "forget_about",
    "give_up",
    "kinds",
    "listing",
    "masked",
    "send",
    "send_again",
    "sms",
    "templates",
    "to_address",
]
