"""A JSON body of any size, `{"transactions": […], …}`, as a file with a transaction a line."""

import codecs
import json
from typing import IO, Any, NoReturn

from django.core.files.uploadedfile import TemporaryUploadedFile
from rest_framework.exceptions import ErrorDetail, ParseError, ValidationError
from rest_framework.parsers import BaseParser

from classifier.bulk.options import MAX_ROWS, Format
from classifier.parsers import JSON_TYPE
from classifier.refusals import printable

LIST = "transactions"
CHUNK_BYTES = 256 * 1024
# No member of the body and no transaction is longer.
MAX_VALUE_CHARACTERS = 1_000_000
# More than there are options; each may be as long as a value.
MAX_MEMBERS = 16
SPACE = " \t\n\r"
AFTER_VALUE = tuple(SPACE + ",:]}")


class TransactionsParser(BaseParser):
    """The body's members; in place of the list, `file` and `format` as a form would send them.

    What the transactions are is looked at when the file is split. That each of them is one JSON
    value is seen here.
    """

    media_type = JSON_TYPE

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        """Raises ParseError, and ValidationError where the list is missing, empty or too long."""
        file = TemporaryUploadedFile("transactions.ndjson", None, 0, None)
        is_read = False
        try:
            members = _Body(stream, file).read()
            file.size = file.tell()
            file.flush()
            is_read = True
        finally:
            if not is_read:
                file.close()
        return {**members, "file": file, "format": Format.NDJSON.value}


class _Body:
    """One pass over the text, of which no more is held than the value that is being read."""

    def __init__(self, stream: IO[bytes], output: IO[bytes]) -> None:
        self._stream = stream
        self._output = output
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        # Numbers stay text: what they are is not this reader's to judge.
        self._json = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
        self._text = ""
        self._place = 0
        self._is_ended = False

    def read(self) -> dict[str, Any]:
        members: dict[str, Any] = {}
        if not self._take("{"):
            raise ParseError("The body must be a JSON object: {…}.")
        while not self._take("}"):
            if members and not self._take(","):
                self._refuse("a comma or the object's end is missing")
            name, text = self._value()
            if not text.startswith('"') or not self._take(":"):
                self._refuse("a member's name is missing")
            if len(members) == MAX_MEMBERS:
                self._refuse("it has too many members")
            if name in members:
                raise ParseError(f"The key “{printable(name)}” occurs twice in one object.")
            members[name] = self._copy_list() if name == LIST else self._value()[0]
        if self._next():
            self._refuse("something follows the object")
        if LIST not in members:
            raise _refusal("This field is required.", "required")
        del members[LIST]
        for name in ("file", "format"):
            if name in members:
                detail = ErrorDetail("This field is not known.", "unknown_field")
                raise ValidationError({name: [detail]})
        return members

    def _copy_list(self) -> int:
        """Write a line an item. Returns how many there are."""
        if not self._take("["):
            raise _refusal("Expected a list of items.", "not_a_list")
        count = 0
        while not self._take("]"):
            if count and not self._take(","):
                self._refuse("a comma or the list's end is missing")
            if count == MAX_ROWS:
                raise _refusal(f"There are more than {MAX_ROWS:,} items.", "max_length")
            _, text = self._value()
            # Between the parts of a value a line end is but space; inside a string JSON has none.
            self._output.write(text.replace("\n", " ").replace("\r", " ").encode() + b"\n")
            count += 1
        if not count:
            raise _refusal("This list may not be empty.", "empty")
        return count

    def _value(self) -> tuple[Any, str]:
        """The next value, and as it stands."""
        self._next()
        while True:
            problem = "it goes on where a value ends"
            try:
                value, end = self._json.raw_decode(self._text, self._place)
            except json.JSONDecodeError as error:
                problem = error.msg
            except RecursionError:
                self._refuse("it is nested too deep")
            else:
                # "12" may be the beginning of "12.5".
                if self._text[end : end + 1] in AFTER_VALUE or self._is_ended:
                    text = self._text[self._place : end]
                    self._place = end
                    return value, text
            if self._is_ended or len(self._text) - self._place > MAX_VALUE_CHARACTERS:
                self._refuse(problem)
            self._more()

    def _take(self, wanted: str) -> bool:
        is_there = self._next() == wanted
        self._place += is_there
        return is_there

    def _next(self) -> str:
        """The next character that is no space; "" at the end."""
        while True:
            while self._place < len(self._text):
                if self._text[self._place] not in SPACE:
                    return self._text[self._place]
                self._place += 1
            if self._is_ended:
                return ""
            self._more()

    def _more(self) -> None:
        chunk = self._stream.read(CHUNK_BYTES)
        self._is_ended = not chunk
        try:
            self._text = self._text[self._place :] + self._decode(chunk, self._is_ended)
        except UnicodeDecodeError as error:
            raise ParseError("The body is not UTF-8.") from error
        self._place = 0

    def _refuse(self, reason: str) -> NoReturn:
        raise ParseError(f"The body is not JSON: {reason}.")


def _refusal(detail: str, code: str) -> ValidationError:
    return ValidationError({LIST: [ErrorDetail(detail, code)]})
