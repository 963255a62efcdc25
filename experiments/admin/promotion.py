"""The button that makes a winner the active version."""

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from unfold.decorators import action

from classifier.admin.version_tables import readiness_table
from classifier.services.activations import needs_override
from classifier.services.readiness import check_readiness
from experiments.admin.act_forms import ActForm, PromoteForm, promotable
from experiments.admin.acts import FOLLOWS, RUN, ActsAdmin
from experiments.admin.cells import verdict_badge
from experiments.models import Analysis, Experiment
from experiments.services import lifecycle

ACTIVATE = "classifier.activate_modelversion"


class PromotionAdmin(ActsAdmin):
    def has_promote_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        """The winner goes live, which is a right of its own."""
        return request.user.has_perm(RUN) and request.user.has_perm(ACTIVATE)

    @action(  # type: ignore[untyped-decorator]
        description="Promote", url_path="promote", permissions=["promote"], icon="trophy"
    )
    def promote(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the verdict and how each version does against the targets."""
        experiment = self._seen(request, object_id)
        page = self._page_of(experiment, "promote")
        newest = experiment.analyses.first()
        page |= {
            "title": f"Promote the winner of {experiment}",
            "verb": "Promote",
            "analysis": newest,
            "analysis_badge": verdict_badge(newest.verdict) if newest else None,
            "text": "Its version becomes the active one, for everybody. "
            + (
                ""
                if experiment.status == Experiment.Status.STOPPED
                else "The experiment ends with that. "
            )
            + "Rolling back is one button on the versions' page.",
        }
        variants = list(promotable(experiment))
        checked = [(variant, check_readiness(variant.version)) for variant in variants]
        page["tables"] = [
            (f"{variant.key}: version {variant.version} and the targets", readiness_table(each))
            for variant, each in checked
        ]
        missing = [str(variant.version) for variant, each in checked if needs_override(each)]
        if not page.get("refusal") and not variants:
            page["refusal"] = "The version of each variant serves already."
        elif missing:
            who = (
                "You may promote it all the same, with a reason."
                if request.user.is_superuser
                else "A superuser may promote it all the same, with a reason."
            )
            page["warning"] = f"{' and '.join(missing)} misses targets. {who}"
        elif newest is not None and newest.is_outdated_by_stop:
            page["warning"] = "It is stopped: the final report follows, and with it the verdict."
        elif newest is not None and newest.verdict != Analysis.Verdict.SHIP:
            page["warning"] = f"The verdict is “{newest.get_verdict_display()}”, not “Ship”."
        form = partial(
            PromoteForm,
            experiment,
            bool(missing) and request.user.is_superuser,
            newest.report["verdict"]["winner"] if newest is not None else None,
        )

        def act(said: ActForm) -> str:
            wanted = dict(said.cleaned_data)
            variant = wanted.pop("variant")
            if lifecycle.promote(variant, by=request.user, **wanted) is None:  # type: ignore[arg-type]
                return f"{variant.version} serves already."
            return f"{variant.version} is active. {FOLLOWS}"

        return self._ask(request, page, form, act, "Not promoted.")
