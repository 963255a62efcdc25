"""Labelled CSV files, read and embedded to judge the classifier on. No database."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifier.engine.descriptors import normalize
from classifier.engine.encoder import Encoder
from classifier.engine.merchants.knowledge import MerchantKnowledge
from classifier.engine.prototypes import anchor_text
from classifier.engine.types import CategoryInfo, Direction
from classifier.exceptions import InputFileError
from classifier.services.csv_files import BadRow, CsvFile, detect_format
from classifier.services.file_classification import RowError, read_amount
from classifier.training.few_shot import LabelledRows, Split
from classifier.training.folds import whole_groups

ENCODE_CHUNK = 128


@dataclass(frozen=True)
class LabelledFile:
    """The usable rows of a file, and how many were passed over, by reason.

    Rows of equal `groups` must stay together: no text is on both sides of a split.
    """

    texts: list[str]
    labels: list[str]
    groups: list[int]
    flows: list[Direction | None]
    skipped: dict[str, int]


def read_labelled_file(
    path: Path,
    *,
    text: str,
    label: str,
    group: str | None = None,
    amount: str | None = None,
) -> LabelledFile:
    """Read the columns named. Raises InputFileError where there is too little to judge."""
    file = LabelledFile([], [], [], [], {})
    names: list[str] = []

    def skip(reason: str) -> None:
        file.skipped[reason] = file.skipped.get(reason, 0) + 1

    with CsvFile(path, detect_format(path)) as source:
        text_place, label_place = source.place(text), source.place(label)
        group_place = source.place(group) if group else None
        amount_place = source.place(amount) if amount else None
        for row in source.rows():
            if isinstance(row, BadRow):
                skip(row.reason)
                continue
            canonical, slug = normalize(row.fields[text_place]), row.fields[label_place].strip()
            if not slug:
                skip("The label is empty.")
                continue
            if not any(character.isalpha() for character in canonical):
                skip("The text is empty or holds no letters.")
                continue
            try:
                flow = None if amount_place is None else _flow(row.fields[amount_place])
            except RowError as error:
                skip(str(error))
                continue
            key = "" if group_place is None else row.fields[group_place].strip()
            file.texts.append(canonical)
            file.labels.append(slug)
            names.append(key)
            file.flows.append(flow)
    if not file.texts:
        raise InputFileError(f"{path} has no row with a text and a label.")
    file.groups.extend(whole_groups(file.texts, names).tolist())
    if len(set(file.labels)) < 2:
        raise InputFileError(f"{path} has one label only, “{file.labels[0]}”; 2 are needed.")
    return file


def with_examples(file: LabelledFile, examples: LabelledFile) -> tuple[LabelledFile, Split]:
    """Both files as one, and the split by which a version is built from `examples` and tested on
    the rows of `file` whose text is not among them. Raises InputFileError where none is left, or
    has a label that no example has."""
    known = set(examples.texts)
    kept = [row for row, text in enumerate(file.texts) if text not in known]
    if not kept:
        raise InputFileError("Every row's text is an example; there is nothing to test on.")
    unknown = sorted({file.labels[row] for row in kept} - set(examples.labels))
    if unknown:
        raise InputFileError(f"No example has the label {', '.join(unknown)}.")
    above = max(examples.groups) + 1
    joined = LabelledFile(
        texts=examples.texts + [file.texts[row] for row in kept],
        labels=examples.labels + [file.labels[row] for row in kept],
        groups=examples.groups + [above + file.groups[row] for row in kept],
        flows=examples.flows + [file.flows[row] for row in kept],
        skipped=file.skipped,
    )
    places = np.arange(len(joined.texts))
    size = len(examples.texts)
    return joined, Split(places[:size], places[size:])


def _flow(cell: str) -> Direction | None:
    amount = read_amount(cell)
    if not amount:
        return None
    return Direction.EXPENSE if amount < 0 else Direction.INCOME


def embed_rows(
    file: LabelledFile,
    encoder: Encoder,
    report: Callable[[int, int], None],
    knowledge: MerchantKnowledge | None = None,
) -> LabelledRows:
    """Embed each distinct text, and each label's name, once; `report` hears how many of all.
    With `knowledge`, look for whom each text names."""
    slugs = sorted(set(file.labels))
    names = [slug.replace("_", " ").replace("-", " ") for slug in slugs]
    anchors = [anchor_text(name, "") for name in names]
    texts = list(dict.fromkeys(file.texts + anchors))
    chunks: list[NDArray[np.float32]] = []
    for start in range(0, len(texts), ENCODE_CHUNK):
        chunks.append(encoder.encode(texts[start : start + ENCODE_CHUNK]))
        report(min(start + ENCODE_CHUNK, len(texts)), len(texts))
    vectors = np.vstack(chunks)
    place = {text: index for index, text in enumerate(texts)}
    return LabelledRows(
        texts=tuple(file.texts),
        vectors=vectors[[place[text] for text in file.texts]],
        labels=np.array([slugs.index(label) for label in file.labels], dtype=np.int32),
        groups=np.array(file.groups),
        categories=tuple(
            CategoryInfo(slug, name, slug, name, Direction.ANY)
            for slug, name in zip(slugs, names, strict=True)
        ),
        anchors=vectors[[place[anchor] for anchor in anchors]],
        flows=tuple(file.flows),
        evidence=(
            None if knowledge is None else knowledge.evidence_of(file.texts, encoder.card.dimension)
        ),
    )
