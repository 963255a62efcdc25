"""Rows made from other rows, and rows out of the way."""

import json
import os
import shutil
from typing import TypeVar

from django.db.models import Model

from classifier.artifacts import bundle_of, keep_folder, scratch_folder
from classifier.engine.bundle import CONFIG_FILE
from classifier.engine.manifest import MANIFEST_FILE, FileEntry, Manifest, file_digest
from classifier.models import Merchant, ModelVersion, VersionJudgement
from classifier.services.versions import next_name

Row = TypeVar("Row", bound=Model)


def copy_of(row: Row, **changes: object) -> Row:
    """A new row with the values of `row`, but for its key and `changes`."""
    fields = {
        field.name: getattr(row, field.name)
        for field in row._meta.concrete_fields
        if not field.primary_key
    }
    return type(row)._default_manager.create(**{**fields, **changes})


def twin_of(version: ModelVersion) -> ModelVersion:
    """A candidate that answers as the version does, with files of its own: built in no time."""
    name = next_name()
    with scratch_folder() as scratch:
        folder = scratch / name
        shutil.copytree(bundle_of(version).folder, folder, copy_function=os.link)
        # In the place of links, whose files are the other version's as well.
        config, manifest = folder / CONFIG_FILE, folder / MANIFEST_FILE
        said, listed = json.loads(config.read_text()), Manifest.read(manifest).files
        config.unlink()
        manifest.unlink()
        config.write_text(json.dumps({**said, "version": name}))
        entry = FileEntry(file_digest(config), config.stat().st_size)
        Manifest.listing({**listed, CONFIG_FILE: entry}).write(folder)
        digest = keep_folder(folder, verified={version.encoder.digest})
    twin = copy_of(version, name=name, status=ModelVersion.Status.CANDIDATE, manifest_digest=digest)
    for prototype in version.prototypes.all():
        prototype.pk, prototype.version = None, twin
        prototype.save(force_insert=True)
    return twin


def waiting_judgement(
    version: ModelVersion, against: ModelVersion, waits_for: str
) -> VersionJudgement:
    """Ten more of a thousand texts right."""
    return VersionJudgement.objects.create(
        version=version,
        against=against,
        texts=1000,
        right=810,
        against_right=800,
        only_right=30,
        only_against_right=20,
        difference_low=-0.004,
        difference_high=0.024,
        is_activated=False,
        waits_for=waits_for,
    )


def no_merchants() -> None:
    """The table of merchants is emptied at once: row by row takes long, and leaves history."""
    Merchant.objects.all()._raw_delete(using="default")
