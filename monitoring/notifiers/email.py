"""A plain text by email, through the server of TXCAT_EMAIL_URL."""

import smtplib
from collections.abc import Mapping
from contextlib import closing

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email

from monitoring.exceptions import NoAnswerError
from monitoring.models import Receiver
from monitoring.notifiers.message import FIRING, Deadline, Message, Outcome, SaidAlert
from monitoring.notifiers.smtp import TimedEmailBackend

OFF = (
    "This site sends no email: TXCAT_EMAIL_URL, the server's address, is not set. Whoever runs it "
    "sets it and TXCAT_EMAIL_FROM."
)
MAX_ADDRESSES = 20
# From here on, SMTP's codes say that it is refused for good.
PERMANENT = 500
MAX_SHOWN = 300


class EmailNotifier:
    """One mail to all addresses of the receiver."""

    # Servers hold back those whom they do not trust, line by line.
    send_seconds = 30.0

    def problems(self, receiver: Receiver) -> dict[str, str]:
        addresses = addresses_of(receiver)
        problems = {} if settings.EMAIL_SERVER else {"kind": OFF}
        if not addresses:
            problems["addresses"] = "Email needs an address at least."
        elif len(addresses) > MAX_ADDRESSES:
            problems["addresses"] = f"At most {MAX_ADDRESSES} addresses; make a list of your own."
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError:
                problems["addresses"] = f"“{address}” is no email address."
        return problems

    def send(self, receiver: Receiver, message: Message, deadline: Deadline) -> Outcome:
        """The mail's own id is the message's: a second delivery is known as such."""
        if not settings.EMAIL_SERVER:
            return Outcome(False, OFF, is_final=True)
        domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
        to = addresses_of(receiver)
        connection = TimedEmailBackend(deadline, **settings.EMAIL_SERVER)
        mail = EmailMessage(
            subject=f"[txcat] {message.subject}",
            body=text_of(message),
            to=to,
            headers={
                "Message-ID": f"<{message.id}@{domain}>",
                "Auto-Submitted": "auto-generated",
            },
            connection=connection,
        )
        try:
            with closing(connection):
                mail.send()
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            return Outcome(False, _shown(error), is_final=min(codes, default=0) >= PERMANENT)
        except smtplib.SMTPResponseException as error:
            return Outcome(False, _shown(error), is_final=error.smtp_code >= PERMANENT)
        except NoAnswerError as error:
            return Outcome(False, str(error)[:MAX_SHOWN], is_unknown=True)
        except (smtplib.SMTPServerDisconnected, TimeoutError) as error:
            return Outcome(False, str(error) or "It took too long.")
        except OSError as error:
            # smtplib's other errors are such, too.
            return Outcome(False, _shown(error))
        return Outcome(True, _answer(len(to), connection.refused)[:MAX_SHOWN])


def addresses_of(receiver: Receiver) -> list[str]:
    return [word.strip() for word in receiver.addresses.split(",") if word.strip()]


def text_of(message: Message) -> str:
    """What fires first, each in a paragraph; then how many more there are, and where to look."""
    paragraphs = [_paragraph(alert) for alert in message.alerts]
    if not paragraphs:
        paragraphs = [
            "This is a test: nothing is wrong. Alerts that are told to this receiver come the same "
            "way."
        ]
    if message.more:
        paragraphs.append(f"And {message.more:,} more.")
    if settings.PUBLIC_URL:
        paragraphs.append(f"{settings.PUBLIC_URL}/admin/monitoring/alert/")
    return "\n\n".join(paragraphs) + "\n"


def _paragraph(alert: SaidAlert) -> str:
    word = alert.severity.upper() if alert.status == FIRING else "RESOLVED"
    name = f"{alert.name}, {alert.label}" if alert.label else alert.name
    lines = [f"{word}: {name}", alert.text, f"Since {alert.fired_at}"]
    if alert.resolved_at:
        lines[-1] += f", over at {alert.resolved_at}"
    lines += [line for line in (alert.url, _runbook(alert)) if line]
    return "\n".join(lines)


def _runbook(alert: SaidAlert) -> str:
    return f"What to do: {alert.runbook_url}" if alert.runbook_url else ""


def _answer(asked: int, refused: Mapping[str, tuple[int, bytes]]) -> str:
    taken = asked - len(refused)
    answer = f"Handed over for {taken} {'address' if taken == 1 else 'addresses'}."
    if not refused:
        return answer
    each = (
        f"{address} ({code} {words.decode('utf-8', 'replace')})"
        for address, (code, words) in refused.items()
    )
    return f"{answer} Refused: {', '.join(each)}."


def _shown(error: OSError) -> str:
    return f"{type(error).__name__}: {error}"[:MAX_SHOWN]
