"""How long work tells how far it is. Free of Django."""

from typing import Protocol


class Progress(Protocol):
    def __call__(self, share: float, message: str) -> None:
        """`share` of the work is done, from 0 to 1; `message` is a line for a person."""


def silent(share: float, message: str) -> None:
    """Tell nobody."""


def part_of(report: Progress, start: float, end: float, name: str = "") -> Progress:
    """A Progress for the part of the work from share `start` to share `end`.

    `name` is put before each message, so that the stages of parts that are alike differ.
    """

    def within(share: float, message: str) -> None:
        said = f"{name}, {message}" if name else message
        report(start + (end - start) * min(1.0, max(0.0, share)), said)

    return within
