"""From a request's body to JSON, or a refusal that says why."""

import json
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.utils.mediatypes import _MediaType, media_type_matches

from classifier.refusals import LengthRequired, PayloadTooLarge, printable

# Deeper than any request needs, and far from Python's own limit.
MAX_DEPTH = 16
# Of a whole number. Python reads no longer one, and its refusal speaks of Python.
MAX_DIGITS = 4300
JSON_TYPE = JSONParser.media_type


def check_body_headers(
    request: Request, max_bytes: int, media_types: Sequence[str] = (JSON_TYPE,)
) -> None:
    """Refuse by its headers a body that would not be read, before any of it is."""
    meta = request.META
    length = meta.get("CONTENT_LENGTH") or ""
    if "HTTP_TRANSFER_ENCODING" in meta and not length:
        raise LengthRequired
    # Python reads no number of more than 4,300 digits; eighteen are over any limit.
    if length.isdecimal() and int(length.lstrip("0")[:18] or 0) > max_bytes:
        raise PayloadTooLarge
    media_type = request.content_type or ""
    encoding = meta.get("HTTP_CONTENT_ENCODING", "identity")
    if encoding.lower() != "identity":
        raise UnsupportedMediaType(
            media_type, f"The content encoding “{printable(encoding)}” is not supported."
        )
    charset = str(_MediaType(media_type).params.get("charset", "utf-8"))
    is_known = any(media_type_matches(known, media_type) for known in media_types)
    if not is_known or charset.lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(
            media_type,
            f"The content type must be {' or '.join(media_types)} in UTF-8, "
            f"not “{printable(media_type)}”.",
        )


class StrictJSONParser(JSONParser):
    """JSON as RFC 8259 has it, and nothing that readers may differ on.

    No NaN or Infinity, no key twice in an object, no nesting past MAX_DEPTH; the top level
    is an object. Numbers with a fraction or an exponent become Decimal, so that an amount
    keeps the digits that were sent.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Any = None,
    ) -> dict[str, Any]:
        """Raises ParseError."""
        try:
            text = stream.read().decode("utf-8")
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8: byte {error.start} is wrong.") from error
        value = read_json(text)
        if not isinstance(value, dict):
            raise ParseError("The body must be a JSON object: {…}.")
        return value


def read_json(text: str, what: str = "body") -> Any:
    """Strict JSON; `what` it is, for the messages. Raises ParseError."""
    try:
        value = _DECODER.decode(text)
    except InvalidOperation as error:
        raise ParseError("A number's exponent is out of range.") from error
    except ValueError as error:
        raise ParseError(f"The {what} is not JSON: {printable(str(error), 200)}.") from error
    except RecursionError as error:
        raise ParseError(f"The {what} is nested deeper than {MAX_DEPTH} levels.") from error
    if _is_too_deep(value):
        raise ParseError(f"The {what} is nested deeper than {MAX_DEPTH} levels.")
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise ParseError(f"The key “{printable(key)}” occurs twice in one object.")
            seen.add(key)
    return unique


def _refuse_constant(name: str) -> None:
    raise ParseError(f"{name} is not a JSON number.")


def _read_whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise ParseError(f"A number has more than {MAX_DIGITS:,} digits: {printable(digits, 20)}")
    return int(digits)


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_constant=_refuse_constant,
    parse_float=Decimal,
    parse_int=_read_whole,
)


def _is_too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
