"""What was asked last is kept with its vectors, by whichever worker finds that it is due."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from django.utils import timezone
from pytest_django import Settings

from classifier import runtime
from classifier.engine.descriptors import normalize
from classifier.engine.traffic import Asked
from classifier.engine.types import Direction
from classifier.exceptions import BundleError, NoEngineError
from classifier.models import Activation, ModelVersion, Prediction, TrafficSnapshot
from classifier.services import traffic
from classifier.services.activations import activate_version
from classifier.services.predictions import TransactionRequest, classify_transactions
from classifier.services.traffic import read_snapshot, take_snapshot, take_snapshot_if_due
from tests.artifacts import stored_blob

pytestmark = pytest.mark.django_db


def ask(*texts: str, amount: int | None = None, country: str = "") -> None:
    money = None if amount is None else Decimal(amount)
    classify_transactions(
        [TransactionRequest(text, amount=money, country=country) for text in texts]
    )


def age(row: TrafficSnapshot, minutes: int) -> None:
    started_at = timezone.now() - timedelta(minutes=minutes)
    TrafficSnapshot.objects.filter(pk=row.pk).update(started_at=started_at)


def test_each_distinct_transaction_is_in_it_once_with_its_count(
    active_version: ModelVersion,
) -> None:
    ask("NETFLIX.COM", "netflix.com", "SHELL OIL 57442")
    ask("NETFLIX.COM", amount=-5)
    ask("NETFLIX.COM", country="gb")
    row = take_snapshot()
    held = read_snapshot(row).traffic
    netflix = normalize("NETFLIX.COM")
    assert dict(zip(held.asked, held.counts.tolist(), strict=True)) == {
        Asked(netflix, None, "gb"): 1,
        Asked(netflix, Direction.EXPENSE, ""): 1,
        Asked(normalize("SHELL OIL 57442"), None, ""): 1,
        Asked(netflix, None, ""): 2,
    }
    assert (row.texts, row.predictions, row.version) == (4, 5, active_version)


def test_vectors_are_those_of_the_encoder_before_merchants(active_version: ModelVersion) -> None:
    ask("NETFLIX.COM")
    held = read_snapshot(take_snapshot())
    text = normalize("NETFLIX.COM")
    engine = runtime.get().serving().engine
    assert np.array_equal(held.traffic.vectors[0], engine.embed([text])[text])
    assert held.findings.sureness[0] > 0.5


def test_what_rules_and_people_answered_and_what_holds_no_text_is_left_out(
    active_version: ModelVersion,
) -> None:
    ask("NETFLIX.COM", "SHELL OIL 57442", "123 456")
    Prediction.objects.filter(description="SHELL OIL 57442").update(annotator="rule")
    held = read_snapshot(take_snapshot()).traffic
    assert [each.text for each in held.asked] == [normalize("NETFLIX.COM")]


def test_the_newest_are_kept_where_there_are_too_many(
    active_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "MAX_TEXTS", 2)
    ask("NETFLIX.COM", "SHELL OIL", "SPOTIFY")
    held = read_snapshot(take_snapshot()).traffic
    assert {each.text for each in held.asked} == {normalize("SHELL OIL"), normalize("SPOTIFY")}


def test_what_the_last_one_knows_is_not_embedded_again(active_version: ModelVersion) -> None:
    ask("NETFLIX.COM", "SHELL OIL")
    before = read_snapshot(take_snapshot())
    runtime.reset()
    ask("SPOTIFY")
    runtime.reset()
    after = read_snapshot(take_snapshot())
    assert runtime.get().cache.stats().misses == 1
    places = [after.traffic.asked.index(each) for each in before.traffic.asked]
    assert np.array_equal(after.traffic.vectors[places], before.traffic.vectors)
    assert np.array_equal(after.findings.closest[places], before.findings.closest)
    assert len(after.traffic.asked) == len(after.findings.kinds) == 3


def test_under_another_version_of_the_same_encoder_vectors_are_taken_and_findings_are_not(
    active_version: ModelVersion, different_version: ModelVersion, due: None
) -> None:
    ask("STARBUCKS 1234")
    before = read_snapshot(take_snapshot())
    activate_version(different_version)
    runtime.reset()
    row = take_snapshot()
    after = read_snapshot(row)
    assert row.version == different_version
    assert runtime.get().cache.stats().misses == 0
    assert np.array_equal(after.traffic.vectors, before.traffic.vectors)


def test_a_damaged_one_is_made_anew(active_version: ModelVersion) -> None:
    ask("NETFLIX.COM")
    row = take_snapshot()
    stored_blob(row.digest).write_bytes(b"spoiled")
    with pytest.raises(BundleError, match="is damaged"):
        read_snapshot(row)
    ask("SPOTIFY")
    assert len(read_snapshot(take_snapshot()).traffic.asked) == 2


def test_old_ones_go_with_their_files(active_version: ModelVersion) -> None:
    rows = []
    for text in ("NETFLIX.COM", "SHELL OIL", "SPOTIFY"):
        ask(text)
        rows.append(take_snapshot())
    assert list(TrafficSnapshot.objects.all()) == rows[:0:-1]
    assert [stored_blob(row.digest).exists() for row in rows] == [False, True, True]


def test_the_same_twice_is_one_file_that_stays(active_version: ModelVersion) -> None:
    ask("NETFLIX.COM")
    rows = [take_snapshot() for _ in range(4)]
    assert len({row.digest for row in rows}) == 1
    assert TrafficSnapshot.objects.count() == traffic.KEPT
    assert stored_blob(rows[0].digest).exists()


def test_one_is_due_after_minutes_if_somebody_asked_meanwhile(
    active_version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(traffic, "FEW_TEXTS", 0)
    ask("NETFLIX.COM")
    row = take_snapshot_if_due()
    assert row is not None
    ask("SPOTIFY")
    assert take_snapshot_if_due() is None
    age(row, minutes=16)
    newer = take_snapshot_if_due()
    assert newer is not None
    age(newer, minutes=16)
    assert take_snapshot_if_due() is None


def test_a_small_one_does_not_wait_where_there_is_more_traffic(
    active_version: ModelVersion,
) -> None:
    ask("NETFLIX.COM")
    take_snapshot_if_due()
    assert take_snapshot_if_due() is None
    ask("SPOTIFY")
    row = take_snapshot_if_due()
    assert row is not None
    assert row.texts == 2


def test_one_is_due_at_once_where_another_version_is_live(
    active_version: ModelVersion, second_version: ModelVersion, due: None
) -> None:
    ask("NETFLIX.COM")
    take_snapshot()
    activate_version(second_version)
    row = take_snapshot_if_due()
    assert row is not None
    assert row.version == second_version


def test_while_one_is_being_made_no_other_is_begun(active_version: ModelVersion) -> None:
    ask("NETFLIX.COM")
    unfinished = TrafficSnapshot.objects.create(version=active_version)
    assert take_snapshot_if_due() is None
    age(unfinished, minutes=16)
    assert take_snapshot_if_due() is not None


def test_without_traffic_it_is_empty(active_version: ModelVersion) -> None:
    row = take_snapshot()
    assert (row.texts, row.predictions) == (0, 0)
    assert read_snapshot(row).traffic.asked == ()


def test_without_an_active_version_none_is_taken(
    active_version: ModelVersion, settings: Settings
) -> None:
    Activation.objects.all().delete()
    ModelVersion.objects.update(status="candidate")
    assert take_snapshot_if_due() is None
    with pytest.raises(NoEngineError):
        take_snapshot()
    assert not TrafficSnapshot.objects.exists()
