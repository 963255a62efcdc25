"""Settings of the tests: the product's own, with a data directory apart and a fast hasher."""

import os
from pathlib import Path

CACHE_DIR = Path(__file__).resolve().parent.parent / ".cache" / "tests"
os.environ["TXCAT_DATA_DIR"] = str(CACHE_DIR)
os.environ.setdefault("SECRET_KEY", "a key for tests only, which protects nothing")

from txcat.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "artifacts": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": ARTIFACTS_DIR},  # noqa: F405
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
