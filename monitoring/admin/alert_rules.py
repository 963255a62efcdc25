"""Alert rules: what one would have done is shown before it is saved."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminSelectWidget

from classifier.admin.base import Admin
from classifier.admin.cells import NOTHING, changelist_url, link
from classifier.admin.filters import FlagFilter
from classifier.admin.history import HistoryAdmin
from monitoring.admin.alert_cells import lasting, moment, severity_badge, state_badge, table
from monitoring.admin.alert_charts import Drawn, threshold_chart
from monitoring.admin.runbooks import runbook_link
from monitoring.measures import MEASURES, Unit
from monitoring.models import Alert, AlertRule
from monitoring.services.preview import Preview, PreviewEpisode, preview
from monitoring.services.switches import switch_rules
from monitoring.wording import figure

DAYS = 14
MAX_EPISODES = 20


class AlertRuleForm(forms.ModelForm[AlertRule]):
    measure = forms.ChoiceField(widget=UnfoldAdminSelectWidget())

    class Meta:
        model = AlertRule
        fields = (
            "name", "key", "description", "measure", "by", "label", "condition", "thresholds",
            "warning", "critical", "reference_days", "window_minutes", "for_minutes",
            "keep_firing_minutes", "minimum_samples", "runbook_url", "is_enabled",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        measure = self.fields.get("measure")
        if isinstance(measure, forms.ChoiceField):
            choices = sorted(((each.key, each.name) for each in MEASURES.values()), key=_name)
            measure.choices = [("", "---------"), *choices, *self._gone()]

    def _gone(self) -> list[tuple[str, str]]:
        """The rule's own measure, where a release took it away."""
        key = self.instance.measure
        return [(key, f"{key} (there is no such measure)")] if key and key not in MEASURES else []


@admin.register(AlertRule)
class AlertRuleAdmin(HistoryAdmin, Admin):
    form = AlertRuleForm
    list_display = (
        "name",
        "state_shown",
        "measure_shown",
        "thresholds_shown",
        "for_shown",
        "alerts_shown",
        "runbook_shown",
        "is_enabled",
    )
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("is_enabled", FlagFilter),
        ("is_builtin", FlagFilter),
    )
    search_fields = ("name", "key", "description", "measure")
    search_help_text = "Name, key or measure"
    sortable_by = ("name",)
    actions = ("switch_on", "switch_off")
    change_form_before_template = "monitoring/admin/alert_rule_preview_button.html"
    own_fieldsets = (
        (None, {"fields": (("name", "key"), "description", "is_enabled")}),
        (
            "What is judged",
            {"fields": ("measure", ("by", "label"), ("window_minutes", "minimum_samples"))},
        ),
        (
            "When it is wrong",
            {
                "fields": (
                    "condition",
                    "thresholds",
                    ("warning", "critical"),
                    "reference_days",
                    ("for_minutes", "keep_firing_minutes"),
                )
            },
        ),
        ("What to do", {"fields": ("runbook_url",)}),
    )
    state_fieldset = (
        "What it said last",
        {"fields": (("state_shown", "judged_at"), "state_text", ("alerts_shown", "runbook_shown"))},
    )
    readonly_fields = ("state_shown", "judged_at", "state_text", "alerts_shown", "runbook_shown")

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "preview/",
            self.admin_site.admin_view(self.preview),
            name="monitoring_alertrule_preview",
        )
        urls: list[URLPattern] = super().get_urls()
        return [own, *urls]

    def get_queryset(self, request: HttpRequest) -> "QuerySet[AlertRule]":
        rules: QuerySet[AlertRule] = super().get_queryset(request)
        fired = Count("alerts", filter=Q(alerts__fired_at__isnull=False))
        return rules.annotate(alert_count=fired)

    def get_fieldsets(self, request: HttpRequest, obj: AlertRule | None = None) -> Any:
        return self.own_fieldsets if obj is None else (self.state_fieldset, *self.own_fieldsets)

    def get_readonly_fields(self, request: HttpRequest, obj: AlertRule | None = None) -> Any:
        """Receivers know a rule by its key."""
        return self.readonly_fields if obj is None else ("key", *self.readonly_fields)

    def get_prepopulated_fields(self, request: HttpRequest, obj: AlertRule | None = None) -> Any:
        return {"key": ("name",)} if obj is None else {}

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Not that which deletes: each is looked at for alerts that name it."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def has_delete_permission(self, request: HttpRequest, obj: AlertRule | None = None) -> bool:
        """A built-in rule, or one of which there are alerts, is switched off."""
        if obj is not None and (obj.is_builtin or obj.alerts.exists()):
            return False
        return bool(super().has_delete_permission(request, obj))

    def preview(self, request: HttpRequest) -> HttpResponse:
        """What the rule in the form would have done. Nothing is saved."""
        rule: AlertRule | None = self.get_object(request, request.GET.get("rule") or "0")
        if not self._may_save(request, rule):
            raise PermissionDenied
        form = self.get_form(request, rule)(request.GET, instance=rule)
        context: dict[str, Any] = {"problems": _problems(form)}
        if form.is_valid():
            context["preview"] = preview_shown(form.instance, preview(form.instance, DAYS))
        return TemplateResponse(request, "monitoring/admin/alert_rule_preview.html", context)

    def _may_save(self, request: HttpRequest, rule: AlertRule | None) -> bool:
        if rule is None:
            return bool(self.has_add_permission(request))
        return bool(self.has_change_permission(request, rule))

    @admin.action(description="Switch on", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: "QuerySet[AlertRule]") -> None:
        self._switch(request, queryset, is_enabled=True)

    @admin.action(description="Switch off", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: "QuerySet[AlertRule]") -> None:
        self._switch(request, queryset, is_enabled=False)

    def _switch(
        self, request: HttpRequest, queryset: "QuerySet[AlertRule]", *, is_enabled: bool
    ) -> None:
        chosen = AlertRule.objects.filter(pk__in=queryset.values("pk"))
        changed = switch_rules(chosen, is_enabled)
        word = "on" if is_enabled else "off"
        self.message_user(request, f"Switched {word}: {changed}.", messages.SUCCESS)

    @admin.display(description="state", ordering="state")
    def state_shown(self, rule: AlertRule) -> SafeString:
        return state_badge(rule)

    @admin.display(description="measure")
    def measure_shown(self, rule: AlertRule) -> str:
        measure = MEASURES.get(rule.measure)
        name = measure.name if measure else rule.measure
        if rule.label:
            return f"{name} of {rule.label}"
        return f"{name}, by {rule.by}" if rule.by else name

    @admin.display(description="wrong where")
    def thresholds_shown(self, rule: AlertRule) -> str:
        """“above 5% (warning), 20% (critical)”."""
        measure = MEASURES.get(rule.measure)
        unit = measure.unit if measure else Unit.NUMBER
        is_learned = rule.thresholds == AlertRule.Thresholds.LEARNED
        told = [
            f"{f'{value:g} deviations' if is_learned else figure(value, unit)} ({word})"
            for value, word in ((rule.warning, "warning"), (rule.critical, "critical"))
            if value is not None
        ]
        return f"{rule.condition} {', '.join(told)}"

    @admin.display(description="for")
    def for_shown(self, rule: AlertRule) -> str:
        return f"{rule.for_minutes}\u00a0min"

    @admin.display(description="alerts")
    def alerts_shown(self, rule: Any) -> SafeString | str:
        if not rule.alert_count:
            return NOTHING
        return link(changelist_url(Alert, rule__id__exact=rule.pk), f"{rule.alert_count:,}")

    @admin.display(description="what to do")
    def runbook_shown(self, rule: AlertRule) -> SafeString | str:
        return runbook_link(rule.runbook_url)


def preview_shown(rule: AlertRule, found: Preview) -> dict[str, Any]:
    """The sentence, the chart of the label of which most fired, and the episodes."""
    measure = MEASURES[rule.measure]
    fired = [each for each in found.episodes if each.fired_at is not None]
    bands = [
        (each.started_at, each.resolved_at, each.severity.value)
        for each in fired
        if each.label == found.label
    ]
    drawn = Drawn(found.points, found.warning, found.critical, bands)
    name = f"{measure.name} of {found.label}" if found.label else measure.name
    summary = f"The last {DAYS} days, with the thresholds. What is shaded would have fired."
    return {
        "text": found.text,
        "chart": threshold_chart("preview", name, measure.unit, drawn, summary)
        if found.points
        else None,
        "table": table(
            ["Would have fired", "Severity", "Until", "Lasted", "Of"],
            [_episode(each) for each in fired[::-1][:MAX_EPISODES]],
        ),
        "more": max(len(fired) - MAX_EPISODES, 0),
    }


def _problems(form: Any) -> list[str]:
    """Each with the name that its field has on the page."""
    return [
        f"{form[name].label}: {error}" if name in form.fields else error
        for name, errors in form.errors.items()
        for error in errors
    ]


def _episode(episode: PreviewEpisode) -> list[Any]:
    end = episode.resolved_at
    return [
        moment(episode.fired_at),
        severity_badge(episode.severity.value),
        moment(end) if end else "Goes on",
        lasting(end - episode.started_at) if end else NOTHING,
        episode.label or NOTHING,
    ]


def _name(choice: tuple[str, str]) -> str:
    return choice[1]
