"""Processes, as they last said of themselves."""

from django.contrib import admin
from django.template.defaultfilters import filesizeformat
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from classifier.admin.cells import NOTHING, badge
from classifier.admin.paging import LogAdmin
from monitoring.models import Process

HEALTH_VARIANTS: dict[str, str] = {
    Process.Health.OK.value: "success",
    Process.Health.DEGRADED.value: "warning",
    Process.Health.FAILED.value: "danger",
}


@admin.register(Process)
class ProcessAdmin(LogAdmin):
    list_display = (
        "name",
        "health_shown",
        "version_shown",
        "memory",
        "threads",
        "started_at",
        "seen_at",
        "stopped_at",
    )
    list_filter = (("role", ChoicesDropdownFilter), ("health", ChoicesDropdownFilter))
    ordering = ("-seen_at",)
    fields = (
        ("role", "machine", "pid"),
        ("started_at", "seen_at", "stopped_at"),
        ("version", "wanted"),
        ("health", "reason"),
        "failing",
        ("memory", "cpu_seconds"),
        ("threads", "open_files"),
        ("cache_entries", "cache_memory"),
    )
    readonly_fields = ("memory", "cache_memory")

    @admin.display(description="process", ordering="machine")
    def name(self, process: Process) -> str:
        return str(process)

    @admin.display(description="health")
    def health_shown(self, process: Process) -> SafeString:
        return health_badge(process)

    @admin.display(description="serves")
    def version_shown(self, process: Process) -> str:
        return process.version or NOTHING

    @admin.display(description="resident memory")
    def memory(self, process: Process) -> str:
        return filesizeformat(process.rss_bytes)

    @admin.display(description="cache size")
    def cache_memory(self, process: Process) -> str:
        return filesizeformat(process.cache_bytes)


def health_badge(process: Process) -> SafeString:
    return badge(process.get_health_display(), HEALTH_VARIANTS[process.health])
