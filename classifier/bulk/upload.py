"""What callers send with a file: the form, its limits, and how it is read from the wire."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePath
from typing import IO, Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, MultiPartParser

from classifier.bulk.options import FileOptions, Format
from classifier.refusals import printable
from classifier.serializers.fields import StrictSerializer, Text
from classifier.services.file_classification import Columns

FORM_TYPE = MultiPartParser.media_type
MAX_COLUMN = 200
FORMAT_OF_SUFFIX = {
    ".csv": Format.CSV,
    ".tsv": Format.CSV,
    ".ndjson": Format.NDJSON,
    ".jsonl": Format.NDJSON,
}
FORMAT_OF_TYPE = {
    "text/csv": Format.CSV,
    "text/tab-separated-values": Format.CSV,
    "application/x-ndjson": Format.NDJSON,
    "application/jsonl": Format.NDJSON,
}
FORMATS = [(each.value, each.value) for each in Format]
ONLY_CSV = "Only for CSV files."


@contextmanager
def nothing_left_behind(handlers: Sequence[FileUploadHandler]) -> Iterator[None]:
    """Where the block raises, what uploads have written goes at once, and not when memory is next
    tidied."""
    is_done = False
    try:
        yield
        is_done = True
    finally:
        for handler in () if is_done else handlers:
            # On a device that is full, to close a file can fail like to write it.
            with suppress(OSError):
                handler.upload_interrupted()


class FileFormParser(MultiPartParser):
    """A form with its file. One that was cut off on its way, which the framework would take for
    a short one, is refused, and one that has a field twice, of which it would take the last."""

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> "DataAndFiles[Any, Any]":
        """Raises ParseError."""
        request = parser_context["request"]
        counted = _Counted(stream)
        with nothing_left_behind(request.upload_handlers):
            parsed = super().parse(counted, media_type, parser_context)  # type: ignore[arg-type]
            if counted.count < int(request.META.get("CONTENT_LENGTH") or 0):
                raise ParseError("The body ended before its announced length.")
            for values in (parsed.data, parsed.files):
                for field, found in values.lists():
                    if len(found) > 1:
                        raise ParseError(f"The field “{printable(field)}” occurs twice.")
        return parsed


class _Counted:
    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self.count += len(chunk)
        return chunk


class ClassifyFileSerializer(StrictSerializer):
    file = serializers.FileField(
        help_text="NDJSON, with a transaction of `POST classify` a line, or CSV with a header."
    )
    format = serializers.ChoiceField(
        choices=FORMATS,
        required=False,
        help_text="Default: by the file's name, else by its content type.",
    )
    results = serializers.ChoiceField(
        choices=FORMATS, required=False, help_text="Default: the file's own format."
    )
    column = Text(
        max_length=MAX_COLUMN,
        required=False,
        help_text="The CSV column of the descriptions; a CSV file needs it.",
    )
    amount_column = Text(
        max_length=MAX_COLUMN,
        required=False,
        help_text="The CSV column of the amounts. Negative, (12.50), 12.50- or DR is money out.",
    )
    direction_column = Text(
        max_length=MAX_COLUMN,
        required=False,
        help_text="The CSV column that says which way money moves: expense, out, debit, DR or "
        "income, in, credit, CR. It goes before the amount's sign.",
    )
    prefix = Text(
        max_length=40,
        required=False,
        help_text="Put before the names of the answer's columns in a CSV of results.",
    )
    version = Text(max_length=40, required=False, help_text="Default: the one that is active now.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs.setdefault("format", format_of(attrs["file"]))
        if attrs["format"] is None:
            raise serializers.ValidationError(
                {"format": "Neither the file's name nor its content type tells: csv or ndjson?"},
                "required",
            )
        if attrs["format"] == Format.CSV:
            if "column" not in attrs:
                raise serializers.ValidationError({"column": "A CSV file needs it."}, "required")
            return attrs
        for name in ("column", "amount_column", "direction_column"):
            if name in attrs:
                raise serializers.ValidationError({name: ONLY_CSV}, "only_csv")
        return attrs


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it was sent, on this machine's disk, with what is to be done with it."""

    file: TemporaryUploadedFile
    options: FileOptions
    version: str | None


@contextmanager
def received(data: Any) -> Iterator[Upload]:
    """What was sent; its file goes at the end of the block, unless it was moved away.

    Raises ValidationError.
    """
    try:
        yield _read(data)
    finally:
        file = data.get("file")
        if isinstance(file, UploadedFile):
            file.close()


def _read(data: Any) -> Upload:
    given = ClassifyFileSerializer.read(data)
    format = Format(given["format"])
    columns = None
    if format is Format.CSV:
        columns = Columns(
            given["column"], given.get("amount_column"), given.get("direction_column")
        )
    results = Format(given.get("results", format))
    options = FileOptions(format, results, columns, prefix=given.get("prefix", ""))
    return Upload(given["file"], options, given.get("version"))


def format_of(file: TemporaryUploadedFile) -> Format | None:
    """By the file's name, else by its content type; None where neither tells."""
    suffix = PurePath(file.name or "").suffix.lower()
    return FORMAT_OF_SUFFIX.get(suffix) or FORMAT_OF_TYPE.get(file.content_type or "")
