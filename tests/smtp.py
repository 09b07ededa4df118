"""A mail server for tests."""

from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from docflow.embedded import processes
from tests.waiting import wait_until


class SmtpServer:
    """A mail server in a thread of this process that keeps what it gets in `messages`."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[list[str]] = []
        self._controller = Controller(
            self, hostname=processes.LOOPBACK, port=processes.free_port(), ready_timeout=10
        )

    @property
    def url(self) -> str:
        return f"smtp://{processes.LOOPBACK}:{self._controller.port}"

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop(no_assert=True)

    def wait_for(self, count: int, *, seconds: float = 10) -> list[EmailMessage]:
        """The messages, as soon as there are `count` of them."""
        wait_until(lambda: len(self.messages) >= count, what=f"{count} mails", seconds=seconds)
        return self.messages

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Called by aiosmtpd with each message."""
        content = envelope.original_content or b""
        self.recipients.append(list(envelope.rcpt_tos))
        self.messages.append(message_from_bytes(content, policy=policy.default))
        return "250 kept"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
