"""Stage two: a part's texts decided, each rendered once as all its rows will show it."""

import json
from collections.abc import Callable, Sequence

from classifier.bulk.files import JobFiles
from classifier.bulk.options import Format
from classifier.bulk.split import Keys, read_keys
from classifier.engine.cache import EmbeddingCache
from classifier.engine.engine import Engine
from classifier.engine.types import Decision, Direction, Transaction
from classifier.models.choices import AnnotatorChoices
from classifier.runtime import LoadedVersion
from classifier.serializers.wire import decision_json
from classifier.services.annotators import Asked, annotate, annotated
from classifier.services.file_classification import answer

# Texts decided between two signs of life; some seconds of work where all are long.
SLICE = 256

Render = Callable[[Decision, AnnotatorChoices], bytes]


def answers_file(number: int) -> str:
    return f"parts/{number:05}.answers"


class PartDecider:
    """Decides the parts of one job with one version."""

    def __init__(self, files: JobFiles, version: LoadedVersion, results: Format) -> None:
        self._files = files
        self._version = version.name
        self._render: Render = self._as_csv if results is Format.CSV else self._as_json
        # A file's texts are asked for once each: they would only drive others from the cache.
        engine = version.engine
        self._engine = Engine(engine.bundle, engine.encoder, EmbeddingCache(0))

    def decide(self, number: int, keep: Callable[[], None]) -> None:
        """Write the part's answers, a line a text. `keep` is called between slices and raises
        where the work must end."""
        answers = self._answers(read_keys(self._files, number), keep)
        with self._files.writing(answers_file(number)) as file:
            file.writelines(line + b"\n" for line in answers)

    def _answers(self, keys: Keys, keep: Callable[[], None]) -> Sequence[bytes]:
        answers = [b""] * len(keys)
        # The encoder runs texts of one length together, so those of about one length stand side
        # by side. No answer depends on it.
        order = sorted(range(len(keys)), key=lambda place: len(keys[place][0]))
        for start in range(0, len(order), SLICE):
            keep()
            places = order[start : start + SLICE]
            batch = [_transaction(*keys[place]) for place in places]
            decisions = self._engine.classify(batch)
            annotations = annotate([Asked(flow=each.flow) for each in batch], decisions)
            for place, decision, annotation in zip(places, decisions, annotations, strict=True):
                given = annotated(decision, annotation)
                answers[place] = self._render(given, annotation.annotator)
        return answers

    def _as_json(self, decision: Decision, annotator: AnnotatorChoices) -> bytes:
        return _compact(decision_json(decision, self._version, annotator))

    def _as_csv(self, decision: Decision, annotator: AnnotatorChoices) -> bytes:
        return _compact([*answer(decision, annotator), self._version])


def _transaction(text: str, flow: str, country: str) -> Transaction:
    """A canonical text is its own canonical text."""
    return Transaction(text, Direction(flow) if flow else None, country=country)


def _compact(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
