"""A webhook is a signed JSON document, sent to the very address that was checked, in time."""

import socket
from ipaddress import ip_network
from typing import Any

import pytest

from monitoring.models import Receiver
from monitoring.notifiers import Deadline, Message, Outcome
from monitoring.notifiers.webhook import WebhookNotifier
from tests.monitoring.notifiers.messages import ID, message, resolved, said
from tests.monitoring.webhooks import SECRET, Handler, Hook, answering, is_signed

NOTIFIER = WebhookNotifier()


def receiver(url: str, **fields: Any) -> Receiver:
    return Receiver(**{"name": "ops", "kind": "webhook", "url": url, "secret": SECRET, **fields})


def send(hook: Hook, seconds: float = 10) -> Outcome:
    return NOTIFIER.send(receiver(hook.url), message(said()), Deadline(seconds))


def test_the_receiver_gets_the_document_its_id_and_a_signature(hook: Hook) -> None:
    assert send(hook) == Outcome(True, "200 ok")
    (heard,) = hook.heard
    assert heard.path == "/hook"
    assert heard.headers["Content-Type"] == "application/json"
    assert heard.headers["Host"] == hook.url.split("/")[2]
    assert heard.headers["X-Txcat-Delivery"] == heard.document["id"] == str(ID)
    assert is_signed(heard, SECRET)
    assert not is_signed(heard, "another secret of some length")


def test_the_document_says_what_is_wrong_and_how_much_more(hook: Hook) -> None:
    NOTIFIER.send(receiver(hook.url), message(said(), resolved(), more=998), Deadline(10))
    document = hook.heard[0].document
    assert (document["status"], document["firing"], document["resolved"]) == ("firing", 999, 1)
    assert document["more"] == 998
    first, second = document["alerts"]
    assert first["text"] == "23% of requests fail; above 20% is critical."
    assert first["url"] == "https://txcat.example/admin/monitoring/alert/7/change/"
    assert second["resolved_at"] == "2026-11-26T10:30:00+00:00"


def test_a_message_survives_its_way_through_the_table() -> None:
    sent = message(said(), resolved())
    assert Message.from_json(ID, sent.to_json()) == sent


def test_it_is_resolved_where_nothing_of_it_fires() -> None:
    assert message(resolved()).status == "resolved"
    assert message(said(), resolved()).status == "firing"


def test_a_test_wakes_nobody_who_is_paged_by_what_fires() -> None:
    assert message().status == "resolved"


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_what_may_pass_is_tried_again(hook: Hook, status: int) -> None:
    hook.behave = answering(status)
    outcome = send(hook)
    assert (outcome.is_sent, outcome.is_final) == (False, False)
    assert outcome.answer == f"{status} said"


@pytest.mark.parametrize("status", [400, 401, 404, 410])
def test_what_is_refused_is_final(hook: Hook, status: int) -> None:
    hook.behave = answering(status)
    outcome = send(hook)
    assert (outcome.is_sent, outcome.is_final) == (False, True)


def test_a_redirect_is_not_followed(hook: Hook) -> None:
    hook.behave = answering(307, Location="/elsewhere")
    outcome = send(hook)
    assert (outcome.is_sent, outcome.is_final) == (False, True)
    assert [heard.path for heard in hook.heard] == ["/hook"]


def test_the_receiver_may_ask_to_be_left_alone_for_a_while(hook: Hook) -> None:
    hook.behave = answering(429, Retry_After="90")
    assert send(hook).retry_after == 90
    hook.behave = answering(429, Retry_After="Fri, 27 Nov 2026 10:00:00 GMT")
    assert send(hook).retry_after is None


def test_one_that_never_answers_is_given_up(hook: Hook) -> None:
    def wait(handler: Handler) -> None:
        hook.over.wait(30)

    hook.behave = wait
    outcome = send(hook, seconds=0.3)
    assert (outcome.is_sent, outcome.is_final, outcome.is_unknown) == (False, False, True)


def test_one_that_trickles_is_given_up(hook: Hook) -> None:
    """Each byte comes in time, and the answer never."""

    def trickle(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not hook.over.wait(0.02):
            handler.wfile.write(b"z")

    hook.behave = trickle
    outcome = send(hook, seconds=0.3)
    assert (outcome.is_sent, outcome.is_final) == (False, False)


def test_an_answer_without_end_is_read_to_a_bound(hook: Hook) -> None:
    def babble(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not hook.over.is_set():
            handler.wfile.write(b"x" * 65536)

    hook.behave = babble
    outcome = send(hook)
    assert outcome.is_sent
    assert len(outcome.answer) < 400


def test_an_answer_that_is_no_http_may_be_one_later(hook: Hook) -> None:
    def mutter(handler: Handler) -> None:
        handler.wfile.write(b"\0\xff nonsense\r\n\r\n")

    hook.behave = mutter
    outcome = send(hook)
    assert (outcome.is_sent, outcome.is_final, outcome.is_unknown) == (False, False, True)


def test_who_was_paused_until_after_the_deadline_sends_nothing(hook: Hook) -> None:
    outcome = send(hook, seconds=0)
    assert (outcome.is_sent, outcome.answer) == (False, "It took too long.")
    assert hook.heard == []


def test_nobody_listens(settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = [ip_network("127.0.0.0/8")]
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
    outcome = NOTIFIER.send(receiver(url), message(said()), Deadline(5))
    assert (outcome.is_sent, outcome.is_final, outcome.is_unknown) == (False, False, False)
    assert "ConnectionRefusedError" in outcome.answer


def test_a_private_address_is_refused_for_good_and_not_spoken_to(hook: Hook, settings: Any) -> None:
    settings.WEBHOOK_NETWORKS = []
    outcome = send(hook)
    assert (outcome.is_sent, outcome.is_final) == (False, True)
    assert "127.0.0.1, which is not public" in outcome.answer
    assert hook.heard == []


def test_a_name_is_asked_once_and_the_address_that_was_checked_is_used(
    hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that leads elsewhere when it is asked again gains nothing by it."""
    port = hook.url.split(":")[2].split("/")[0]
    asked = []
    look_up = socket.getaddrinfo

    def rebound(host: str, *arguments: Any, **options: Any) -> Any:
        if host == "rebound.example":
            asked.append(host)
            host = "127.0.0.1" if len(asked) == 1 else "10.0.0.1"
        return look_up(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebound)
    url = f"http://rebound.example:{port}/hook"
    assert NOTIFIER.send(receiver(url), message(said()), Deadline(5)).is_sent
    assert asked == ["rebound.example"]
    assert hook.heard[0].headers["Host"] == f"rebound.example:{port}"


def test_what_is_saved_is_checked_by_field() -> None:
    assert NOTIFIER.problems(receiver("")) == {"url": "A webhook needs an address."}
    assert "not public" in NOTIFIER.problems(receiver("http://10.0.0.1/"))["url"]
    assert "is not known" in NOTIFIER.problems(receiver("http://nowhere.invalid/"))["url"]
    short = NOTIFIER.problems(receiver("http://1.1.1.1/", secret="short"))
    assert short == {"secret": "Give at least 16 characters."}
    none = NOTIFIER.problems(receiver("http://1.1.1.1/", secret=""))
    assert none == {"secret": "It is signed: give a secret, or let one be made."}
    assert NOTIFIER.problems(receiver("http://1.1.1.1/")) == {}


def test_a_secret_is_in_no_text_of_its_receiver(hook: Hook) -> None:
    kept = receiver(hook.url)
    assert SECRET not in f"{kept} {kept!r}"
    send(hook)
    assert SECRET.encode() not in hook.heard[0].body
    assert SECRET not in str(hook.heard[0].headers)
