"""The rules in force, as this process knows them."""

import os
import threading
from time import monotonic

from django.conf import settings
from django.db.models import BigAutoField, QuerySet
from simple_history.utils import bulk_update_with_history

from classifier.engine.rules import RuleEntry, RuleKind, RuleTable
from classifier.models import Category, Rule
from classifier.services.categories import category_info

# A change is known by the newest rows of history. Their largest key alone would not do: on
# PostgreSQL a transaction may take a key, and another with a later key may end before it.
NEWEST = 100
# For what leaves no history: rows that were changed past the program.
RELOAD_SECONDS = 60.0
BATCH = 500
UNSAVED = BigAutoField.MAX_BIGINT

Generation = tuple[tuple[int, ...], tuple[int, ...]]


class RuleBook:
    """The table of this process, read anew where a rule or a category was changed.

    One that looks does so for all: meanwhile the others go on with the table that is there.
    """

    def __init__(self) -> None:
        self.pid = os.getpid()
        self._table = RuleTable(())
        self._generation: Generation | None = None
        self._checked_at = self._loaded_at = float("-inf")
        self._looking = threading.Lock()

    def table(self) -> RuleTable:
        """As of ENGINE_POLL_SECONDS ago at the latest."""
        is_due = monotonic() - self._checked_at >= settings.ENGINE_POLL_SECONDS
        # The first ones wait: without a table there would be answers without rules.
        if is_due and self._looking.acquire(blocking=self._generation is None):
            try:
                self._look()
            finally:
                self._looking.release()
        return self._table

    def _look(self) -> None:
        now = monotonic()
        if now - self._checked_at < settings.ENGINE_POLL_SECONDS:
            return
        generation = _generation()
        if generation != self._generation or now - self._loaded_at >= RELOAD_SECONDS:
            self._table = load_rules()
            self._generation, self._loaded_at = generation, now
        self._checked_at = now


def load_rules(beside: RuleEntry | None = None) -> RuleTable:
    """The rules in force; with `beside` in the place of what is stored of it."""
    rules = Rule.objects.active().select_related("category__parent")
    entries = [entry_of(rule) for rule in rules.iterator()]
    if beside is not None:
        entries = [entry for entry in entries if entry.id != beside.id] + [beside]
    return RuleTable(entries)


def switch_rules(rules: "QuerySet[Rule]", is_active: bool) -> int:
    """Switch rules on or off, each with its history row. Returns how many changed."""
    changed = list(rules.filter(is_active=not is_active))
    for rule in changed:
        rule.is_active = is_active
    bulk_update_with_history(changed, Rule, ["is_active"], batch_size=BATCH)
    return len(changed)


def entry_of(rule: Rule) -> RuleEntry:
    """A rule as the table holds it; one that is not saved yet comes last of its position."""
    return RuleEntry(
        UNSAVED if rule.pk is None else rule.pk,
        rule.position,
        RuleKind(rule.kind),
        rule.canonical_pattern,
        category_info(rule.category),
        rule.category_id,
    )


def _generation() -> Generation:
    def newest(history: "type[Rule] | type[Category]") -> tuple[int, ...]:
        rows = history.history.order_by("-history_id")
        return tuple(rows.values_list("history_id", flat=True)[:NEWEST])

    return newest(Rule), newest(Category)


_book: RuleBook | None = None
_making = threading.Lock()


def rules_in_force() -> RuleTable:
    """This process's table, read on first use."""
    global _book
    with _making:
        if _book is None or _book.pid != os.getpid():
            _book = RuleBook()
        book = _book
    return book.table()


def forget_rules() -> None:
    """The next use reads them anew."""
    global _book
    _book = None


def _after_fork() -> None:
    global _making
    _making = threading.Lock()
    forget_rules()


os.register_at_fork(after_in_child=_after_fork)
