"""The web server's settings, as gunicorn reads them."""

import runpy
from pathlib import Path

import pytest
from django.conf import settings
from gunicorn.config import Config  # type: ignore[import-untyped]
from gunicorn.http.parser import RequestParser  # type: ignore[import-untyped]

CONFIGURATION = Path(settings.BASE_DIR) / "txcat" / "gunicorn.conf.py"


@pytest.mark.parametrize("name", ["SCRIPT_NAME", "PATH_INFO"])
def test_no_header_moves_the_addresses(name: str) -> None:
    config = Config()
    config.set("forwarder_headers", runpy.run_path(str(CONFIGURATION))["forwarder_headers"])
    sent = f"GET /x/admin/ HTTP/1.1\r\nHost: localhost\r\n{name}: /x\r\n\r\n".encode()
    request = next(RequestParser(config, iter([sent]), ("127.0.0.1", 1)))
    assert request.headers == [("HOST", "localhost")]
