import pytest
from pytest_django import Settings

from classifier.models import Prediction
from classifier.services.predictions import TransactionRequest, classify_transactions

pytestmark = pytest.mark.django_db

# At 0.5 the number drawn of so many is outside 60 to 140 once in a hundred million runs.
MANY = 200


def record(count: int) -> None:
    classify_transactions([TransactionRequest("TESCO STORES 3217")] * count)


@pytest.mark.parametrize(("share", "drawn"), [(0.0, 0), (1.0, MANY)])
def test_none_or_all_are_drawn_where_the_share_says_so(
    settings: Settings, share: float, drawn: int
) -> None:
    settings.AUDIT_SHARE = share
    record(MANY)
    assert Prediction.objects.filter(is_audited=True).count() == drawn


def test_each_prediction_is_drawn_by_itself(settings: Settings) -> None:
    settings.AUDIT_SHARE = 0.5
    record(MANY)
    assert 60 <= Prediction.objects.filter(is_audited=True).count() <= 140
