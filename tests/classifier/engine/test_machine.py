"""Figures of speed are compared only between machines that are alike."""

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from classifier.engine import machine
from classifier.engine.machine import Machine, this_machine

X86 = "processor : 0\nmodel name : Some CPU @ 2 GHz\nflags : fpu avx2 avx512_vnni fma\n"
ARM = "processor : 0\nFeatures : fp asimd asimddp\nCPU part : 0xd40\n"
KNOWN = Machine("Some CPU", ("avx2", "fma"), 2, "1.20.0", "2.1.0")


def described(cpuinfo: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.setattr(machine, "CPUINFO", cpuinfo)
    return this_machine.__wrapped__()


@pytest.mark.parametrize(
    ("content", "features"),
    [(X86, ("avx2", "fma", "avx512_vnni")), (ARM, ("asimd", "asimddp"))],
)
def test_the_features_that_matter_are_read(
    content: str, features: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cpuinfo").write_text(content)
    assert described(tmp_path / "cpuinfo", monkeypatch).features == features


def test_the_processor_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cpuinfo").write_text(X86)
    assert described(tmp_path / "cpuinfo", monkeypatch).cpu == "Some CPU @ 2 GHz"
    assert described(tmp_path / "none", monkeypatch).cpu


def test_this_machine_is_itself() -> None:
    assert this_machine().digest == this_machine.__wrapped__().digest


@pytest.mark.parametrize("name", [field.name for field in fields(Machine)])
def test_whatever_differs_makes_another_machine(name: str) -> None:
    change: Any = {name: ("avx2",) if name == "features" else 3}
    other = replace(KNOWN, **change)
    assert other.digest != KNOWN.digest


def test_stored_as_json_it_says_the_same() -> None:
    stored = KNOWN.as_json()
    assert Machine(**{**stored, "features": tuple(stored["features"])}) == KNOWN
