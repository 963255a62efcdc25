"""Settings of the tests: the product's own, with a data directory apart and a fast hasher.

Two runs at once in one checkout need two folders: TXCAT_TESTS_DIR names another.
"""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE_DIR = ROOT / os.environ.get("TXCAT_TESTS_DIR", ".cache/tests")
os.environ["TXCAT_DATA_DIR"] = str(CACHE_DIR)
os.environ.setdefault("SECRET_KEY", "a key for tests only, which protects nothing")

from txcat.settings import *  # noqa: E402, F403

# Where a storage without a location of its own writes: Django's default is the working directory.
MEDIA_ROOT = CACHE_DIR / "media"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
# A linear classifier takes longer to fit than most tests do; those that want one say so.
HEAD = "prototype"
WHITENOISE_AUTOREFRESH = True
