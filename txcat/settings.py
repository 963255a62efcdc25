"""Settings of txcat, from the environment. README.md's table documents every variable.

Plain assignments; `environment` has the functions that read and refuse.
"""

from pathlib import Path
from typing import Any

import django_stubs_ext
from django.core.exceptions import ImproperlyConfigured

from classifier.engine.kinds import DERIVED_KINDS, HeadKind
from classifier.engine.machine import this_machine
from txcat import appearance, logs, on_redis
from txcat.cpus import available_cpus
from txcat.environment import (
    choice,
    choice_of,
    country,
    database,
    dotted_path,
    dotted_paths,
    email_sender,
    email_server,
    flag,
    mapping,
    networks,
    redis_server,
    share,
    stored_secret,
    text,
    time_zone,
    tuned,
    web_address,
    whole,
    words,
)

# Lets `ModelAdmin[Category]` and its like be written as types at run time.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent

# Where things are

DATA_DIR = Path(text("TXCAT_DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
ARTIFACTS_DIR = DATA_DIR / "artifacts"
# Drafts and copies of this machine's own; what is in it can be made again.
LOCAL_DIR = Path(text("TXCAT_LOCAL_DIR", default=str(DATA_DIR / "local"))).resolve()
# Descriptors and secrets are in it.
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

DATABASE_URL = text("DATABASE_URL", default="")
REDIS_URL = redis_server("REDIS_URL")
IS_EMBEDDED = not DATABASE_URL

# Safety

DEBUG = flag("DEBUG", default=False)
SECRET_KEY = text("SECRET_KEY", default="")
if not SECRET_KEY:
    if not IS_EMBEDDED:
        raise ImproperlyConfigured("SECRET_KEY must be set where DATABASE_URL is.")
    SECRET_KEY = stored_secret(DATA_DIR / "secret_key")
ALLOWED_HOSTS = words("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = words("CSRF_TRUSTED_ORIGINS")

IS_TLS = flag("TXCAT_TLS", default=False)
SECURE_SSL_REDIRECT = IS_TLS and not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_TLS and not DEBUG else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = IS_TLS and not DEBUG
CSRF_COOKIE_SECURE = IS_TLS and not DEBUG
X_FRAME_OPTIONS = "DENY"

# Application

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_q",
    "rest_framework",
    "rest_framework_api_key",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "import_export",
    "simple_history",
    "classifier",
    "experiments",
    "monitoring",
]
MIDDLEWARE = [
    "txcat.requests.RequestLogMiddleware",
    "monitoring.middleware.ViewMetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]
ROOT_URLCONF = "txcat.urls"
WSGI_APPLICATION = "txcat.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LANGUAGE_CODE = "en"
TIME_ZONE = time_zone("TIME_ZONE", default="UTC")
USE_TZ = True

# Database

SQLITE_OPTIONS = {
    "timeout": 20,
    # A deferred transaction that reads and then writes can fail at once with "database is
    # locked"; an immediate one waits for its turn.
    "transaction_mode": "IMMEDIATE",
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000;"
        "PRAGMA mmap_size=134217728; PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-16000;"
    ),
}
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "txcat.sqlite3",
        "OPTIONS": SQLITE_OPTIONS,
        "CONN_MAX_AGE": None,
    }
    if IS_EMBEDDED
    else {**database("DATABASE_URL"), "CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 60}
}

# Cache and queue

CACHES = {
    "default": on_redis.cache(REDIS_URL)
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        # One for each caller of the last two minutes: past Django's 300 it would forget those
        # that have not asked for the longest time, and let them begin anew.
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    # Never shared: what a process may know for a moment by itself.
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "process",
    },
}
Q_CLUSTER: dict[str, Any] = {
    "name": "txcat",
    "workers": whole("TXCAT_WORKERS", default=1),
    # retry > timeout > longest job, else a running task is delivered a second time.
    "timeout": 3600,
    "retry": 3900,
    "max_attempts": 3,
    "ack_failures": True,
    # Kilobytes. A process that exported a model is replaced before it classifies.
    "max_rss": 600_000,
    "catch_up": False,
    "save_limit": 1000,
    "label": "Background tasks",
    **({"redis": on_redis.queue(REDIS_URL)} if REDIS_URL else {"orm": "default", "poll": 1}),
}
# How long a running job's worker may be silent before another takes the job up, and how often
# it says that it lives.
JOB_STALE_SECONDS = whole("TXCAT_JOB_STALE_SECONDS", default=30, minimum=3)
JOB_HEARTBEAT_SECONDS = JOB_STALE_SECONDS / 6
# The files of a job that has ended are kept for so long.
JOB_FILES_DAYS = whole("TXCAT_JOB_FILES_DAYS", default=7)

# Files

# Models, versions, and what people upload. A class of Django storage, so that an object store can
# take the folder's place.
FOLDER_STORAGE = "classifier.artifacts.files.WholeFileStorage"
ARTIFACT_STORAGE = dotted_path("TXCAT_ARTIFACT_STORAGE", default=FOLDER_STORAGE)
ARTIFACT_STORAGE_OPTIONS = mapping(
    "TXCAT_ARTIFACT_STORAGE_OPTIONS",
    default={"location": str(ARTIFACTS_DIR)} if ARTIFACT_STORAGE == FOLDER_STORAGE else {},
)
# What the class raises where its store does not answer, beside OSError.
ARTIFACT_STORAGE_ERRORS = dotted_paths("TXCAT_ARTIFACT_STORAGE_ERRORS")
STATIC_URL = "static/"
STATIC_ROOT = Path(text("TXCAT_STATIC_DIR", default=str(DATA_DIR / "static")))
STORAGES: dict[str, dict[str, Any]] = {
    "artifacts": {"BACKEND": ARTIFACT_STORAGE, "OPTIONS": ARTIFACT_STORAGE_OPTIONS},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# Web server (txcat/gunicorn.conf.py)

PORT = whole("PORT", default=8000, maximum=65_535)
WEB_HOST = text("TXCAT_HOST", default="127.0.0.1")
CPUS = available_cpus()
# Written by `autotune --write`, read by machines like the one it measured on.
TUNING_DIR = DATA_DIR / "tuning"
TUNING_FILE = TUNING_DIR / f"{this_machine().digest[:16]}-{CPUS}.json"
WEB_PROCESSES = whole(
    "TXCAT_WEB_PROCESSES", default=tuned(TUNING_FILE, "web_processes", default=CPUS)
)
WEB_THREADS = whole("TXCAT_WEB_THREADS", default=2)

# Engine

# Processes x threads above the number of cores makes every one of them slower.
ENGINE_THREADS = whole(
    "TXCAT_ENGINE_THREADS", default=tuned(TUNING_FILE, "engine_threads", default=1)
)
ENGINE_SPINNING = flag("TXCAT_ENGINE_SPINNING", default=False)
ENGINE_CACHE_BYTES = whole("TXCAT_ENGINE_CACHE_MB", default=64, minimum=0) * 1024 * 1024
ENGINE_POLL_SECONDS = 0.5
ROUTER = text("TXCAT_ROUTER", default="experiments.routing.ExperimentRouter")
# Kinds of encoder that are made beside the FP32 export, to choose from.
ENCODER_KINDS = [
    choice_of(word, "TXCAT_ENCODER_KINDS", tuple(DERIVED_KINDS))
    for word in words("TXCAT_ENCODER_KINDS", default=list(DERIVED_KINDS))
]
ENCODER_NAME = text("TXCAT_ENCODER", default="sentence-transformers/all-MiniLM-L6-v2")
# What new versions decide by.
HEAD = choice("TXCAT_HEAD", default=HeadKind.HYBRID.value, allowed=tuple(HeadKind))
ABSTAIN_BELOW = share("TXCAT_ABSTAIN_BELOW", default=0.35)
HOME_COUNTRY = country("TXCAT_HOME_COUNTRY")
# Of what one account holder calls texts and merchants, this many are kept.
PERSONAL_PER_USER = whole("TXCAT_PERSONAL_PER_USER", default=1000)
# Of the predictions, drawn at random for review whatever was answered.
AUDIT_SHARE = share("TXCAT_AUDIT_SHARE", default=0.005)
# An answer whose score leads by less is reviewed, as one of level low is.
REVIEW_MARGIN = share("TXCAT_REVIEW_MARGIN", default=0.05)

# API

API_MAX_BODY_BYTES = whole("TXCAT_MAX_BODY_KB", default=2048) * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = API_MAX_BODY_BYTES
# Files to classify: refused by their announced size, and never held in memory.
UPLOAD_MAX_BYTES = whole("TXCAT_MAX_UPLOAD_MB", default=512) * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = LOCAL_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(parents=True, exist_ok=True)
API_RATE = whole("TXCAT_RATE_PER_MINUTE", default=60_000)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "classifier.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["classifier.permissions.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["classifier.throttling.KeyThrottle"],
    "DEFAULT_PARSER_CLASSES": ["classifier.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_standardized_errors.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
    "UNAUTHENTICATED_USER": None,
    "LIST_SERIALIZER_ERRORS_AS_DICT": True,
}
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "classifier.errors.ApiExceptionHandler",
    "ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "txcat",
    "DESCRIPTION": "Categorizes bank and card transactions.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": ["drf_standardized_errors.openapi_hooks.postprocess_schema_enums"],
    "ENUM_NAME_OVERRIDES": {
        "FlowEnum": "classifier.models.choices.FlowChoices",
        "CannotSayEnum": "experiments.stats.types.CannotSay",
        "FormatEnum": ["csv", "ndjson"],
        "LevelEnum": "classifier.models.choices.LevelChoices",
        "ReasonEnum": "classifier.models.choices.ReasonChoices",
        "PromisedLevelEnum": ["high", "medium"],
        "DirectionEnum": "classifier.models.choices.DirectionChoices",
        **{
            name: f"drf_standardized_errors.openapi_serializers.{name}"
            for name in ("ValidationErrorEnum", "ClientErrorEnum", "ServerErrorEnum")
        },
    },
}

# Metrics

# Files of the processes that run, by role.
METRICS_DIR = LOCAL_DIR / "metrics"
# Who may read them without a key.
METRICS_NETWORKS = networks("TXCAT_METRICS_NETWORKS", default=["127.0.0.0/8", "::1/128"])
# Where the worker tells its own; 0: nowhere. With `make serve` the web server tells them too.
WORKER_METRICS_PORT = whole("TXCAT_WORKER_METRICS_PORT", default=0, minimum=0, maximum=65_535)
WORKER_METRICS_HOST = text("TXCAT_WORKER_METRICS_HOST", default="127.0.0.1")

# Notifications

PUBLIC_URL = web_address("TXCAT_PUBLIC_URL")
# Where webhooks may be sent although it is not public.
WEBHOOK_NETWORKS = networks("TXCAT_WEBHOOK_NETWORKS")
EMAIL_SERVER = email_server("TXCAT_EMAIL_URL")
DEFAULT_FROM_EMAIL = email_sender("TXCAT_EMAIL_FROM")
if EMAIL_SERVER and not DEFAULT_FROM_EMAIL:
    raise ImproperlyConfigured("TXCAT_EMAIL_FROM must be an address where TXCAT_EMAIL_URL is set.")

# Logging

# Machines read it where there are many, people where there is one.
LOG_FORMAT = choice(
    "TXCAT_LOG_FORMAT", default="line" if IS_EMBEDDED else "json", allowed=("line", "json")
)
# Whether lines may hold descriptors, user ids and keys.
LOG_PERSONAL = flag("TXCAT_LOG_PERSONAL", default=False)
LOG_LEVEL = choice("TXCAT_LOG_LEVEL", default="INFO", allowed=("DEBUG", "INFO", "WARNING", "ERROR"))
LOGGING = logs.configuration(LOG_FORMAT, LOG_LEVEL, LOG_PERSONAL)

# Admin

LOGIN_URL = "admin:login"
# Who may import and export a table: the permissions `import_…` and `export_…` of its model.
IMPORT_EXPORT_IMPORT_PERMISSION_CODE = "import"
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "export"
LOGIN_REDIRECT_URL = "admin:index"
UNFOLD = appearance.UNFOLD
