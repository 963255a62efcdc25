"""Versions beside the active one, and ways to spoil them."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pytest_django import Settings

from classifier.artifacts import keep_folder
from classifier.models import Activation, Example, ModelVersion
from classifier.services.versions import build_version
from tests.artifacts import copied, lose, rewrite, stored
from tests.bundles import write_seed_bundle
from tests.rows import copy_of, twin_of


def replace_by_a_file(version: ModelVersion) -> None:
    lose(version)
    copied(version).write_text("")


def replace_by(version: ModelVersion, other: ModelVersion) -> None:
    """Another version's files in the place of a version's own, here and in the store."""
    rewrite(stored(version), stored(other).read_bytes())
    shutil.rmtree(copied(version))
    shutil.copytree(copied(other), copied(version))


def announce(version: ModelVersion) -> None:
    """What a process reads of an activation; `activate_version` would refuse spoiled files."""
    Activation.objects.create(to_version=version)


class Gate:
    """Holds up the next load of a version in its middle: this machine has no copy of it, and its
    manifest in the store is a pipe."""

    def __init__(self, version: ModelVersion) -> None:
        self._path = stored(version)
        self._content = self._path.read_bytes()
        lose(version)
        os.mkfifo(self._path)

    @contextmanager
    def held_up(self) -> Iterator[None]:
        """Wait until a load has begun; it goes on at the end."""
        with self._path.open("wb") as pipe:
            yield
            self._path.unlink()
            self._path.write_bytes(self._content)
            pipe.write(self._content)


@pytest.fixture
def second_version(active_version: ModelVersion) -> ModelVersion:
    """Another version of the same input, with files of its own."""
    return twin_of(active_version)


@pytest.fixture
def different_version(active_version: ModelVersion) -> ModelVersion:
    """A version that was shown one example less."""
    example = Example.objects.filter(category__slug="coffee-shops").earliest("id")
    Example.objects.filter(pk=example.pk).update(is_active=False)
    version, _ = build_version()
    return version


@pytest.fixture
def version_of_before(
    active_version: ModelVersion, exported_encoder: Path, tmp_path: Path
) -> ModelVersion:
    """A version that was built before versions kept what they say of their own examples."""
    write_seed_bundle(tmp_path / "before", exported_encoder)
    digest = keep_folder(tmp_path / "before")
    status = ModelVersion.Status.CANDIDATE
    return copy_of(active_version, name="before", status=status, manifest_digest=digest)


@pytest.fixture
def due(settings: Settings) -> None:
    """Every use looks for an activation and a failed load is tried again at once."""
    settings.ENGINE_POLL_SECONDS = 0
