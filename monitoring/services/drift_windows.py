"""Which days are measured, and which calm days they are held against."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from classifier.models import ModelVersion
from monitoring.collectors import samples
from monitoring.models import DriftReference
from monitoring.models.drift import MIN_CALM_DAYS

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalmWindow:
    """Whole days, both ends with it. `reference` is None where nobody chose it."""

    first_day: date
    last_day: date
    reference: DriftReference | None = None

    @property
    def days(self) -> list[date]:
        count = (self.last_day - self.first_day).days + 1
        return [self.first_day + number * DAY for number in range(count)]

    def __str__(self) -> str:
        return f"{self.first_day} to {self.last_day}"


@dataclass(frozen=True, slots=True)
class CalmWindows:
    """What a version's answers are held against, and what texts are, whoever answered them; where
    there is no window, `reason` says why."""

    of_version: CalmWindow | None
    of_texts: CalmWindow | None
    reason: str


def bounds(day: date) -> tuple[datetime, datetime]:
    """When a day of the site's clock begins and ends; it may have 23 or 25 hours."""
    zone = timezone.get_current_timezone()
    return (
        datetime.combine(day, time(), zone),
        datetime.combine(day + DAY, time(), zone),
    )


def last_full_day(now: datetime) -> date:
    return timezone.localtime(now).date() - DAY


def calm_windows(version: ModelVersion, start: datetime) -> CalmWindows:
    """Of what begins at `start`. The window that was chosen last for the version, else its first
    full days of being live. Until these are over, texts are held against the full days before
    it went live: they do not depend on who answers."""
    chosen = DriftReference.objects.filter(version=version).first()
    if chosen is not None:
        window = CalmWindow(chosen.first_day, chosen.last_day, chosen)
        return CalmWindows(window, window, "")
    live_since = samples.live_since(version)
    if live_since is None:
        return CalmWindows(None, None, f"{version} was never live.")
    live_day = timezone.localtime(live_since).date()
    first_days = CalmWindow(live_day + DAY, live_day + MIN_CALM_DAYS * DAY)
    if bounds(first_days.last_day)[1] <= start:
        return CalmWindows(first_days, first_days, "")
    return CalmWindows(
        None,
        CalmWindow(live_day - MIN_CALM_DAYS * DAY, live_day - DAY),
        f"The calm window of {version}, its first {MIN_CALM_DAYS} full days, ends with "
        f"{first_days.last_day}.",
    )
