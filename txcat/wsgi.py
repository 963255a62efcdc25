"""The WSGI application that gunicorn serves."""

import os
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http.response import HttpResponseBase
from django.utils.http import parse_header_parameters

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "txcat.settings")


class Request(WSGIRequest):
    """A request whose address and forms are UTF-8, whatever charset its body is said to have.

    Django would decode the address by that charset while the request is made, where no handler
    turns a failure into an answer.
    """

    def _set_content_type_params(self, meta: dict[str, Any]) -> None:
        self.content_type, self.content_params = parse_header_parameters(
            meta.get("CONTENT_TYPE", "")
        )


class Application(WSGIHandler):
    """Django's, to which a header that cannot be parsed is one that was not sent."""

    request_class = Request

    def __call__(self, environ: dict[str, Any], start_response: Any) -> HttpResponseBase:
        content_type, accept = environ.get("CONTENT_TYPE", ""), environ.get("HTTP_ACCEPT", "")
        if not _is_parsable(content_type):
            del environ["CONTENT_TYPE"]
        if not all(map(_is_parsable, accept.split(","))):
            del environ["HTTP_ACCEPT"]
        return super().__call__(environ, start_response)


def _is_parsable(media_type: str) -> bool:
    try:
        parse_header_parameters(media_type)
    except (TypeError, ValueError):  # TypeError: "a/b; x*=1; x*0=2", which is sorted by number.
        return False
    return True


django.setup(set_prefix=False)
application = Application()
