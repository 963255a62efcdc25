"""Dates and times of descriptors in ISO 8601."""

import re
from typing import Final

_TIME: Final = r"[0-2]?\d:[0-5]\d(?::[0-5]\d)?(?: ?[ap]m)?"
DATE_PARTS: Final = re.compile(
    rf"(?:(?:on|du|le|am|vom) )?(?P<date>.+?)(?:[/ ](?P<time>{_TIME}))?(?: (?P<mark>bcc|bdc|clp))?"
)
_NUMBERS: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\.?(?:[/.-](\d{4}|\d\d))?")
_NAMED: Final = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th)?[. -]{0,2}([^\W\d_]+)\.?(?:,?[ -]?((?:19|20)?\d\d))?"
)
_TIME_PARTS: Final = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?(?: ?([ap])m)?")
_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        (
            "jan ene",
            "feb fév fev",
            "mar mär mrt",
            "apr avr abr",
            "may mai mei",
            "jun juin",
            "jul juil",
            "aug aoû aou ago",
            "sep",
            "oct okt",
            "nov",
            "dec dez déc dic",
        ),
        start=1,
    )
    for name in names.split()
}


def iso_date(text: str, *, is_day_first: bool | None) -> str:
    """Return YYYY-MM-DD, or --MM-DD where no year is given.

    Two numbers that may both be a month are read by `is_day_first`; where that is None, and where
    the text is no such date (it may be in ISO 8601 already), the text comes back.
    """
    text = text.strip()
    if match := _NAMED.fullmatch(text):
        name = match[2]
        month = _MONTHS.get(name[:4]) or _MONTHS.get(name[:3])
        return _iso(match[3], month, int(match[1])) or text
    if match := _NUMBERS.fullmatch(text):
        first, second = int(match[1]), int(match[3])
        if match[2] != "/" or first > 12:
            is_day_first = first <= 31 and second <= 12
        elif second > 12:
            is_day_first = False
        elif first == second:
            is_day_first = True
        if is_day_first is not None:
            day, month = (first, second) if is_day_first else (second, first)
            return _iso(match[4], month, day) or text
    return text


def iso_time(text: str) -> str:
    """Return HH:MM or HH:MM:SS of 24 hours, the text itself where it is no time."""
    match = _TIME_PARTS.fullmatch(text.strip())
    if match is None or int(match[1]) > 23:
        return text
    hour = int(match[1])
    if match[4]:
        hour = hour % 12 + (12 if match[4] == "p" else 0)
    return f"{hour:02}:{match[2]}" + (f":{match[3]}" if match[3] else "")


def _iso(year: str | None, month: int | None, day: int) -> str:
    if month is None or not 1 <= month <= 12 or not 1 <= day <= 31:
        return ""
    if year is None:
        return f"--{month:02}-{day:02}"
    # Bookings are of this century; two digits from 70 on are of the last.
    century = "" if len(year) == 4 else "19" if int(year) >= 70 else "20"
    return f"{century}{year}-{month:02}-{day:02}"
