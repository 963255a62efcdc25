"""A version that takes long to build, built once."""

import pytest
from django.db import transaction
from django.test import override_settings
from pytest_django.plugin import DjangoDbBlocker

from classifier.models import Example, ModelVersion
from classifier.services.versions import build_version

SLUGS = ("groceries", "coffee-shops", "taxis-and-rideshare", "fuel-and-charging")


@pytest.fixture(scope="session")
def built_hybrid(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> ModelVersion:
    """A hybrid of four categories: its files, and a row that is not stored."""
    with django_db_blocker.unblock(), override_settings(HEAD="hybrid"), transaction.atomic():
        Example.objects.exclude(category__slug__in=SLUGS).delete()
        version, _ = build_version()
        transaction.set_rollback(True)
    return version
