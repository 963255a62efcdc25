"""The categories an answer can have, as a tree."""

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from classifier.models import Category

pytestmark = pytest.mark.django_db


def test_the_tree_holds_every_active_category(api: APIClient) -> None:
    tree = api.get("/api/v1/categories").json()["categories"]
    shown = {child["slug"] for primary in tree for child in primary["children"]}
    assert shown == set(Category.objects.detailed().values_list("slug", flat=True))
    assert [primary["slug"] for primary in tree] == list(
        Category.objects.primary().order_by("sort_order", "name").values_list("slug", flat=True)
    )


def test_a_child_stands_under_its_own_parent(api: APIClient) -> None:
    tree = api.get("/api/v1/categories").json()["categories"]
    parents = dict(Category.objects.detailed().values_list("slug", "parent__slug"))
    for primary in tree:
        for child in primary["children"]:
            assert parents[child["slug"]] == primary["slug"]


def test_a_category_switched_off_is_not_shown_nor_are_its_children(api: APIClient) -> None:
    child = Category.objects.get(slug="coffee-shops")
    other = Category.objects.primary().exclude(pk=child.primary.pk).earliest("pk")
    Category.objects.filter(pk__in=[child.pk, other.pk]).update(is_active=False)
    tree = api.get("/api/v1/categories").json()["categories"]
    shown = {child["slug"] for primary in tree for child in primary["children"]}
    assert "coffee-shops" not in shown
    assert other.slug not in [primary["slug"] for primary in tree]
    assert not shown & set(other.children.values_list("slug", flat=True))


def test_the_tree_costs_one_query_beside_the_key(api: APIClient) -> None:
    api.get("/api/v1/categories")
    caches["process"].clear()
    with CaptureQueriesContext(connection) as queries:
        api.get("/api/v1/categories")
    assert len(queries) == 2
