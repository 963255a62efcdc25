import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import product
from pathlib import Path
from typing import Any

from django import db
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from classifier.artifacts import encoder_folder
from classifier.engine.descriptors import NORMALIZER_VERSION
from classifier.engine.encoder import Encoder, Threads
from classifier.engine.merchants.knowledge import MerchantKnowledge
from classifier.exceptions import ClassifierError
from classifier.management.evaluation_tables import (
    CALIBRATION_NOTE,
    FIGURES_NOTE,
    FULL,
    OFF,
    ON,
    calibration_table,
    figures_table,
)
from classifier.services.encoders import chosen_encoder
from classifier.services.knowledge import shipped_knowledge
from classifier.services.labelled_files import (
    LabelledFile,
    embed_rows,
    read_labelled_file,
    with_examples,
)
from classifier.training.few_shot import (
    Head,
    LabelledRows,
    Outcome,
    Split,
    judge,
    split_by_folds,
    split_rows,
)

MERCHANTS = (ON, OFF)


class Command(BaseCommand):
    help = (
        "Judge the classifier on a CSV file of labelled texts: build versions from a few rows a "
        "label, let them decide on rows of other groups, print accuracy (of the best category, "
        "abstained or not), macro-F1, coverage (share not abstained), precision of the answers "
        "given, and expected calibration error. Reads the database for the chosen encoder alone, "
        "and not at all with --encoder."
    )
    # Checks of the site and its database have no say here.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The CSV file, with a header.")
        parser.add_argument("--text", default="text", help="The column of the texts.")
        parser.add_argument("--label", default="label", help="The column of the labels.")
        parser.add_argument(
            "--group",
            help="The column whose equal values stay on one side of the split, such as a "
            "merchant; default: the canonical text.",
        )
        parser.add_argument(
            "--amount",
            help="The column of the amounts. A label that moves money one way in 95%% of the "
            "train side's rows is ruled out for the other way.",
        )
        parser.add_argument(
            "--shots",
            nargs="+",
            default=["1", "5", "10", "20", FULL],
            help="Examples a label to build from; `full` for all of the train side.",
        )
        parser.add_argument("--seeds", type=int, default=5, help="Random splits and draws.")
        parser.add_argument(
            "--folds",
            type=int,
            help="Cross-validate in so many folds, in place of random splits.",
        )
        parser.add_argument(
            "--examples",
            type=Path,
            help="A file of the same columns to build from; all other texts are tested on.",
        )
        parser.add_argument(
            "--head",
            nargs="+",
            choices=[head.value for head in Head],
            default=[Head.PROTOTYPE.value],
            help="What is built: prototypes with the label's name as anchor, or without it, or "
            "without the nearest example; or prototypes and a linear classifier (hybrid).",
        )
        parser.add_argument(
            "--merchants",
            nargs="+",
            choices=MERCHANTS,
            default=list(MERCHANTS),
            help="With what the built-in merchants sell as evidence beside the text, without, or "
            "both.",
        )
        parser.add_argument(
            "--country",
            default="",
            type=str.lower,
            help="Where the payers are at home, such as `ca`; default: not known.",
        )
        parser.add_argument(
            "--test-share", type=float, default=0.4, help="Share of rows to test on."
        )
        parser.add_argument(
            "--encoder", type=Path, help="An encoder folder; default: the chosen encoder's."
        )
        parser.add_argument("--json", type=Path, help="A file for the figures of every seed.")

    def handle(self, *args: Any, **options: Any) -> None:
        shots = _read_shots(options["shots"])
        heads = [Head(name) for name in dict.fromkeys(options["head"])]
        if options["folds"] is not None and options["folds"] < 2:
            raise CommandError("--folds must be 2 or more.")
        if options["seeds"] < 1:
            raise CommandError("--seeds must be 1 or more.")
        if not 0 < options["test_share"] < 1:
            raise CommandError("--test-share must lie between 0 and 1.")
        report = options["json"]
        if report and not report.parent.is_dir():
            raise CommandError(f"The folder {report.parent} does not exist.")
        try:
            file, split = _read(options["file"], options), None
            if options["examples"]:
                file, split = with_examples(file, _read(options["examples"], options))
            folder = options["encoder"] or _chosen_encoder_folder()
            encoder = Encoder(folder, Threads(settings.ENGINE_THREADS, settings.ENGINE_SPINNING))
            knowledge = shipped_knowledge(encoder, options["country"])
            data = _embed(file, encoder, knowledge if ON in options["merchants"] else None)
            self._introduce(options["file"], file, data, encoder)
            splits = [split] if split else _split(data, options)
            outcomes = list(_judge_all(data, splits, heads, shots, options))
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(figures_table(outcomes))
        self.stdout.write("\n" + FIGURES_NOTE + "\n")
        self.stdout.write(calibration_table(outcomes))
        self.stdout.write("\n" + CALIBRATION_NOTE)
        if report:
            about = {
                "file": options["file"].name,
                "rows": len(file.texts),
                "skipped": file.skipped,
                "labels": [category.slug for category in data.categories],
                "group": options["group"],
                "country": options["country"],
                "test_share": None if split or options["folds"] else options["test_share"],
                "folds": options["folds"],
                "examples": options["examples"] and options["examples"].name,
                "abstain_below": settings.ABSTAIN_BELOW,
                "encoder": encoder.card.digest,
                "normalizer_version": NORMALIZER_VERSION,
            }
            _write_json(report, about, outcomes)

    def _introduce(
        self, path: Path, file: LabelledFile, data: LabelledRows, encoder: Encoder
    ) -> None:
        for reason, count in file.skipped.items():
            self.stdout.write(f"{count:,} rows passed over: {reason}")
        self.stdout.write(
            f"{path.name}: {len(file.texts):,} rows, {len(data.categories)} labels, "
            f"{len(set(file.groups)):,} groups. Encoder {encoder.card.digest[:8]} "
            f"({encoder.card.precision}), normalizer {NORMALIZER_VERSION}.\n"
        )
        if data.evidence is not None:
            told = float(data.evidence.any(axis=1).mean())
            self.stdout.write(f"{told:.1%} of the rows name a merchant, as far as is known.\n")


def _read_shots(words: Sequence[str]) -> list[int | None]:
    shots: list[int | None] = []
    for word in words:
        if word != FULL and not (word.isdecimal() and int(word) > 0):
            raise CommandError(f"--shots: “{word}” is neither a whole number from 1 nor `full`.")
        shots.append(None if word == FULL else int(word))
    return list(dict.fromkeys(shots))


def _chosen_encoder_folder() -> Path:
    try:
        encoder = chosen_encoder()
    except db.Error as error:
        raise CommandError(f"{error} Name a folder with --encoder.") from error
    if encoder is None:
        raise CommandError(
            "There is no encoder yet: run `manage.py prepare_encoder`, or name a folder with "
            "--encoder."
        )
    return encoder_folder(encoder)


def _read(path: Path, options: dict[str, Any]) -> LabelledFile:
    return read_labelled_file(
        path,
        text=options["text"],
        label=options["label"],
        group=options["group"],
        amount=options["amount"],
    )


def _embed(
    file: LabelledFile, encoder: Encoder, knowledge: MerchantKnowledge | None
) -> LabelledRows:
    with tqdm(total=0, desc="Embedding", unit=" texts", disable=None) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        return embed_rows(file, encoder, report, knowledge)


def _split(data: LabelledRows, options: dict[str, Any]) -> list[Split]:
    if options["folds"]:
        return split_by_folds(data.labels, data.groups, options["folds"])
    return [
        split_rows(data.labels, data.groups, options["test_share"], seed)
        for seed in range(options["seeds"])
    ]


def _judge_all(
    data: LabelledRows,
    splits: Sequence[Split],
    heads: list[Head],
    shots: list[int | None],
    options: dict[str, Any],
) -> Iterator[Outcome]:
    with_and_without = {ON: data, OFF: replace(data, evidence=None)}
    sides = [with_and_without[side] for side in dict.fromkeys(options["merchants"])]
    runs = list(product(heads, shots, sides, range(len(splits))))
    for head, count, side, seed in tqdm(runs, desc="Judging", unit=" versions", disable=None):
        yield judge(
            side,
            splits[seed],
            head=head,
            shots=count,
            seed=seed,
            abstain_below=settings.ABSTAIN_BELOW,
        )


def _write_json(path: Path, about: dict[str, Any], outcomes: Sequence[Outcome]) -> None:
    results = []
    for outcome in outcomes:
        result = asdict(outcome)
        del result["answers"]
        result["shots"] = FULL if outcome.shots is None else outcome.shots
        results.append(result | result.pop("figures"))
    try:
        path.write_text(
            json.dumps({**about, "results": results}, indent=1, ensure_ascii=False) + "\n",
            encoding="utf-8",
        )
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
