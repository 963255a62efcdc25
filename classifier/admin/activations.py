"""Who put what live, and when."""

from django.contrib import admin

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import NOTHING, change_link
from classifier.models import Activation


@admin.register(Activation)
class ActivationAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "from_link", "to_link", "who", "reason")
    list_select_related = ("from_version", "to_version", "by")
    fields = ("created_at", "from_version", "to_version", "who", "reason")
    readonly_fields = ("who",)

    @admin.display(description="from")
    def from_link(self, activation: Activation) -> str:
        return change_link(activation.from_version)

    @admin.display(description="to")
    def to_link(self, activation: Activation) -> str:
        return change_link(activation.to_version)

    @admin.display(description="by", ordering="by")
    def who(self, activation: Activation) -> str:
        return str(activation.by) if activation.by else f"{NOTHING} (a command)"
