"""Ways to tell a receiver of alerts. A notifier sends; who is told what and when is decided in
`monitoring.services.notifications`."""

from monitoring.models import Receiver
from monitoring.notifiers.alertmanager import AlertmanagerNotifier
from monitoring.notifiers.email import EmailNotifier
from monitoring.notifiers.message import Deadline, Message, Notifier, Outcome, SaidAlert
from monitoring.notifiers.webhook import WebhookNotifier

__all__ = [
    "NOTIFIERS",
    "Deadline",
    "Message",
    "Notifier",
    "Outcome",
    "SaidAlert",
]

NOTIFIERS: dict[str, Notifier] = {
    Receiver.Kind.EMAIL.value: EmailNotifier(),
    Receiver.Kind.WEBHOOK.value: WebhookNotifier(),
    Receiver.Kind.ALERTMANAGER.value: AlertmanagerNotifier(),
}
