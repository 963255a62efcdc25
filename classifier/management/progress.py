"""Progress of long commands on the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from classifier.progress import Progress


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A bar from 0 to 100% on standard error; nothing where that is no terminal."""
    with tqdm(
        total=100,
        desc=title,
        unit="%",
        disable=None,
        bar_format="{desc}: {percentage:3.0f}%|{bar:30}| {elapsed} {postfix}",
    ) as bar:

        def report(share: float, message: str) -> None:
            bar.set_postfix_str(message, refresh=False)
            bar.n = round(share * 100)
            bar.refresh()

        yield report
