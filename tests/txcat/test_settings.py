"""The settings refuse what they cannot read, and are safe without being told."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "txcat.settings"
from django.conf import settings
print(eval(os.environ["SHOW"]))
"""


def read(show: str, tmp_path: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Evaluate an expression over the settings of a fresh process."""
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={
            "PATH": os.environ["PATH"],
            "TXCAT_DATA_DIR": str(tmp_path / "data"),
            "SHOW": show,
            **environment,
        },
    )


def value(show: str, tmp_path: Path, **environment: str) -> str:
    done = read(show, tmp_path, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("DEBUG", "maybe"),
        ("TXCAT_TLS", "2"),
        ("PORT", "http"),
        ("PORT", "²"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("TXCAT_WEB_PROCESSES", "0"),
        ("TXCAT_ENGINE_THREADS", "-1"),
        ("TXCAT_ENGINE_CACHE_MB", "1.5"),
        ("TXCAT_ABSTAIN_BELOW", "1.2"),
        ("TXCAT_ABSTAIN_BELOW", "low"),
        ("TXCAT_AUDIT_SHARE", "1.01"),
        ("TXCAT_REVIEW_MARGIN", "-0.1"),
        ("TXCAT_HOME_COUNTRY", "UK"),
        ("TXCAT_HOME_COUNTRY", "GBR"),
        ("TIME_ZONE", "Mars"),
        ("TXCAT_LOG_LEVEL", "LOUD"),
        ("TXCAT_LOG_FORMAT", "xml"),
        ("TXCAT_LOG_PERSONAL", "some"),
        ("TXCAT_METRICS_NETWORKS", "localhost"),
        ("TXCAT_METRICS_NETWORKS", "10.0.0.1/8"),
        ("TXCAT_WORKER_METRICS_PORT", "65536"),
        ("TXCAT_ARTIFACT_STORAGE", "S3Storage"),
        ("TXCAT_ARTIFACT_STORAGE", "storages.backends.s3:S3Storage"),
        ("TXCAT_ARTIFACT_STORAGE_ERRORS", "ClientError"),
        ("TXCAT_PUBLIC_URL", "txcat.example"),
        ("TXCAT_PUBLIC_URL", "ftp://txcat.example"),
        ("TXCAT_WEBHOOK_NETWORKS", "10.1.0.1/16"),
        ("TXCAT_WEBHOOK_NETWORKS", "inside"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_by_its_name(
    name: str, bad: str, tmp_path: Path
) -> None:
    done = read("settings.DEBUG", tmp_path, **{name: bad})
    assert done.returncode != 0
    assert f"{name}='{bad}'" in done.stderr


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://user:hidden@127.0.0.1/name",
        "sqlite:///name",
        "postgres://user:hidden@127.0.0.1:port/name",
        "postgres://user:hidden@127.0.0.1",
        "postgres://user:hidden@[::1/name",
    ],
)
def test_a_database_other_than_postgresql_is_refused_and_no_password_is_said(
    url: str, tmp_path: Path
) -> None:
    done = read("settings.DEBUG", tmp_path, DATABASE_URL=url, SECRET_KEY="x")
    assert done.returncode != 0
    assert "DATABASE_URL: expected postgres://" in done.stderr
    assert "hidden" not in done.stderr


@pytest.mark.parametrize("options", ["bucket_name=x", '["hidden"]', '{"key": "hidden"', "null"])
def test_options_that_are_no_json_object_are_refused_and_not_said(
    options: str, tmp_path: Path
) -> None:
    done = read("settings.DEBUG", tmp_path, TXCAT_ARTIFACT_STORAGE_OPTIONS=options)
    assert done.returncode != 0
    assert "TXCAT_ARTIFACT_STORAGE_OPTIONS: expected a JSON object" in done.stderr
    assert "hidden" not in done.stderr


def test_the_store_is_a_folder_unless_another_class_is_named(tmp_path: Path) -> None:
    show = "settings.STORAGES['artifacts']"
    folder = value(show, tmp_path)
    assert "WholeFileStorage" in folder
    assert str(tmp_path / "data" / "artifacts") in folder
    elsewhere = value(show, tmp_path, TXCAT_ARTIFACT_STORAGE_OPTIONS='{"location": "/elsewhere"}')
    assert "{'location': '/elsewhere'}" in elsewhere
    other = {"TXCAT_ARTIFACT_STORAGE": "storages.backends.s3.S3Storage"}
    assert "'OPTIONS': {}" in value(show, tmp_path, **other)
    other["TXCAT_ARTIFACT_STORAGE_OPTIONS"] = '{"bucket_name": "models"}'
    assert "'OPTIONS': {'bucket_name': 'models'}" in value(show, tmp_path, **other)
    errors = "botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError"
    assert value(
        "settings.ARTIFACT_STORAGE_ERRORS", tmp_path, TXCAT_ARTIFACT_STORAGE_ERRORS=errors
    ) == str(errors.split(", "))


@pytest.mark.parametrize("blank", ["", " "])
def test_a_text_left_blank_is_as_if_it_were_not_set(blank: str, tmp_path: Path) -> None:
    names = "ROUTER", "ENCODER_NAME", "TIME_ZONE", "WEB_HOST", "DATA_DIR", "STATIC_ROOT"
    storage = "TXCAT_ARTIFACT_STORAGE", "TXCAT_ARTIFACT_STORAGE_OPTIONS"
    variables = (
        *storage,
        "TXCAT_ROUTER",
        "TXCAT_ENCODER",
        "TIME_ZONE",
        "TXCAT_HOST",
        "TXCAT_STATIC_DIR",
    )
    others = "TXCAT_LOG_LEVEL", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "TXCAT_LOCAL_DIR"
    more = "IS_EMBEDDED", "REDIS_URL", "LOCAL_DIR", "STORAGES"
    show = f"[str(getattr(settings, name)) for name in {(*names, *more)!r}]"
    unset = value(show, tmp_path)
    assert value(show, tmp_path, **dict.fromkeys((*variables, *others), blank)) == unset
    assert "127.0.0.1" in unset


def test_a_data_directory_left_blank_is_the_one_of_the_project(tmp_path: Path) -> None:
    done = value("settings.DATA_DIR", tmp_path, TXCAT_DATA_DIR="", SECRET_KEY="x")
    assert done == str(ROOT / "var")


def test_debug_is_off_unless_asked(tmp_path: Path) -> None:
    assert value("settings.DEBUG", tmp_path) == "False"
    assert value("settings.DEBUG", tmp_path, DEBUG="on") == "True"


def test_the_embedded_secret_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    first = value("settings.SECRET_KEY", tmp_path)
    assert len(first) >= 50
    assert value("settings.SECRET_KEY", tmp_path) == first
    file = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(file.parent.glob("secret_key*")) == [file]


def test_nobody_else_on_the_machine_may_look_into_a_new_data_directory(tmp_path: Path) -> None:
    value("settings.DEBUG", tmp_path)
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_a_blank_list_is_as_good_as_none(tmp_path: Path) -> None:
    show = "(settings.ALLOWED_HOSTS, len(settings.ENCODER_KINDS))"
    found = value(show, tmp_path)
    assert value(show, tmp_path, ALLOWED_HOSTS="", TXCAT_ENCODER_KINDS=" , ") == found


def test_a_server_database_needs_a_secret_of_its_own(tmp_path: Path) -> None:
    url = "postgres://user:word@127.0.0.1:5432/name"
    done = read("settings.DEBUG", tmp_path, DATABASE_URL=url)
    assert done.returncode != 0
    assert "SECRET_KEY must be set" in done.stderr
    engine = value(
        "settings.DATABASES['default']['ENGINE']", tmp_path, DATABASE_URL=url, SECRET_KEY="x"
    )
    assert engine == "django.db.backends.postgresql"


def test_declared_tls_switches_on_what_only_works_with_it(tmp_path: Path) -> None:
    names = "SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"
    show = f"[bool(getattr(settings, name)) for name in {(*names, 'SECURE_HSTS_SECONDS')!r}]"
    assert value(show, tmp_path, TXCAT_TLS="true") == "[True, True, True, True]"
    assert value(show, tmp_path) == "[False, False, False, False]"


def test_redis_takes_over_the_cache_and_the_queue(tmp_path: Path) -> None:
    show = "settings.CACHES['default']['BACKEND'], 'orm' in settings.Q_CLUSTER"
    assert "LocMemCache', True" in value(show, tmp_path)
    assert "RedisCache', False" in value(show, tmp_path, REDIS_URL="redis://127.0.0.1:1/0")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "http://:hidden@redis.example:6379/0",
        "redis://:hidden@/0",
        "redis://:hidden@redis.example:port/0",
        "redis://:hidden@redis.example:6379/first",
        "redis://:hidden@redis.example:6379/0?socket_timeout=soon",
    ],
)
def test_a_redis_that_cannot_be_read_is_refused_and_no_password_is_said(
    url: str, tmp_path: Path
) -> None:
    done = read("settings.DEBUG", tmp_path, REDIS_URL=url)
    assert done.returncode != 0
    assert "REDIS_URL: expected redis://" in done.stderr
    assert "hidden" not in done.stderr.split("ImproperlyConfigured")[-1]


@pytest.mark.parametrize(
    ("url", "queue"),
    [
        (
            "rediss://:word@redis.example/2",
            "rediss://:word@redis.example/2?socket_connect_timeout=3.0&socket_timeout=3.0",
        ),
        (
            "unix:///run/redis.sock?db=1",
            "unix:///run/redis.sock?db=1&socket_connect_timeout=3.0&socket_timeout=3.0",
        ),
        (
            "redis://redis.example?socket_timeout=9",
            "redis://redis.example?socket_timeout=9&socket_connect_timeout=3.0",
        ),
    ],
)
def test_redis_is_waited_for_briefly_unless_its_address_says_how_long(
    url: str, queue: str, tmp_path: Path
) -> None:
    show = "settings.Q_CLUSTER['redis'], settings.CACHES['default']"
    found = value(f"repr(({show}))", tmp_path, REDIS_URL=url)
    cache = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": url,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
    assert found == repr((queue, cache))


def test_all_state_lives_under_the_data_directory(tmp_path: Path) -> None:
    show = (
        "[str(path).startswith(str(settings.DATA_DIR)) for path in "
        "(settings.ARTIFACTS_DIR, settings.STATIC_ROOT, settings.DATABASES['default']['NAME'])]"
    )
    assert value(show, tmp_path) == "[True, True, True]"


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "https://a:hidden@mail.example",
        "smtp+tls://a:hidden@",
        "smtp://[::1",
        "smtp://a:hidden@mail..example",
    ],
)
def test_a_mail_server_that_cannot_be_read_is_refused_and_no_password_is_said(
    url: str, tmp_path: Path
) -> None:
    done = read("settings.DEBUG", tmp_path, TXCAT_EMAIL_URL=url, TXCAT_EMAIL_FROM="a@b.example")
    assert done.returncode != 0
    assert "TXCAT_EMAIL_URL: expected smtp+tls://" in done.stderr
    assert "hidden" not in done.stderr.split("ImproperlyConfigured")[-1]


@pytest.mark.parametrize("login", ["ann:hidden%C3%A4", "ann:hidden%E2%82%AC", "%C3%A4nn:hidden"])
def test_a_login_that_smtp_cannot_say_is_refused_and_not_said(login: str, tmp_path: Path) -> None:
    url = f"smtp+tls://{login}@mail.example"
    done = read("settings.DEBUG", tmp_path, TXCAT_EMAIL_URL=url, TXCAT_EMAIL_FROM="a@b.example")
    assert done.returncode != 0
    said = done.stderr.split("ImproperlyConfigured")[-1]
    assert "TXCAT_EMAIL_URL: user and password must be ASCII" in said
    assert "hidden" not in said


@pytest.mark.parametrize(
    "sender",
    [
        "alerts@",
        "alerts",
        "Bank alerts @ zurich",
        "txcat <alerts@>",
        "a@b.example\nBcc: c@d.example",
    ],
)
def test_a_sender_that_is_no_address_is_refused(sender: str, tmp_path: Path) -> None:
    done = read("settings.DEBUG", tmp_path, TXCAT_EMAIL_FROM=sender)
    assert done.returncode != 0
    assert "TXCAT_EMAIL_FROM=" in done.stderr


@pytest.mark.parametrize("sender", ["alerts@bank.example", "txcat Zürich <alerts@bank.example>"])
def test_a_sender_may_have_a_name(sender: str, tmp_path: Path) -> None:
    environment = {"TXCAT_EMAIL_URL": "smtp://mail.example", "TXCAT_EMAIL_FROM": sender}
    found = value("ascii(settings.DEFAULT_FROM_EMAIL)", tmp_path, **environment)
    assert found == ascii(sender)


def test_mails_need_a_sender(tmp_path: Path) -> None:
    done = read("settings.DEBUG", tmp_path, TXCAT_EMAIL_URL="smtp://mail.example")
    assert done.returncode != 0
    assert "TXCAT_EMAIL_FROM must be an address" in done.stderr


def test_a_mail_server_is_read_with_its_usual_port(tmp_path: Path) -> None:
    environment = {"TXCAT_EMAIL_FROM": "a@b.example"}
    for url, shown in (
        ("smtp+tls://ann:p%40ss@mail.example", "('mail.example', 587, 'p@ss', True, False)"),
        ("smtp+ssl://mail.example:2465", "('mail.example', 2465, '', False, True)"),
    ):
        keys = ("host", "port", "password", "use_tls", "use_ssl")
        show = f"tuple(settings.EMAIL_SERVER[key] for key in {keys})"
        assert value(show, tmp_path, TXCAT_EMAIL_URL=url, **environment) == shown


def test_the_log_is_for_machines_where_the_database_is_a_server(tmp_path: Path) -> None:
    server = {"DATABASE_URL": "postgres://u:p@127.0.0.1/name", "SECRET_KEY": "x"}
    show = "settings.LOGGING['handlers']['console']['formatter']"
    assert value(show, tmp_path) == "line"
    assert value(show, tmp_path, **server) == "json"
    assert value(show, tmp_path, **server, TXCAT_LOG_FORMAT="line") == "line"


@pytest.mark.parametrize(
    ("said", "networks"),
    [
        ("", "127.0.0.0/8 ::1/128"),
        ("10.1.0.0/16, 10.2.0.7", "10.1.0.0/16 10.2.0.7/32"),
    ],
)
def test_metrics_are_told_to_this_machine_or_to_the_networks_that_are_named(
    said: str, networks: str, tmp_path: Path
) -> None:
    show = "*map(str, settings.METRICS_NETWORKS)"
    found = value(f"' '.join([{show}])", tmp_path, TXCAT_METRICS_NETWORKS=said)
    assert found == networks
