"""How right the audited answers are, as far as they were reviewed."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from classifier.engine.shares import wilson_interval
from classifier.models import ModelVersion, Prediction, ReviewItem
from classifier.services.audit import AuditFigures, audit_figures
from classifier.services.review import discard, skip, submit, undo
from classifier.services.review_collection import fill_queue
from tests.reviews import answered, predicted

pytestmark = pytest.mark.usefixtures("active_version")


def item_of(text: str) -> ReviewItem:
    return ReviewItem.objects.get(canonical_text=text.lower())


def only() -> AuditFigures:
    (figures,) = audit_figures()
    return figures


def test_an_answer_is_right_where_the_reviewer_says_the_same(admin_user: User) -> None:
    for text in ("QWOP ONE", "QWOP ONE", "QWOP TWO"):
        answered(text, "groceries", is_audited=True)
    predicted("QWOP THREE", is_audited=True)
    answered("QWOP FOUR", "groceries", is_audited=True)
    # Not drawn: whatever is said of it, it does not count.
    answered("QWOP ONE", "groceries")
    fill_queue()
    submit(item_of("QWOP ONE").pk, "groceries", admin_user)
    submit(item_of("QWOP TWO").pk, "fast-food", admin_user)
    submit(item_of("QWOP THREE").pk, "fast-food", admin_user)
    figures = only()
    assert (figures.drawn, figures.reviewed) == (5, 4)
    coverage, accuracy = figures.coverage, figures.accuracy
    assert coverage is not None
    assert accuracy is not None
    # The abstention is neither right nor wrong: it takes from the coverage.
    assert (coverage.count, coverage.total) == (3, 4)
    assert (accuracy.count, accuracy.total, accuracy.value) == (2, 3, 2 / 3)
    assert (accuracy.low, accuracy.high) == wilson_interval(2, 3)


def test_before_anything_is_reviewed_nothing_can_be_said(admin_user: User) -> None:
    assert audit_figures() == []
    for text in ("QWOP ONE", "QWOP TWO"):
        answered(text, is_audited=True)
    fill_queue()
    skip(item_of("QWOP ONE").pk, admin_user)
    discard(item_of("QWOP TWO").pk, admin_user)
    figures = only()
    assert (figures.drawn, figures.reviewed, figures.coverage, figures.accuracy) == (
        2, 0, None, None,
    )  # fmt: skip


def test_an_answer_that_was_undone_says_nothing(admin_user: User) -> None:
    answered("QWOP ONE", is_audited=True)
    fill_queue()
    submit(item_of("QWOP ONE").pk, "groceries", admin_user)
    assert only().reviewed == 1
    undo(admin_user)
    assert only().reviewed == 0


def test_the_last_answer_counts_until_there_is_another(admin_user: User) -> None:
    answered("QWOP ONE", is_audited=True)
    fill_queue()
    submit(item_of("QWOP ONE").pk, "groceries", admin_user)
    answered("QWOP ONE", is_audited=True)
    fill_queue()
    item = item_of("QWOP ONE")
    assert item.state == ReviewItem.State.PENDING
    figures = only()
    assert (figures.reviewed, figures.accuracy and figures.accuracy.count) == (2, 2)
    submit(item.pk, "fast-food", admin_user)
    figures = only()
    assert (figures.reviewed, figures.accuracy and figures.accuracy.count) == (2, 0)


def test_each_version_has_its_own_and_a_date_leaves_out_what_was_before(
    admin_user: User, second_version: ModelVersion, active_version: ModelVersion
) -> None:
    old = answered("QWOP ONE", is_audited=True)
    answered("QWOP ONE", is_audited=True)
    new = answered("QWOP ONE", "fast-food", is_audited=True)
    Prediction.objects.filter(pk=new.pk).update(version=second_version)
    Prediction.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=9))
    fill_queue()
    submit(item_of("QWOP ONE").pk, "groceries", admin_user)

    def shares(since: timedelta) -> list[tuple[str, int, int]]:
        found = audit_figures(timezone.now() - since)
        return [
            (each.version, each.accuracy.count, each.accuracy.total)
            for each in found
            if each.accuracy
        ]

    names = second_version.name, active_version.name
    assert shares(timedelta(days=30)) == [(names[0], 0, 1), (names[1], 2, 2)]
    assert shares(timedelta(days=2)) == [(names[0], 0, 1), (names[1], 1, 1)]
