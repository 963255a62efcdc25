"""Who served what, when."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import NOTHING, change_link, change_url
from classifier.models import Activation
from classifier.services.history import Act, acts, acts_of

KIND_VARIANTS: dict[str, str] = {
    Activation.Kind.ACTIVATION.value: "success",
    Activation.Kind.ROLLBACK.value: "warning",
}


@admin.register(Activation)
class ActivationAdmin(ReadOnlyAdmin):
    fields = (
        ("created_at", "kind"),
        ("from_version", "to_version"),
        "who",
        "reason",
        "missed",
    )
    readonly_fields = ("who", "missed")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The history: activations and retirements, the newest first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        page = Paginator(acts(), self.list_per_page).get_page(request.GET.get("p"))
        return TemplateResponse(
            request,
            "classifier/admin/version_history.html",
            {
                **self.admin_site.each_context(request),
                "title": "Who served what, when",
                "opts": self.opts,
                "acts": [_shown(act) for act in acts_of(list(page))],
                "page": page,
            },
        )

    @admin.display(description="by", ordering="by")
    def who(self, activation: Activation) -> str:
        return str(activation.by) if activation.by else f"{NOTHING} (a command)"

    @admin.display(description="missed targets")
    def missed(self, activation: Activation) -> str:
        return "; ".join(activation.missed_targets) or "none"


def _shown(act: Act) -> dict[str, Any]:
    row = act.row
    shown = {
        "at": row.created_at,
        "by": row.by or "a command",
        "reason": row.reason,
    }
    if not isinstance(row, Activation):
        return {
            **shown,
            "what": "Retired",
            "variant": "default",
            "version": change_link(row.version),
        }
    return {
        **shown,
        "what": row.get_kind_display(),
        "variant": KIND_VARIANTS[row.kind],
        "version": change_link(row.to_version),
        "before": change_link(row.from_version) if row.from_version else "nothing",
        "url": change_url(row),
        "is_activation": True,
        "until": act.until,
        "served": _duration((act.until or timezone.now()) - row.created_at),
        "missed": row.missed_targets,
    }


def _duration(span: timedelta) -> str:
    """The two largest units: “3 d 4 h”, “12 min 5 s”."""
    minutes, seconds = divmod(max(0, int(span.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    units = [(days, "d"), (hours, "h"), (minutes, "min"), (seconds, "s")]
    while len(units) > 1 and not units[0][0]:
        units.pop(0)
    return " ".join(f"{count} {unit}" for count, unit in units[:2] if count) or "0 s"
