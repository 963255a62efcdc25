"""Files over HTTP that can be fetched in parts: single byte ranges of RFC 9110, section 14."""

import re
from collections.abc import Callable
from typing import IO

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from classifier.refusals import RangeNotSatisfiable

CHUNK_BYTES = 256 * 1024
# Eighteen digits are over any size.
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def file_response(
    request: Request, open_file: Callable[[], IO[bytes]], size: int, etag: str, media_type: str
) -> HttpResponseBase:
    """The file or the wanted part of it; to HEAD, the headers alone.

    `If-Range` names the file that an earlier part was of: of another one, all is sent. Raises
    RangeNotSatisfiable.
    """
    headers = {"Accept-Ranges": "bytes", "ETag": f'"{etag}"'}
    condition = request.headers.get("If-Range", headers["ETag"])
    is_same = condition == headers["ETag"]
    wanted = read_range(request.headers.get("Range"), size) if is_same else None
    start, end = wanted or (0, size)
    if wanted:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    status = 206 if wanted else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=media_type, headers=headers)
    content = Part(open_file(), start, end)
    return StreamingHttpResponse(content, status=status, content_type=media_type, headers=headers)


def read_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Where the wanted part begins and where it ends, exclusive; None where all is wanted.

    What is no single range of bytes is ignored, as the RFC allows. Raises RangeNotSatisfiable.
    """
    match = _RANGE.fullmatch((header or "").strip())
    if match is None or match[1] == match[2] == "":
        return None
    if not match[1]:
        start, end = max(0, size - int(match[2])), size
    else:
        start, end = int(match[1]), min(int(match[2] or size) + 1, size)
        if match[2] and int(match[2]) < start:
            return None
    if start >= size:
        raise RangeNotSatisfiable(size)
    return start, end


class Part:
    """The bytes of a file from `start` to `end`, exclusive, in chunks. Its response closes it."""

    def __init__(self, file: IO[bytes], start: int, end: int) -> None:
        file.seek(start)
        self._file = file
        self._left = end - start

    def __iter__(self) -> "Part":
        return self

    def __next__(self) -> bytes:
        chunk = self._file.read(min(CHUNK_BYTES, self._left))
        if not chunk:
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        self._file.close()
