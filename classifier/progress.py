"""How long work tells how far it is. Free of Django."""

from typing import Protocol


class Progress(Protocol):
    def __call__(self, share: float, message: str) -> None:
        """`share` of the work is done, from 0 to 1; `message` is a line for a person."""


def silent(share: float, message: str) -> None:
    """Tell nobody."""


def part(report: Progress, start: float, end: float, stage: str = "") -> Progress:
    """Progress of a part of the work, which takes it from `start` to `end`: its messages are
    told as “stage: message”."""

    def tell(share: float, message: str) -> None:
        report(start + (end - start) * share, f"{stage}: {message}" if stage else message)

    return tell
