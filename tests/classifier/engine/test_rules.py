"""Of many rules, the first that matches and fits decides."""

import pytest

from classifier.engine.rules import RuleEntry, RuleKind, RuleTable
from classifier.engine.types import CategoryInfo, Direction

FUN = CategoryInfo("fun", "Fun", "life", "Life", Direction.EXPENSE)
WAGES = CategoryInfo("wages", "Wages", "income", "Income", Direction.INCOME)


def entry(
    key: int, kind: RuleKind, pattern: str, category: CategoryInfo = FUN, position: int = 100
) -> RuleEntry:
    return RuleEntry(key, position, kind, pattern, category, key)


def found(table: RuleTable, text: str, mcc: str = "", flow: Direction | None = None) -> int | None:
    rule = table.find(text, mcc, flow)
    return rule.id if rule else None


TABLE = RuleTable(
    [
        entry(1, RuleKind.PREFIX, "corner"),
        entry(2, RuleKind.PREFIX, "corner bakery", position=50),
        entry(3, RuleKind.EXACT, "corner bakery oslo", position=60),
        entry(4, RuleKind.MCC, "5814", position=100),
        entry(5, RuleKind.EXACT, "acme payroll", WAGES, position=1),
        entry(6, RuleKind.PREFIX, "acme", position=2),
    ]
)


@pytest.mark.parametrize(
    ("text", "mcc", "rule"),
    [
        ("corner shop", "", 1),
        ("corner", "", 1),
        ("corne", "", None),
        ("the corner shop", "", None),
        ("corner bakery", "", 2),
        ("corner bakery oslo", "", 2),
        ("nobody", "5814", 4),
        ("nobody", "5815", None),
        ("corner shop", "5814", 1),
        ("", "", None),
    ],
)
def test_position_then_age_decides_over_all_kinds(text: str, mcc: str, rule: int | None) -> None:
    assert found(TABLE, text, mcc) == rule


def test_a_rule_whose_category_does_not_fit_is_passed_over() -> None:
    assert found(TABLE, "acme payroll", flow=None) == 5
    assert found(TABLE, "acme payroll", flow=Direction.INCOME) == 5
    assert found(TABLE, "acme payroll", flow=Direction.EXPENSE) == 6
    assert found(TABLE, "acme rent", flow=Direction.INCOME) is None


def test_no_look_up_goes_through_all_prefixes() -> None:
    many = RuleTable(entry(key, RuleKind.PREFIX, f"{key:06}") for key in range(10_000))
    assert len(many) == 10_000
    assert many._lengths == [6]
    assert found(many, "009999 and more") == 9_999
