"""A version goes out as a folder, and comes in elsewhere."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from classifier import runtime
from classifier.artifacts import bundle_of
from classifier.engine.engine import Engine
from classifier.engine.manifest import Manifest
from classifier.engine.types import Transaction
from classifier.exceptions import BundleError, ConflictError, UnavailableError
from classifier.models import Activation, Category, Encoder, EncoderChoice, ModelVersion
from classifier.services.activations import activate_version
from classifier.services.bundles import export_bundle, import_bundle
from classifier.services.versions import build_version, is_whole
from tests.artifacts import copied, lose, rewrite, room_for_files_of, spoil

pytestmark = pytest.mark.django_db

TEXTS = (
    "SQ *BLUE BOTTLE 0423 OAKLAND CA",
    "NETFLIX.COM",
    "SHELL OIL 57444",
    "zzqx brrf wvvk",
    "0423 1187",
    "PAYROLL ACME GMBH",
)
FILES = (
    "manifest.json",
    "config.json",
    "prototypes.safetensors",
    "examples.safetensors",
    "held_out.safetensors",
    "examples.json",
    "encoder/model.onnx",
    "encoder/tokenizer.json",
    "encoder/encoder.json",
    "merchants/table.csv.gz",
    "merchants/common_words.txt.gz",
    "merchants/knowledge.json",
    "merchants/kinds.safetensors",
)
ANSWER_ALONE = """
import json
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {
            "django", "torch", "sentence_transformers", "transformers", "onnx", "scipy"
        }:
            raise ImportError(f"{name} is not installed here")

sys.meta_path.insert(0, Blocked())

from classifier.engine.engine import Engine
from classifier.engine.types import Transaction

engine = Engine.load(sys.argv[1])
for decision in engine.classify([Transaction(text) for text in json.loads(sys.argv[2])]):
    print([repr(decision.category), repr(decision.confidence), repr(decision.score),
           repr(decision.margin), repr(decision.level)])
"""


def facts(engine: Engine) -> list[list[str]]:
    """Every bit of the answers that a version alone decides: a float's repr is exact."""
    return [
        [
            repr(decision.category),
            repr(decision.confidence),
            repr(decision.score),
            repr(decision.margin),
            repr(decision.level),
        ]
        for decision in engine.classify([Transaction(text) for text in TEXTS])
    ]


@pytest.fixture
def exported(active_version: ModelVersion, tmp_path: Path) -> Path:
    export_bundle(active_version, tmp_path / "exported")
    return tmp_path / "exported"


@pytest.fixture
def elsewhere(exported: Path) -> None:
    """An installation that knows the categories, and neither the version nor the encoder."""
    Activation.objects.all().delete()
    ModelVersion.objects.all().delete()
    EncoderChoice.objects.all().delete()
    Encoder.objects.all().delete()


def seal(folder: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file of a bundle and have the manifest agree."""
    content = json.loads((folder / name).read_text())
    change(content)
    rewrite(folder / name, json.dumps(content).encode())
    Manifest.of(folder).write(folder)


def test_an_exported_bundle_answers_alone_bit_for_bit(
    exported: Path, active_version: ModelVersion
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ANSWER_ALONE, str(exported), json.dumps(TEXTS)],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 0, done.stderr
    expected = facts(runtime.get().engine_for(active_version).engine)
    assert done.stdout.splitlines() == [str(answer) for answer in expected]


def test_an_exported_bundle_shares_no_file_with_this_machines_copy(
    exported: Path, active_version: ModelVersion
) -> None:
    found = {str(path.relative_to(exported)) for path in exported.rglob("*") if path.is_file()}
    assert found == set(FILES)
    for name in FILES:
        assert not (exported / name).samefile(copied(active_version, name))


def test_an_empty_folder_is_filled(active_version: ModelVersion, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    export_bundle(active_version, tmp_path / "empty")
    assert Engine.load(tmp_path / "empty").bundle.version == active_version.name
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


def test_a_folder_that_holds_something_is_left_as_it_is(
    active_version: ModelVersion, tmp_path: Path
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    (tmp_path / "file").touch()
    for name in ("full", "file"):
        with pytest.raises(ConflictError, match=f"{name} is there already"):
            export_bundle(active_version, tmp_path / name)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "x"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [("file/out", "Not a directory"), ("nowhere/out", "No such file or directory")],
)
def test_a_place_that_is_no_folder_is_refused(
    active_version: ModelVersion, tmp_path: Path, place: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BundleError, match=f"{place} cannot be written: {reason}"):
        export_bundle(active_version, tmp_path / place)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_export_to_a_full_disk_leaves_nothing(
    active_version: ModelVersion, tmp_path: Path
) -> None:
    with (
        room_for_files_of(5_000_000),
        pytest.raises(BundleError, match="out cannot be written: File too large"),
    ):
        export_bundle(active_version, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_import_on_a_full_disk_leaves_no_row_and_can_be_done_again(
    exported: Path, elsewhere: None
) -> None:
    seal(exported, "config.json", lambda config: config.update(version="north v7"))
    with (
        room_for_files_of(5_000_000),
        pytest.raises(UnavailableError, match="File too large"),
    ):
        import_bundle(exported)
    assert not ModelVersion.objects.exists()
    assert not Encoder.objects.exists()
    assert not list((settings.LOCAL_DIR / "scratch").glob("draft-*"))
    assert import_bundle(exported)[1]


def test_a_version_whose_files_are_damaged_is_not_exported(tmp_path: Path) -> None:
    version, _ = build_version(force=True)
    spoil(version)
    with pytest.raises(BundleError, match=r"config\.json"):
        export_bundle(version, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_imported_version_has_all_that_the_exported_one_had(
    active_version: ModelVersion,
    encoder: Encoder,
    exported: Path,
    elsewhere: None,
    admin_user: User,
) -> None:
    measured = (
        "accuracy", "macro_f1", "calibration_error", "example_count", "category_count",
        "calibration", "bounds", "figures", "normalizer_version", "manifest_digest",
    )  # fmt: skip
    version, is_new = import_bundle(exported, by=admin_user)
    assert is_new
    version = ModelVersion.objects.get(pk=version.pk)
    for name in measured:
        assert getattr(version, name) == getattr(active_version, name), name
    assert version.status == ModelVersion.Status.CANDIDATE
    assert version.created_by == admin_user
    described = (
        "name", "precision", "digest", "manifest_digest", "size_bytes", "dimension", "max_tokens",
        "batch_invariant",
    )  # fmt: skip
    for name in described:
        assert getattr(version.encoder, name) == getattr(encoder, name), name


def test_an_imported_version_has_a_prototype_of_each_category(
    exported: Path, elsewhere: None
) -> None:
    version, _ = import_bundle(exported)
    bundle = bundle_of(version)
    rows = version.prototypes.select_related("category")
    assert [row.category.slug for row in rows] == [c.slug for c in bundle.prototypes.categories]
    assert [bytes(row.vector) for row in rows] == [
        vector.astype("<f4").tobytes() for vector in bundle.prototypes.vectors
    ]
    by_slug = {entry["slug"]: entry for entry in version.figures["categories"]}
    for row in rows:
        said = by_slug[row.category.slug]
        assert (row.example_count, row.precision, row.recall) == (
            said["examples"],
            said["precision"],
            said["recall"],
        )


def test_an_imported_version_goes_live_and_answers_bit_for_bit(
    exported: Path, elsewhere: None
) -> None:
    version, _ = import_bundle(exported)
    activate_version(version)
    assert facts(runtime.get().serving().engine) == facts(Engine.load(exported))


def test_an_imported_version_gets_a_free_name_and_keeps_where_it_came_from(
    active_version: ModelVersion, exported: Path
) -> None:
    seal(exported, "config.json", lambda config: config.update(version="north v7"))
    version, is_new = import_bundle(exported)
    assert is_new
    assert version.name not in ("north v7", active_version.name)
    assert version.note == "Imported from exported, where it was north v7."
    assert version.encoder == active_version.encoder


def test_a_version_that_is_here_already_is_returned(
    active_version: ModelVersion, exported: Path
) -> None:
    assert import_bundle(exported) == (active_version, False)
    seal(exported, "config.json", lambda config: config.update(version="north v7"))
    version, _ = import_bundle(exported)
    assert import_bundle(exported) == (version, False)
    assert ModelVersion.objects.count() == 2


def test_a_version_whose_files_were_lost_has_them_again(tmp_path: Path) -> None:
    version, _ = build_version(force=True)
    export_bundle(version, tmp_path / "out")
    lose(version)
    assert not is_whole(version)
    assert import_bundle(tmp_path / "out") == (version, False)
    assert is_whole(version)


def test_what_was_imported_is_built_upon_and_not_taken_for_a_build_of_what_is_here(
    active_version: ModelVersion, exported: Path
) -> None:
    seal(exported, "config.json", lambda config: config.update(version="north v7"))
    imported, _ = import_bundle(exported)
    version, is_new = build_version()
    assert is_new
    assert version not in (active_version, imported)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_refused_by_the_files_name(exported: Path, name: str) -> None:
    content = bytearray((exported / name).read_bytes())
    content[len(content) // 2] ^= 0x20
    (exported / name).write_bytes(content)
    # In the manifest it may be a byte of a file's name, of its SHA-256 or of neither.
    said = r"manifest\.json|SHA|is missing" if "manifest" in name else name
    with pytest.raises(BundleError, match=said):
        import_bundle(exported)
    assert ModelVersion.objects.count() == 1


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_its_name(exported: Path, name: str) -> None:
    (exported / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        import_bundle(exported)


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"manifest\.json is missing"):
        import_bundle(tmp_path)


def test_categories_that_are_not_here_are_refused_by_slug(exported: Path, elsewhere: None) -> None:
    for slug in ("coffee-shops", "crypto"):
        category = Category.objects.get(slug=slug)
        category.examples.all().delete()
        category.delete()
    with pytest.raises(BundleError, match="categories that are not here: coffee-shops, crypto"):
        import_bundle(exported)
    assert not ModelVersion.objects.exists()


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("manifest.json", {"format": 99}, r"manifest\.json is not a manifest of format 1"),
        ("config.json", {"normalizer_version": 99}, "built with normalizer 99"),
        ("config.json", {"figures": {}}, r"config\.json lacks figures: .*accuracy"),
        ("encoder/encoder.json", {"precision": "int3"}, r"encoder\.json: precision 'int3'"),
        ("encoder/encoder.json", {"max_tokens": 16}, r"encoder\.json contradicts .*MiniLM"),
        ("encoder/tokenizer.json", {}, r"tokenizer\.json is not that of .*MiniLM"),
    ],
)
def test_a_bundle_that_does_not_fit_is_refused_with_the_reason(
    exported: Path, name: str, change: dict[str, object], reason: str
) -> None:
    if name == "manifest.json":
        manifest = json.loads((exported / name).read_text()) | change
        (exported / name).write_text(json.dumps(manifest))
    else:
        seal(exported, name, lambda content: content.update(change))
    with pytest.raises((BundleError, ConflictError), match=reason):
        import_bundle(exported)
    assert ModelVersion.objects.count() == 1


def test_an_encoder_that_differs_in_its_name_alone_is_the_one_that_is_here(
    exported: Path, encoder: Encoder
) -> None:
    seal(exported, "encoder/encoder.json", lambda card: card.update(name="by another name"))
    version, is_new = import_bundle(exported)
    assert is_new
    assert version.encoder == encoder
    assert is_whole(version)


def test_a_model_that_cannot_be_run_here_is_refused(exported: Path, elsewhere: None) -> None:
    rewrite(exported / "encoder" / "model.onnx", b"not a model")
    Manifest.of(exported).write(exported)
    with pytest.raises(BundleError, match=r"model\.onnx is not a usable model"):
        import_bundle(exported)


def test_what_lies_beside_the_listed_files_stays_outside(exported: Path, elsewhere: None) -> None:
    (exported / "encoder" / "notes.txt").write_text("mine")
    version, _ = import_bundle(exported)
    assert not copied(version, "encoder/notes.txt").exists()
    assert not copied(version.encoder, "notes.txt").exists()


def test_a_bundle_may_be_removed_or_edited_after_its_import(
    exported: Path, elsewhere: None
) -> None:
    version, _ = import_bundle(exported)
    (exported / "config.json").write_text("edited")
    shutil.rmtree(exported)
    assert is_whole(version)
