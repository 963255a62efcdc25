"""Pages that belong to no model."""

from django.contrib import admin
from django.urls import URLPattern, path

from monitoring.admin.categories import categories
from monitoring.admin.health import health
from monitoring.admin.runbooks import runbook_section, runbooks
from monitoring.admin.system import system
from monitoring.admin.versions import versions

before = admin.site.extra_urls  # type: ignore[attr-defined]


def urls() -> list[URLPattern]:
    wrap = admin.site.admin_view
    return [
        *before(),
        path("monitoring/health/", wrap(health), name="monitoring_health"),
        path("monitoring/versions/", wrap(versions), name="monitoring_versions"),
        path("monitoring/categories/", wrap(categories), name="monitoring_categories"),
        path("monitoring/system/", wrap(system), name="monitoring_system"),
        path("monitoring/runbooks/", wrap(runbooks), name="monitoring_runbooks"),
        path("monitoring/runbooks/<str:anchor>/", wrap(runbook_section), name="monitoring_runbook"),
    ]


# Unfold's site asks itself for them.
admin.site.extra_urls = urls  # type: ignore[attr-defined]
