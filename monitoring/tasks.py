"""Doors for the workers: an id in, one call."""

from django.contrib.auth import get_user_model


def measure_drift_of_the_day() -> None:
    from monitoring.services import drift_measurement

    drift_measurement.measure_due()


def measure_drift(by_id: int) -> None:
    from monitoring.services import drift_measurement

    drift_measurement.measure_last_day(get_user_model().objects.filter(pk=by_id).first())
