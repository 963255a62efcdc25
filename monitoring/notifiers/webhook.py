"""A JSON document by POST, signed with the secret that the receiver shares with us."""

import hashlib
import hmac
import json
from dataclasses import asdict
from time import time
from typing import Any

from monitoring.exceptions import NoAnswerError, RefusedAddressError, UnknownHostError
from monitoring.models import Receiver
from monitoring.notifiers.addresses import resolve, target_of
from monitoring.notifiers.message import Deadline, Message, Outcome
from monitoring.notifiers.post import Answer, post

SIGNATURE, DELIVERY = "X-Txcat-Signature", "X-Txcat-Delivery"
MIN_SECRET = 16
MAX_SHOWN = 300
TOO_MANY, TOO_LATE = 429, 408
SUCCESS, SERVER_ERROR = range(200, 300), 500


class WebhookNotifier:
    """The document has the fields of Message, with the receiver's name."""

    send_seconds = 10.0
    is_signed_always = True

    def problems(self, receiver: Receiver) -> dict[str, str]:
        problems = {}
        if not receiver.url:
            problems["url"] = "A webhook needs an address."
        else:
            try:
                resolve(target_of(receiver.url))
            except (RefusedAddressError, UnknownHostError) as error:
                problems["url"] = str(error)
        if self.is_signed_always and not receiver.secret:
            problems["secret"] = "It is signed: give a secret, or let one be made."  # noqa: S105
        if receiver.secret and len(receiver.secret) < MIN_SECRET:
            problems["secret"] = f"Give at least {MIN_SECRET} characters."
        return problems

    def document(self, receiver: Receiver, message: Message) -> dict[str, Any]:
        return {
            "id": str(message.id),
            "kind": message.kind,
            "status": message.status,
            "receiver": receiver.name,
            "subject": message.subject,
            "written_at": message.written_at,
            "firing": message.firing,
            "resolved": message.resolved,
            "more": message.more,
            "alerts": [asdict(alert) for alert in message.alerts],
        }

    def send(self, receiver: Receiver, message: Message, deadline: Deadline) -> Outcome:
        body = json.dumps(self.document(receiver, message), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "txcat",
            DELIVERY: str(message.id),
        }
        if receiver.secret:
            headers[SIGNATURE] = signature(receiver.secret, body, int(time()))
        try:
            target = target_of(receiver.url)
            answer = post(target, resolve(target), body, headers, deadline)
        except RefusedAddressError as error:
            return Outcome(False, str(error), is_final=True)
        except (UnknownHostError, TimeoutError) as error:
            return Outcome(False, str(error) or "It took too long.")
        except NoAnswerError as error:
            return Outcome(False, str(error)[:MAX_SHOWN], is_unknown=True)
        except OSError as error:
            return Outcome(False, f"{type(error).__name__}: {error}"[:MAX_SHOWN])
        return outcome_of(answer)


def signature(secret: str, body: bytes, moment: int) -> str:
    """`t=<seconds since 1970>,v1=<HMAC-SHA256 of "t.body" in hex>`."""
    signed = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={signed.hexdigest()}"


def outcome_of(answer: Answer) -> Outcome:
    """2xx is sent; 5xx, 408 and 429 may be tried again; whatever else is refused for good."""
    text = " ".join(answer.text.split())[:MAX_SHOWN]
    said = f"{answer.status} {text}".strip()
    if answer.status in SUCCESS:
        return Outcome(True, said)
    is_final = answer.status < SERVER_ERROR and answer.status not in {TOO_LATE, TOO_MANY}
    after = answer.retry_after.strip()
    seconds = int(after) if after.isascii() and after.isdecimal() and len(after) < 6 else None
    return Outcome(False, said, is_final, seconds)
