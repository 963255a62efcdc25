"""The buttons of an experiment. Each asks on a page of its own and acts on POST."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from unfold.decorators import action
from unfold.enums import ActionVariant

from classifier.admin.base import Admin
from classifier.admin.cells import change_url
from classifier.exceptions import BundleError, ConflictError, InvalidItemError
from experiments.admin.act_forms import ActForm, ShareForm, StartForm
from experiments.admin.cells import share
from experiments.admin.plans import facts_of, plan_shown
from experiments.models import Experiment
from experiments.services import lifecycle
from experiments.services.planning import plan_for
from experiments.services.readiness import obstacles
from experiments.services.supervision import request_analysis

Status = Experiment.Status
RUN = "experiments.run_experiment"
FOLLOWS = "Every process follows within a second."
# What can be done to an experiment of each status.
ACTS: dict[str, set[str]] = {
    Status.DRAFT: {"start"},
    Status.RUNNING: {"report", "pause", "stop", "change_share", "promote", "analyse"},
    Status.PAUSED: {"report", "resume", "stop", "change_share", "promote", "analyse"},
    Status.STOPPED: {"report", "promote", "analyse"},
}


class ActsAdmin(Admin):
    """The timeline on its page says more than Django's history, and leaves room for the buttons."""

    actions_detail_hide_default = True
    actions_detail: tuple[str, ...] = (
        "report",
        "start",
        "resume",
        "change_share",
        "pause",
        "stop",
        "promote",
        "analyse",
    )

    def has_run_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return request.user.has_perm(RUN)

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """What can be done to an experiment as it is."""
        experiment: Experiment | None = self.get_object(request, object_id)
        if experiment is None:
            return []
        wanted = ACTS[experiment.status]
        allowed: list[Any] = super().get_actions_detail(request, object_id)
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [each for each in allowed if each.action_name.removeprefix(prefix) in wanted]

    @action(  # type: ignore[untyped-decorator]
        description="Start",
        url_path="start",
        permissions=["run"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def start(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what is compared, how long it takes, and what is in the way."""
        experiment = self._seen(request, object_id)
        page = self._page_of(experiment, "start")
        if not page.get("refusal"):
            plan = plan_for(experiment)
            page |= {
                "facts": facts_of(experiment),
                "plan": plan_shown(plan, experiment.primary_metric),
                "problems": obstacles(experiment),
                "text": f"{share(experiment.traffic_share)} of traffic takes part at once. From "
                "then on the variants, the salt, the split and the metrics are frozen.",
            }
            if page["problems"]:
                page["refusal"] = f"{experiment} cannot be started as it is:"
            form = partial(StartForm, initial={"planned_units": plan.units})
        else:
            form = partial(StartForm)

        def act(said: ActForm) -> str:
            lifecycle.start(experiment, by=request.user, **said.cleaned_data)  # type: ignore[arg-type]
            return f"{experiment} is running. {FOLLOWS}"

        return self._ask(request, page, form, act, "Not started.")

    @action(  # type: ignore[untyped-decorator]
        description="Pause", url_path="pause", permissions=["run"], icon="pause"
    )
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._seen(request, object_id)
        page = self._page_of(experiment, "pause")
        page["text"] = (
            "Everyone gets the active version until it is resumed. Units then come back to the "
            "variants that they had."
        )

        def act(said: ActForm) -> str:
            lifecycle.pause(experiment, by=request.user, **said.cleaned_data)  # type: ignore[arg-type]
            return f"{experiment} is paused. {FOLLOWS}"

        return self._ask(request, page, ActForm, act, "Not paused.")

    @action(  # type: ignore[untyped-decorator]
        description="Resume",
        url_path="resume",
        permissions=["run"],
        icon="play_arrow",
        variant=ActionVariant.PRIMARY,
    )
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._seen(request, object_id)
        page = self._page_of(experiment, "resume")
        page["text"] = "Units come back to the variants that they had."
        if not page.get("refusal"):
            page["problems"] = obstacles(experiment)
            page["facts"] = facts_of(experiment)
            if page["problems"]:
                page["refusal"] = f"{experiment} cannot be resumed as it is:"

        def act(said: ActForm) -> str:
            lifecycle.resume(experiment, by=request.user, **said.cleaned_data)  # type: ignore[arg-type]
            return f"{experiment} is running again. {FOLLOWS}"

        return self._ask(request, page, ActForm, act, "Not resumed.")

    @action(  # type: ignore[untyped-decorator]
        description="Stop", url_path="stop", permissions=["run"], icon="stop"
    )
    def stop(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._seen(request, object_id)
        page = self._page_of(experiment, "stop")
        page["text"] = (
            "It ends for good: everyone gets the active version. Feedback counts for "
            f"{experiment.feedback_days} days more."
        )
        page["variant"] = "danger"

        def act(said: ActForm) -> str:
            lifecycle.stop(experiment, by=request.user, **said.cleaned_data)  # type: ignore[arg-type]
            return f"{experiment} is stopped. {FOLLOWS}"

        return self._ask(request, page, ActForm, act, "Not stopped.")

    @action(  # type: ignore[untyped-decorator]
        description="Change share", url_path="share", permissions=["run"], icon="tune"
    )
    def change_share(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The ramp: 1, 5, 25, 50, 100%, or any other number."""
        experiment = self._seen(request, object_id)
        page = self._page_of(experiment, "change_share")
        now = share(experiment.traffic_share)
        page |= {
            "title": f"Change the share of {experiment}",
            "verb": "Change share",
            "text": f"{now} of traffic takes part now. With more, others join; who takes part "
            "already stays where they are. With fewer, some leave, and nobody changes sides.",
        }

        def act(said: ActForm) -> str:
            assert isinstance(said, ShareForm)  # noqa: S101
            wanted, reason = said.share, said.cleaned_data["reason"]
            if lifecycle.ramp(experiment, wanted, by=request.user, reason=reason) is None:  # type: ignore[arg-type]
                return f"{share(wanted)} takes part already."
            return f"{share(wanted)} of traffic takes part in {experiment}. {FOLLOWS}"

        return self._ask(request, page, ShareForm, act, "Not changed.")

    @action(  # type: ignore[untyped-decorator]
        description="Analyse", url_path="analyse", permissions=["run"], icon="query_stats"
    )
    def analyse(self, request: HttpRequest, object_id: str) -> HttpResponse:
        experiment = self._seen(request, object_id)
        page = self._page_of(experiment, "analyse")
        page["text"] = "A worker adds up what was measured so far and writes another report."
        if experiment.method != "sequential":
            page["warning"] = (
                "This method was planned for few looks: one in between is for curiosity, and "
                "says less than its verdict seems to."
            )

        def act(said: ActForm) -> str:
            request_analysis(experiment, by=request.user)  # type: ignore[arg-type]
            return "Queued: the report comes in a moment."

        return self._ask(request, page, ActForm, act, "Not queued.")

    def _page_of(self, experiment: Experiment, name: str) -> dict[str, Any]:
        """What every such page has; a refusal where the experiment's status does not allow it."""
        verb = name.replace("_", " ").capitalize()
        page: dict[str, Any] = {
            "title": f"{verb} {experiment}",
            "verb": f"{verb} {experiment}",
            "original": experiment,
            "back_url": change_url(experiment),
        }
        if name not in ACTS[experiment.status]:
            page["refusal"] = f"{experiment} is {experiment.get_status_display().lower()}."
        return page

    def _ask(
        self,
        request: HttpRequest,
        page: dict[str, Any],
        make_form: Callable[..., ActForm],
        act: Callable[[Any], str],
        failed: str,
    ) -> HttpResponse:
        """The page with its form; on a POST that the form takes, what `act` says of itself."""
        form = make_form(data=request.POST if request.method == "POST" else None)
        if request.method != "POST" or "refusal" in page or not form.is_valid():
            return TemplateResponse(
                request,
                "experiments/admin/act.html",
                {
                    **self.admin_site.each_context(request),
                    "opts": self.opts,
                    **page,
                    "form": form,
                },
            )
        try:
            level, said = messages.SUCCESS, act(form)
        except (BundleError, ConflictError, InvalidItemError) as error:
            level, said = messages.ERROR, f"{failed} {error}"
        self.message_user(request, said, level)
        return HttpResponseRedirect(page["back_url"])

    def _seen(self, request: HttpRequest, object_id: str) -> Experiment:
        experiment: Experiment | None = self.get_object(request, object_id)
        if experiment is None:
            raise Http404("There is no such experiment.")
        if not self.has_view_permission(request, experiment):
            raise PermissionDenied
        return experiment
