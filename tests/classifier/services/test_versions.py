"""Building versions."""

import numpy as np
import pytest
from django.conf import settings
from django.contrib.auth.models import User
from safetensors.numpy import load_file, save_file

from classifier import runtime
from classifier.artifacts import bundle_of, encoder_folder
from classifier.artifacts.local import folder_path
from classifier.engine.bundle import read_bundle
from classifier.engine.descriptors import normalize
from classifier.engine.encoder import Encoder as OnnxEncoder
from classifier.engine.encoder import Threads
from classifier.engine.manifest import Manifest
from classifier.engine.types import Transaction
from classifier.exceptions import BundleError, ConflictError, EncoderError, TrainingError
from classifier.models import (
    Activation,
    Category,
    Encoder,
    EncoderChoice,
    Example,
    ModelVersion,
    Prototype,
)
from classifier.services.encoders import choose_encoder, chosen_encoder
from classifier.services.examples import add_example
from classifier.services.versions import build_version
from tests.artifacts import copied, lose, rewrite, room_for_files_of, spoil, stored
from tests.rows import copy_of

pytestmark = pytest.mark.django_db


def test_the_bundle_on_disk_is_what_the_rows_say(active_version: ModelVersion) -> None:
    bundle = read_bundle(copied(active_version), manifest_digest=active_version.manifest_digest)
    assert bundle.version == active_version.name
    rows = list(active_version.prototypes.select_related("category"))
    assert [row.category.slug for row in rows] == [
        category.slug for category in bundle.prototypes.categories
    ]
    stored = np.stack([np.frombuffer(row.vector, dtype="<f4") for row in rows])
    assert np.array_equal(stored, bundle.prototypes.vectors)
    assert np.allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-6)


def test_nothing_new_to_learn_builds_nothing(active_version: ModelVersion) -> None:
    assert build_version() == (active_version, False)


def test_what_made_no_difference_counts_as_read(active_version: ModelVersion) -> None:
    example = Example.objects.all()[0]
    example.note = "looked at"
    example.save()
    build_version()
    active_version.refresh_from_db()
    assert active_version.input_read_at > example.history.latest().history_date


def test_lost_files_are_built_again(active_version: ModelVersion) -> None:
    Example.objects.exclude(category__slug__in=["groceries", "coffee-shops"]).delete()
    built, _ = build_version()
    lose(built)
    again, is_new = build_version()
    assert is_new
    assert bundle_of(again).version == again.name


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"digest": "0" * 64}, r"model\.onnx is not the model of"),
        (
            {"manifest_digest": "0" * 64},
            r"manifest\.json cannot be fetched: blob blobs/00/0{64} is",
        ),
    ],
)
def test_a_damaged_encoder_goes_into_no_version(change: dict[str, str], reason: str) -> None:
    Encoder.objects.update(**change)
    with pytest.raises(EncoderError, match=f"{reason}.*run `manage.py prepare_encoder`"):
        build_version(force=True)


def test_the_encoder_that_was_chosen_last_is_built_with(encoder: Encoder, admin_user: User) -> None:
    other = copy_of(encoder, digest="0" * 64)
    assert chosen_encoder() == encoder
    choose_encoder(other, by=admin_user, reason="faster")
    assert chosen_encoder() == other
    assert choose_encoder(other) is None
    choice = EncoderChoice.objects.all()[0]
    assert (choice.by, choice.reason) == (admin_user, "faster")


def test_texts_are_normalized_by_this_program_whatever_the_rows_say(
    active_version: ModelVersion,
) -> None:
    """After an upgrade they hold what the older normalizer made."""
    Example.objects.filter(category__slug="coffee-shops").update(is_override=True)
    stale = Example.objects.filter(category__slug="coffee-shops")[0]
    Example.objects.filter(pk=stale.pk).update(canonical_text="of another normalizer")
    assert build_version() == (active_version, False)


def test_of_two_builds_at_once_the_slower_says_so_and_leaves_no_draft(
    active_version: ModelVersion,
) -> None:
    copy_of(
        active_version,
        pk=active_version.pk + 1,
        name=f"v{active_version.pk + 2}",
        status=ModelVersion.Status.CANDIDATE,
    )
    with pytest.raises(ConflictError, match="another build was faster"):
        build_version(force=True)
    assert ModelVersion.objects.count() == 2
    artifacts = folder_path("").parent
    drafts = [*(artifacts / "drafts").iterdir(), *(artifacts.parent / "scratch").glob("draft-*")]
    assert drafts == []


def test_a_build_on_a_full_disk_says_so_and_leaves_nothing(active_version: ModelVersion) -> None:
    with room_for_files_of(1_000_000), pytest.raises(BundleError, match="File too large"):
        build_version(force=True)
    assert ModelVersion.objects.get() == active_version
    assert not list((settings.LOCAL_DIR / "scratch").glob("draft-*"))


def test_a_new_example_is_known_to_the_next_version(active_version: ModelVersion) -> None:
    text = "QXZ VELLUM BREWHOUSE ROASTERY"
    add_example(category="coffee-shops", text=text)
    version, is_new = build_version()
    assert is_new
    assert version.example_count == active_version.example_count + 1
    engine = runtime.get().engine_for(version).engine
    assert engine.nearest_examples(text)[0].text == text
    decision = engine.classify([Transaction(text)])[0]
    assert decision.category is not None
    assert decision.category.slug == "coffee-shops"


def test_vectors_kept_from_the_last_version_are_those_of_the_encoder(
    active_version: ModelVersion, encoder: Encoder
) -> None:
    add_example(category="coffee-shops", text="QXZ VELLUM BREWHOUSE ROASTERY")
    version, _ = build_version()
    bundle = bundle_of(version)
    onnx = OnnxEncoder(encoder_folder(encoder), Threads(1))
    encoded = onnx.encode([normalize(text) for text in bundle.examples.texts])
    assert np.array_equal(encoded, bundle.examples.text_vectors)


def test_a_last_version_that_cannot_be_read_is_not_needed(active_version: ModelVersion) -> None:
    built, _ = build_version(force=True)
    spoil(built)
    again, _ = build_version(force=True)
    assert np.array_equal(
        bundle_of(again).examples.vectors, bundle_of(active_version).examples.vectors
    )


def test_vectors_are_not_taken_from_a_bundle_that_is_not_the_last_versions_own(
    active_version: ModelVersion,
) -> None:
    """Its files agree with its manifest, and its manifest not with the row."""
    last, _ = build_version(force=True)
    folder = copied(last)
    tensors = load_file(folder / "examples.safetensors")
    (folder / "examples.safetensors").unlink()
    save_file(
        {**tensors, "vectors": tensors["vectors"][::-1].copy()}, folder / "examples.safetensors"
    )
    rewrite(folder / "manifest.json", Manifest.of(folder).content)
    rewrite(stored(last), Manifest.of(folder).content)
    assert not np.array_equal(
        read_bundle(folder).examples.vectors, bundle_of(active_version).examples.vectors
    )
    again, _ = build_version(force=True)
    assert np.array_equal(
        bundle_of(again).examples.vectors, bundle_of(active_version).examples.vectors
    )


def test_what_is_switched_off_is_left_out(active_version: ModelVersion) -> None:
    Category.objects.filter(slug="crypto").update(is_active=False)
    Category.objects.filter(slug="pets").update(is_active=False)
    Example.objects.filter(category__slug="gambling").first().delete()  # type: ignore[union-attr]
    version, _ = build_version()
    slugs = set(version.prototypes.values_list("category__slug", flat=True))
    assert version.category_count == active_version.category_count - 2
    assert not slugs & {"crypto", "pets"}


def test_a_category_without_examples_is_left_out(active_version: ModelVersion) -> None:
    parent = Category.objects.get(slug="food-and-drink")
    Category.objects.create(slug="tea-houses", name="Tea", parent=parent)
    version, is_new = build_version()
    assert (version, is_new) == (active_version, False)


def test_too_few_categories_is_refused_with_the_reason() -> None:
    Example.objects.exclude(category__slug="coffee-shops").update(is_active=False)
    with pytest.raises(TrainingError, match="1 categories have examples"):
        build_version()


def test_no_examples_at_all_is_refused() -> None:
    Example.objects.update(is_active=False)
    with pytest.raises(TrainingError, match="0 categories have examples"):
        build_version()


def test_no_encoder_is_refused_with_what_to_do() -> None:
    Activation.objects.all().delete()
    Prototype.objects.all().delete()
    ModelVersion.objects.all().delete()
    EncoderChoice.objects.all().delete()
    Encoder.objects.all().delete()
    with pytest.raises(TrainingError, match="prepare_encoder"):
        build_version()


def test_a_built_version_is_immutable(active_version: ModelVersion) -> None:
    active_version.accuracy = 1.0
    with pytest.raises(ValueError, match="immutable"):
        active_version.save()
    with pytest.raises(ValueError, match="immutable"):
        active_version.save(update_fields=["accuracy"])


def test_the_figures_are_measured_and_hang_together(active_version: ModelVersion) -> None:
    figures = active_version.figures
    assert figures["accuracy_low"] < active_version.accuracy < figures["accuracy_high"]
    assert sum(level["size"] for level in figures["levels"]) == active_version.example_count
    by_name = {level["level"]: level for level in figures["levels"]}
    assert by_name["high"]["precision_low"] >= 0.95
    assert by_name["medium"]["precision_low"] >= 0.80
    assert by_name["abstain"]["precision"] < by_name["low"]["precision"]
    assert active_version.calibration_error < 0.05
