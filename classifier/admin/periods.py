"""Drill down by date: years, months, days.

Django's own date hierarchy asks the database for the distinct months of the whole table, with
a function called for each row: seconds for a million rows. Here the oldest and the newest row
are looked up by the index, and what lies between them is offered.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format

PARTS = ("year", "month", "day")


@dataclass(frozen=True, slots=True)
class Period:
    """A choice with its link. `back` leads out of it, `chosen` is where one is."""

    title: str
    query: str
    is_back: bool = False
    is_chosen: bool = False


def chosen_span(field: str, params: QueryDict) -> tuple[datetime, datetime] | None:
    """Start and end, itself no part of it, of the period that `params` names; None for none."""
    year, month, day = _Links(field, params).chosen()
    if year is None:
        return None
    first = date(year, month or 1, day or 1)
    last_month = month or 12
    last = date(year, last_month, day or monthrange(year, last_month)[1])
    if first.year == date.min.year or last == date.max:
        # Its first or last moment may have no date in another time zone.
        return None
    return midnight(first), midnight(last + timedelta(days=1))


def midnight(day: date) -> datetime:
    """Its first moment, in the time zone of the pages."""
    return timezone.make_aware(datetime.combine(day, time.min))


def drill_down(
    field: str,
    params: QueryDict,
    oldest: datetime | None,
    newest: datetime | None,
    without: str = "All dates",
) -> list[Period]:
    """The choices under the period that `params` names by `field`__year, __month and __day.

    `without` says what is shown where it names none.

    A level with one choice is passed over. Empty where there are no rows.
    """
    if oldest is None or newest is None:
        return []
    first, last = timezone.localtime(oldest).date(), timezone.localtime(newest).date()
    links = _Links(field, params)
    year, month, day = links.chosen()
    today = timezone.localdate()
    periods = [links.day("Today", today), links.day("Yesterday", today - timedelta(days=1))]
    if year is not None:
        periods.insert(0, links.back(without))
    elif first.year == last.year:
        year = first.year
        month = first.month if first.month == last.month else None
    if year is not None and month is not None and day is not None:
        chosen = date(year, month, day)
        title = date_format(chosen, "j F Y")
        return [*periods, links.month(year, month), links.day(title, chosen, is_chosen=True)]
    if year is None:
        return periods + [links.year(each) for each in range(first.year, last.year + 1)]
    if month is None:
        months = [date(year, each, 1) for each in range(1, 13)]
        return periods + [
            links.month(year, each.month)
            for each in months
            if first.replace(day=1) <= each <= last.replace(day=1)
        ]
    days = [date(year, month, each) for each in range(1, monthrange(year, month)[1] + 1)]
    return periods + [
        links.day(date_format(each, "j M"), each) for each in days if first <= each <= last
    ]


class _Links:
    """Query strings that keep the other filters and start at the first page."""

    def __init__(self, field: str, params: QueryDict) -> None:
        self.field = field
        self.params = params

    def chosen(self) -> tuple[int | None, int | None, int | None]:
        """Year, month, day as the address has them; none of them where they are no date."""
        words = [self.params.get(f"{self.field}__{part}", "") for part in PARTS]
        try:
            year, month, day = (int(word) if word else None for word in words)
            date(*(1 if number is None else number for number in (year, month, day)))
        except (ValueError, OverflowError):
            return None, None, None
        has_year, has_month = year is not None, year is not None and month is not None
        return year, month if has_year else None, day if has_month else None

    def back(self, title: str) -> Period:
        return Period(title, self._query(), is_back=True)

    def year(self, year: int) -> Period:
        return Period(str(year), self._query(year=year))

    def month(self, year: int, month: int) -> Period:
        title = date_format(date(year, month, 1), "F Y")
        return Period(title, self._query(year=year, month=month))

    def day(self, title: str, day: date, is_chosen: bool = False) -> Period:
        query = self._query(year=day.year, month=day.month, day=day.day)
        return Period(title, query, is_chosen=is_chosen)

    def _query(self, **parts: int) -> str:
        params = self.params.copy()
        for name in ("p", *(f"{self.field}__{part}" for part in PARTS)):
            params.pop(name, None)
        for part, value in parts.items():
            params[f"{self.field}__{part}"] = str(value)
        return f"?{params.urlencode()}"
