"""Permissions for the groups of the people who work here, given and taken back by migrations."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# By the name of a group, permissions as `app.model.codename`.
Given = Mapping[str, Iterable[str]]


def give(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor, given: Given) -> None:
    """A group of the name that is there keeps what it has."""
    alias = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for name, wanted in given.items():
        group, _ = groups.get_or_create(name=name)
        group.permissions.add(*permissions_of(apps, alias, wanted))


def take_back(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor, given: Given) -> None:
    """From the groups that are there; none is removed."""
    alias = schema_editor.connection.alias
    groups = apps.get_model("auth", "Group").objects.using(alias)
    for group in groups.filter(name__in=given):
        group.permissions.remove(*permissions_of(apps, alias, given[group.name]))


def permissions_of(apps: StateApps, alias: str, wanted: Iterable[str]) -> Iterator[Any]:
    """Django makes permissions after all migrations have run: those that are not there yet are
    made here, as it would make them."""
    content_types = apps.get_model("contenttypes", "ContentType").objects.using(alias)
    permissions = apps.get_model("auth", "Permission").objects.using(alias)
    for app, model, codename in (permission.split(".") for permission in wanted):
        meta = apps.get_model(app, model)._meta
        content_type, _ = content_types.get_or_create(app_label=app, model=model)
        action = codename.partition("_")[0]
        name = dict(meta.permissions).get(codename, f"Can {action} {meta.verbose_name_raw}")
        permission, _ = permissions.get_or_create(
            content_type=content_type, codename=codename, defaults={"name": name}
        )
        yield permission
