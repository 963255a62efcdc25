"""The README's table of settings is what `settings.py` reads: no more, no less."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READERS = {
    "flag",
    "whole",
    "share",
    "words",
    "choice",
    "country",
    "text",
    "database",
    "dotted_path",
    "dotted_paths",
    "mapping",
    "email_sender",
    "email_server",
    "time_zone",
    "redis_server",
    "networks",
    "web_address",
}


def variables_read() -> set[str]:
    """First arguments of every reader's call in settings.py."""
    tree = ast.parse((ROOT / "txcat" / "settings.py").read_text())
    names = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function = node.func
        called = function.attr if isinstance(function, ast.Attribute) else function.id  # type: ignore[attr-defined]
        first = node.args[0]
        if called in READERS and isinstance(first, ast.Constant) and isinstance(first.value, str):
            names.add(first.value)
    return names


def variables_documented() -> set[str]:
    return set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))


def test_every_setting_is_documented_and_every_documented_one_is_read() -> None:
    read = variables_read()
    assert len(read) > 15
    assert variables_documented() == read
