"""What a cell of a file holds: text that no spreadsheet takes for a formula."""

import re
from datetime import date, datetime, time

# What a spreadsheet may run or hide. An apostrophe before it makes it text; one that was there
# before gets another, so that every text comes back as it was.
_DANGEROUS = re.compile(r"'*[=+\-@\t\r]")
_ESCAPED = re.compile(r"'+[=+\-@\t\r]")


def escape(text: str) -> str:
    """A text for a cell: `=1+1` becomes `'=1+1`."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def unescape(text: str) -> str:
    """What `escape` was given. A text of another program is left alone, unless it begins as if
    it were escaped."""
    return text[1:] if _ESCAPED.match(text) else text


def text_of(value: object) -> str:
    """A workbook's value as it would stand in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)
