"""The buttons that decide what serves: activate, roll back, retire, compare."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.html import format_html
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.widgets import UnfoldAdminTextInputWidget

from classifier.admin.base import ReadOnlyAdmin
from classifier.admin.cells import (
    change_link,
    change_url,
    changelist_url,
    figure,
    interval,
    percent,
)
from classifier.admin.version_tables import readiness_table
from classifier.exceptions import BundleError, ConflictError
from classifier.models import ModelVersion
from classifier.services.activations import (
    activate_version,
    key_in_force,
    needs_override,
    put_aside,
    retire_version,
    roll_back,
    rollback_target,
)
from classifier.services.comparisons import enqueue_comparison
from classifier.services.readiness import check_readiness

MAX_LENGTH = 200
Said = dict[str, Any]
FOLLOWS = "Every process follows within a second."


class ActForm(forms.Form):
    """Why something is done. `seen` is the Activation that was in force when it was decided."""

    seen = forms.IntegerField(required=False, widget=forms.HiddenInput, initial=key_in_force)
    reason = forms.CharField(
        max_length=MAX_LENGTH,
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Kept with the act, for whoever asks later.",
    )


class OverrideForm(ActForm):
    reason = forms.CharField(
        label="Why it goes live all the same",
        max_length=MAX_LENGTH,
        widget=UnfoldAdminTextInputWidget(attrs={"autofocus": True}),
        help_text="Kept with the activation, beside the targets that are missed.",
    )


class RollBackForm(ActForm):
    """`to` is the version that the page named."""

    to = forms.IntegerField(widget=forms.HiddenInput)


class PromotionAdmin(ReadOnlyAdmin):
    """Each button asks on a page of its own and acts on POST."""

    actions_list: tuple[str, ...] = ("roll_back",)
    actions_detail: tuple[str, ...] = (
        "evaluation",
        "activate",
        "roll_back_from",
        "compare",
        "retire",
    )

    def has_activate_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("classifier.activate_modelversion")

    def has_retire_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm("classifier.retire_modelversion")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What can be done to a version as it is."""
        version = self.get_object(request, object_id)
        if version is None:
            return []
        if version.status == ModelVersion.Status.ACTIVE:
            wanted = {"evaluation", "roll_back_from"}
        else:
            wanted = {"evaluation", "activate", "compare"} | (
                set() if put_aside([version]) else {"retire"}
            )
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [each for each in allowed if each.action_name.removeprefix(prefix) in wanted]

    @action(  # type: ignore[untyped-decorator]
        description="Activate",
        url_path="activate",
        permissions=["activate"],
        icon="rocket_launch",
        variant=ActionVariant.PRIMARY,
    )
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what serves, what will, and how it does against the targets."""
        version = self._seen_version(request, object_id)
        active = ModelVersion.objects.active().first()
        readiness = check_readiness(version)
        is_held_back = active != version and needs_override(readiness)
        make_form = OverrideForm if is_held_back else ActForm
        missed = ", ".join(result.name.lower() for result in readiness.missed)
        misses = f"{version} misses targets: {missed}."
        page: dict[str, Any] = {
            "title": f"Activate {version}",
            "original": version,
            "sides": [_side("Serves now", active), _side("Will serve", version)],
            "readiness": readiness_table(readiness),
            "text": "Accuracy is measured on each version's own examples, so compare it with care "
            "where the examples differ. Activating an older version again works the same way.",
            "verb": f"Activate {version}",
            "back_url": change_url(version),
        }
        if active == version:
            page["refusal"] = f"{version} serves already."
        elif is_held_back and not request.user.is_superuser:
            page["refusal"] = f"{misses} A superuser may activate it all the same, with a reason."
        elif is_held_back:
            page["warning"] = f"{misses} You may activate it all the same, with a reason."
            page["verb"], page["variant"] = f"Override and activate {version}", "danger"
        elif aside := put_aside([version]).get(version.pk):
            because = f": {aside.reason}" if aside.reason else "."
            page["warning"] = f"It was retired by {aside.by or 'a command'}{because}"

        def act(said: Said) -> tuple[int, str]:
            activation = activate_version(
                version,
                by=request.user,  # type: ignore[arg-type]
                seen=said["seen"],
                **{"override_reason" if is_held_back else "reason": said["reason"]},
            )
            if activation is None:
                return messages.INFO, f"{version} serves already."
            return messages.SUCCESS, f"{version} is active. {FOLLOWS}"

        return self._ask(request, page, make_form, act, "Not activated.")

    @action(  # type: ignore[untyped-decorator]
        description="Roll back",
        url_path="roll-back",
        permissions=["activate"],
        icon="undo",
    )
    def roll_back(self, request: HttpRequest) -> HttpResponse:
        """Show what serves and what served before it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        active, target = ModelVersion.objects.active().first(), rollback_target()
        page: dict[str, Any] = {
            "title": f"Roll back from {active} to {target}" if target else "Roll back",
            "text": "Going back is never held up by targets. It goes back one version more each "
            "time; versions that were retired by hand are passed over.",
            "back_url": change_url(active) if active else changelist_url(ModelVersion),
        }
        if target is None:
            page["refusal"] = f"No version served before {active or 'the first one'}."
        else:
            page["sides"] = [_side("Serves now", active), _side("Will serve again", target)]
            page["verb"] = f"Roll back to {target}"

        def act(said: Said) -> tuple[int, str]:
            done = roll_back(by=request.user, **said)  # type: ignore[arg-type]
            return messages.SUCCESS, f"{done.to_version} is active again. {FOLLOWS}"

        form = partial(RollBackForm, initial={"to": target and target.pk})
        return self._ask(request, page, form, act, "Not rolled back.")

    @action(  # type: ignore[untyped-decorator]
        description="Roll back",
        url_path="roll-back",
        permissions=["activate"],
        icon="undo",
        variant=ActionVariant.PRIMARY,
    )
    def roll_back_from(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The same page, from the version that serves."""
        version = self._seen_version(request, object_id)
        if version.status != ModelVersion.Status.ACTIVE:
            raise Http404(f"{version} does not serve.")
        response: HttpResponse = self.roll_back(request)
        return response

    @action(  # type: ignore[untyped-decorator]
        description="Retire",
        url_path="retire",
        permissions=["retire"],
        icon="inventory_2",
    )
    def retire(self, request: HttpRequest, object_id: str) -> HttpResponse:
        version = self._seen_version(request, object_id)
        page: dict[str, Any] = {
            "title": f"Retire {version}",
            "original": version,
            "text": "It stays in the list with your reason. Rolling back passes it over; it serves "
            "again only where somebody activates it by name.",
            "verb": f"Retire {version}",
            "variant": "danger",
            "back_url": change_url(version),
        }
        if version.status == ModelVersion.Status.ACTIVE:
            page["refusal"] = f"{version} serves now: activate another version first."

        def act(said: Said) -> tuple[int, str]:
            retirement = retire_version(version, by=request.user, reason=said["reason"])  # type: ignore[arg-type]
            if retirement is None:
                return messages.INFO, f"{version} was retired already."
            return messages.SUCCESS, f"{version} is retired."

        return self._ask(request, page, ActForm, act, "Not retired.")

    @action(  # type: ignore[untyped-decorator]
        description="Compare with the active version",
        url_path="compare",
        permissions=["activate"],
        icon="compare_arrows",
    )
    def compare(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask, then queue."""
        version = self._seen_version(request, object_id)
        if request.method == "POST":
            try:
                job = enqueue_comparison(version, request.user)  # type: ignore[arg-type]
            except ConflictError as error:
                self.message_user(request, str(error), messages.WARNING)
                return HttpResponseRedirect(change_url(version))
            text = format_html("Queued: {}.", change_link(job))
            self.message_user(request, text, messages.SUCCESS)
            return HttpResponseRedirect(change_url(job))
        page = {
            "title": f"Compare {version} with the active version",
            "original": version,
            "text": "A worker lets both versions answer the newest texts of real predictions, or, "
            "where these are few, the texts of their examples, and counts the answers that differ.",
            "verb": "Compare",
            "back_url": change_url(version),
        }
        if version.status == ModelVersion.Status.ACTIVE:
            page["refusal"] = f"{version} is the active version itself."
        return self._page(request, page)

    def _ask(
        self,
        request: HttpRequest,
        page: dict[str, Any],
        make_form: Callable[..., ActForm],
        act: Callable[[Said], tuple[int, str]],
        failed: str,
    ) -> HttpResponse:
        """The page with its form; on a POST that the form takes, what `act` says of itself."""
        form = make_form(request.POST if request.method == "POST" else None)
        if request.method != "POST" or "refusal" in page or not form.is_valid():
            return self._page(request, {**page, "form": form})
        try:
            level, said = act(form.cleaned_data)
        except (BundleError, ConflictError) as error:
            level, said = messages.ERROR, f"{failed} {error}"
        self.message_user(request, said, level)
        return HttpResponseRedirect(page["back_url"])

    def _page(self, request: HttpRequest, page: dict[str, Any]) -> TemplateResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, **page}
        return TemplateResponse(request, "classifier/admin/version_act.html", context)

    def _seen_version(self, request: HttpRequest, object_id: str) -> ModelVersion:
        version: ModelVersion | None = self.get_object(request, object_id)
        if version is None:
            raise Http404("There is no such version.")
        if not self.has_view_permission(request, version):
            raise PermissionDenied
        return version


def accuracy_shown(version: ModelVersion) -> str:
    figures = version.figures
    between = interval(figures.get("accuracy_low"), figures.get("accuracy_high"))
    return f"{percent(version.accuracy)} ({between})" if between else percent(version.accuracy)


def _side(heading: str, version: ModelVersion | None) -> tuple[str, dict[str, Any] | None]:
    if version is None:
        return heading, None
    return heading, {
        "version": version,
        "link": change_link(version),
        "lines": [
            ("Out-of-sample accuracy", accuracy_shown(version)),
            ("Macro-F1", figure(version.macro_f1)),
            ("Expected calibration error", figure(version.calibration_error)),
            ("Examples", version.example_count),
            ("Categories", version.category_count),
        ],
    }
