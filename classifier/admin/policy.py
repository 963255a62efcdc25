"""The learning policy: one row, which opens as a form."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from classifier.admin.cells import link
from classifier.admin.single_row import SingleRowAdmin
from classifier.models import LearningPolicy, ModelVersion


@admin.register(LearningPolicy)
class LearningPolicyAdmin(SingleRowAdmin):
    fields = ("auto_accept_users", "is_self_activating", "precision")
    readonly_fields = ("precision",)

    @admin.display(description="precision of what is answered")
    def precision(self, policy: LearningPolicy) -> SafeString:
        """With the page that shows what one costs before it is saved."""
        wanted = policy.precision_target
        said = "No target" if wanted is None else f"{100 * wanted:g}%"
        active = ModelVersion.objects.active().first()
        if active is None:
            return format_html("{}: it is set on the evaluation of the active version.", said)
        url = reverse("admin:classifier_modelversion_evaluation", args=[active.pk])
        there = link(f"{url}#precision", f"evaluation of {active}")
        return format_html("{}: it is set on the {}, with its coverage.", said, there)
