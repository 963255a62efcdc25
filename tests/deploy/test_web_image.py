"""What the web image would hold, laid out in a folder and run: its files, its packages, its
environment and its commands, with the folder in place of `/app` and `/data`."""

import fcntl
import hashlib
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.deploy.dockerfile import ROOT, environment, exec_form, lay_out, read_stages

STAGES = read_stages()
START_SECONDS = 60
ALLOWED_HOSTS = ".txcat.example,txcat.internal"


@dataclass(frozen=True)
class Image:
    app: Path
    variables: dict[str, str]

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            words,
            cwd=self.app,
            env={**self.variables, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture(scope="module")
def venv() -> Path:
    """A virtual environment with the web image's packages; kept until the file changes."""
    requirements = ROOT / "requirements-web.txt"
    digest = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()[:16]
    folder = ROOT / ".cache" / f"web-venv-{digest}"
    finished = folder / "installed"
    folder.parent.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            python = str(folder / "bin" / "python")
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
            install = [python, "-m", "pip", "install", "--quiet", "-r", str(requirements)]
            subprocess.run(install, check=True)
            finished.touch()
    return folder


@pytest.fixture(scope="module")
def image(venv: Path, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The web image before its first start: static files collected, tables made."""
    root = tmp_path_factory.mktemp("image")
    app, data, build, local = (root / name for name in ("app", "data", "build", "local"))
    data.mkdir()
    lay_out(STAGES["app"], app)
    places = {
        "/var/cache/txcat": str(local),
        "/venv": str(venv),
        "/data": str(data),
        "/app": str(app),
        "/tmp/build": str(build),  # noqa: S108
    }
    variables = {
        name: _moved(value, places).replace("$PATH", os.environ["PATH"])
        for name, value in environment(STAGES, "web").items()
    }
    with socket.create_server(("127.0.0.1", 0)) as probe:
        variables["PORT"] = str(probe.getsockname()[1])
    image = Image(app, {**variables, "ALLOWED_HOSTS": ALLOWED_HOSTS})
    [collect] = STAGES["static"].values("RUN")
    words = shlex.split(_moved(collect, places))
    assignments = dict(word.split("=", 1) for word in words if "=" in word)
    collected = image.run(*(word for word in words if "=" not in word), **assignments)
    assert collected.returncode == 0, collected.stderr
    migrated = image.run("python", "manage.py", "migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    return image


@pytest.fixture(scope="module")
def server(image: Image, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The image's own command, answering; its port."""
    port = int(image.variables["PORT"])
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            exec_form(STAGES["web"].values("CMD")[0]),
            cwd=image.app,
            env={**image.variables, "TXCAT_WEB_PROCESSES": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for_port(port, process, log)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0, log.read_text()


def test_the_web_packages_hold_no_torch(image: Image) -> None:
    script = "import importlib.util as u; print([n for n in %r if u.find_spec(n)])"
    heavy = ["torch", "sentence_transformers", "transformers", "onnx", "scipy"]
    assert image.run("python", "-c", script % heavy).stdout.strip() == "[]"


def test_the_request_path_imports_with_the_web_packages(image: Image) -> None:
    script = "import django; django.setup(); import txcat.wsgi, txcat.urls, classifier.views"
    done = image.run("python", "-c", script, DJANGO_SETTINGS_MODULE="txcat.settings")
    assert done.returncode == 0, done.stderr


def test_system_checks_pass_with_the_web_packages(image: Image) -> None:
    done = image.run("python", "manage.py", "check")
    assert done.returncode == 0, done.stderr


def test_the_runbooks_are_read_from_the_image(image: Image) -> None:
    script = (
        "import django; django.setup(); from monitoring.runbooks import read_runbooks; "
        "print(len(read_runbooks().sections))"
    )
    done = image.run("python", "-c", script, DJANGO_SETTINGS_MODULE="txcat.settings")
    assert int(done.stdout) > 18, done.stderr


def test_the_start_command_accepts_its_configuration(image: Image) -> None:
    command = exec_form(STAGES["web"].values("CMD")[0])
    done = image.run(*command, "--check-config")
    assert done.returncode == 0, done.stderr


def test_the_build_leaves_static_files_and_no_secret(image: Image) -> None:
    static = Path(image.variables["TXCAT_STATIC_DIR"])
    assert (static / "staticfiles.json").is_file()
    assert not list(image.app.rglob("secret_key"))


def test_the_health_check_passes_on_a_server_that_answers_to_other_names(
    image: Image, server: int
) -> None:
    done = image.run(*_health_check())
    assert (done.returncode, done.stderr) == (0, "")


def test_the_health_check_fails_where_nothing_listens(image: Image) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = str(probe.getsockname()[1])
    done = image.run(*_health_check(), PORT=free)
    assert done.returncode == 1
    assert f"port {free}" in done.stderr


def test_the_health_check_fails_where_the_server_refuses(image: Image, server: int) -> None:
    done = image.run(*_health_check(), ALLOWED_HOSTS="another.example")
    assert done.returncode == 1
    assert "400" in done.stderr


def test_the_server_asks_for_a_key(server: int) -> None:
    status, body = _ask(server, "POST", "/api/v1/classify", {"transactions": []})
    assert status == 401, body


def test_without_a_version_the_server_is_alive_and_not_ready(server: int) -> None:
    assert _ask(server, "GET", "/healthz")[0] == 200
    status, body = _ask(server, "GET", "/readyz")
    assert status == 503
    assert "No version has been activated" in body


def test_the_server_serves_collected_files(image: Image, server: int) -> None:
    manifest = Path(image.variables["TXCAT_STATIC_DIR"]) / "staticfiles.json"
    names = json.loads(manifest.read_text())["paths"]
    style = next(hashed for name, hashed in names.items() if name.endswith(".css"))
    assert _ask(server, "GET", f"/static/{style}")[0] == 200


def _health_check() -> list[str]:
    [value] = STAGES["web"].values("HEALTHCHECK")
    return exec_form(value.partition(" CMD ")[2])


def _moved(text: str, places: dict[str, str]) -> str:
    for place, folder in places.items():
        text = text.replace(place, folder)
    return text


def _wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(START_SECONDS * 10):
        assert process.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            try:
                process.wait(timeout=0.1)
            except subprocess.TimeoutExpired:
                continue
        else:
            return
    pytest.fail(f"Nothing listens on port {port}:\n{log.read_text()}")


def _ask(port: int, method: str, path: str, body: object = None) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": "txcat.internal", "Content-Type": "application/json"}
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        return response.status, response.read().decode("utf-8", "replace")
    finally:
        connection.close()
