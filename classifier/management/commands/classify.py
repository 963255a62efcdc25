from pathlib import Path
from time import perf_counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from tqdm import tqdm

from classifier.exceptions import ClassifierError
from classifier.routing import get_router
from classifier.services.csv_files import CsvFile, detect_format, write_aside
from classifier.services.file_classification import Columns, Counts, FileClassification

BATCH_SIZE = 512
# Kinds of rejection that the summary names; the side file has them all.
NAMED_REASONS = 5
INTERRUPTED = 130

DELIMITER_WORDS = {
    "comma": ",",
    "semicolon": ";",
    "tab": "\t",
    "\\t": "\t",
    "bar": "|",
}


class Command(BaseCommand):
    help = (
        "Classify the rows of a CSV file of any size with the active version. The output keeps "
        "the input's columns and delimiter, is UTF-8, and has the answer's columns at the end: "
        "category, category_name, primary, confidence, level, score, margin, review, reason, "
        "model_version. No prediction is recorded. Rows that cannot be classified go to a side "
        "file with their line number and the reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="The CSV file, with a header.")
        parser.add_argument("--column", required=True, help="The column of the descriptions.")
        parser.add_argument("--output", required=True, type=Path, help="The file to write.")
        parser.add_argument(
            "--amount-column",
            help="The column of the amounts. Negative, (12.50), 12.50- or DR is money out.",
        )
        parser.add_argument(
            "--direction-column",
            help="The column that says which way money moves: expense, out, debit, DR or "
            "income, in, credit, CR. It goes before the amount's sign.",
        )
        parser.add_argument("--encoding", help="The input's encoding; default: detected.")
        parser.add_argument(
            "--delimiter", help="The input's delimiter, also comma, semicolon, tab, bar; "
            "default: detected."
        )  # fmt: skip
        parser.add_argument(
            "--prefix", default="", help="Put before the names of the answer's columns."
        )
        parser.add_argument(
            "--rejects", type=Path, help="The side file; default: OUTPUT with .rejects.csv."
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="Replace output files that exist."
        )
        parser.add_argument(
            "--batch-size",
            type=int,
            default=BATCH_SIZE,
            help="Rows classified at once; default: %(default)s.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        source, output = options["file"], options["output"]
        rejects = options["rejects"] or output.with_suffix(".rejects.csv")
        if options["batch_size"] < 1:
            raise CommandError("--batch-size must be 1 or more.")
        _check_paths(source, output, rejects, is_overwriting=options["overwrite"])
        delimiter = options["delimiter"]
        try:
            get_router().routes({None})
            format = detect_format(
                source, options["encoding"], DELIMITER_WORDS.get(delimiter, delimiter)
            )
            self.stdout.write(f"Reading {source} as {format}.")
            started = perf_counter()
            with CsvFile(source, format) as file:
                columns = Columns(
                    options["column"], options["amount_column"], options["direction_column"]
                )
                work = FileClassification(file, columns, options["prefix"])
                _run(work, output, rejects, options["batch_size"])
            seconds = perf_counter() - started
        except ClassifierError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename or output}: {error.strerror}.") from error
        except KeyboardInterrupt as error:
            raise CommandError("Stopped. No file was written.", returncode=INTERRUPTED) from error
        self._say(work.counts, seconds, output, rejects)

    def _say(self, counts: Counts, seconds: float, output: Path, rejects: Path) -> None:
        if counts.rejected:
            self.stdout.write(f"{counts.rejected:,} rows could not be used; see {rejects}:")
            for reason, count in counts.reasons.most_common(NAMED_REASONS):
                self.stdout.write(f"  {count:,}: {reason}")
            if len(counts.reasons) > NAMED_REASONS:
                self.stdout.write(f"  … and {len(counts.reasons) - NAMED_REASONS} other reasons.")
        if counts.rejected and not counts.classified:
            raise CommandError(f"No row could be classified; {output} was not written.")
        rate = counts.classified / seconds if seconds else 0
        self.stdout.write(
            f"{counts.classified:,} rows classified in {seconds:,.1f} s ({rate:,.0f} rows/s): "
            f"{counts.answered:,} with a category, {counts.for_review:,} for review. "
            f"Written to {output}."
        )


def _run(work: FileClassification, output: Path, rejects: Path, batch_size: int) -> None:
    counts = work.counts
    with (
        tqdm(
            total=work.source.size_bytes,
            desc="Classifying",
            unit="B",
            unit_scale=True,
            disable=None,
        ) as bar,
        write_aside(
            rejects, is_kept=lambda: counts.rejected > 0, errors="backslashreplace"
        ) as bad_rows,
        write_aside(
            output, is_kept=lambda: counts.classified > 0 or not counts.rejected
        ) as answers,
    ):

        def report(bytes_read: int, rows: int) -> None:
            elapsed = bar.format_dict["elapsed"]
            rate = f", {rows / elapsed:,.0f} rows/s" if elapsed else ""
            bar.set_postfix_str(f"{rows:,} rows{rate}", refresh=False)
            bar.update(bytes_read - bar.n)

        work.run(answers, bad_rows, batch_size, report)
    if not counts.rejected:
        # One of an earlier run would be taken for this one's.
        rejects.unlink(missing_ok=True)


def _check_paths(source: Path, output: Path, rejects: Path, *, is_overwriting: bool) -> None:
    if not source.is_file():
        raise CommandError(f"{source} is no file.")
    if len({path.resolve() for path in (source, output, rejects)}) < 3:
        raise CommandError("The input, --output and --rejects must be three different files.")
    for path in (output, rejects):
        if not path.parent.is_dir():
            raise CommandError(f"The folder {path.parent} does not exist.")
        if path.is_dir():
            raise CommandError(f"{path} is a folder.")
        if path.exists() and not is_overwriting:
            raise CommandError(f"{path} exists; give --overwrite to replace it.")
