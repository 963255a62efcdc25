"""However many processes tell receivers of alerts, each hears it once."""

from pathlib import Path

from tests.races import race

SCRIPT = """
from ipaddress import ip_network
from django.conf import settings
from monitoring.models import Alert, AlertRule, Notification, Receiver
from monitoring.services import notifications
from tests.monitoring.webhooks import a_receiver, listening
from tests.monitoring.alerts import a_rule, an_alert

settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
base, ROUNDS = timezone.now(), 12
with listening() as hook:
    for _ in range(3):
        a_receiver(hook.url)
    rule = a_rule()

    def look(number):
        # Every look is a turn of its own: all of them run for it.
        for turn in range(ROUNDS):
            moment = base + timedelta(seconds=10 * turn)
            notifications.deliver(lambda: moment)
            if number == 0:
                an_alert(rule, label=str(turn), started_at=moment, fired_at=moment, wrong_at=moment)

    at_once(look)
    last = base + timedelta(seconds=10 * ROUNDS)
    for _ in range(2):
        notifications.deliver(lambda: last)
    ids = [heard.headers["X-Txcat-Delivery"] for heard in hook.heard]
    told = [
        (heard.document["receiver"], alert["label"])
        for heard in hook.heard for alert in heard.document["alerts"]
    ]
result = {
    "messages twice": len(ids) - len(set(ids)),
    "alerts twice": len(told) - len(set(told)),
    "told": len(set(told)),
    # A message that is still waiting is dropped where a newer one says what it said.
    "neither sent nor replaced": Notification.objects.exclude(status="sent").exclude(
        status="dropped", answer="A newer message says it."
    ).count(),
}
"""


def test_four_processes_tell_three_receivers_of_each_alert_once(tmp_path: Path) -> None:
    found = race(tmp_path / "data", SCRIPT)
    assert found == {
        "messages twice": 0,
        "alerts twice": 0,
        "told": 3 * 12,
        "neither sent nor replaced": 0,
    }
