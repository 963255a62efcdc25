"""How many units an experiment needs, and how long that takes, by the traffic that there is."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from classifier.models import Prediction
from experiments.models import Experiment, Metric
from experiments.models.experiment import SplitChoices
from experiments.services.baselines import baseline_sums
from experiments.stats.power import HALVES, POWER, SampleSize, units_needed
from experiments.stats.types import AnalysisSpec, CannotSay, Method, UnitSums

Field = Metric.Field

WINDOW = timedelta(days=28)
DAY = timedelta(days=1)
# The newest, where there are more in the window: a page waits for this.
MAX_PREDICTIONS = 200_000
# Of late, by which more are foreseen than the window has seen.
RECENT_DAYS = 7
MAX_DAYS = 3650


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be planned. `weights` are of the variants, the control
    first, and `share` of the units takes part;
    `effect` is relative to the control."""

    metric: Metric
    split: str
    method: str
    share: float
    effect: float
    weights: tuple[float, ...]
    looks: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """`units` are needed in the larger of the control and a variant, which takes `days`; None where
    that cannot be said, and the sentences say why. `baseline` is the metric's value now."""

    units: int | None
    days: int | None
    baseline: float | None
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Traffic:
    """Units of the days that were looked at: `reach` counts those seen by the end of the first
    day, the second, and so on, each unit once; `last_day` those of the last 24 hours."""

    reach: tuple[int, ...]
    last_day: int

    def days_until(self, units: float) -> int | None:
        """Until so many have been seen, counted from a start; None where that is never."""
        for day, seen in enumerate(self.reach, start=1):
            if seen >= units:
                return day
        days, seen = len(self.reach), self.reach[-1]
        recent = min(RECENT_DAYS, days - 1)
        rate = (seen - self.reach[-1 - recent]) / recent if recent else seen
        if rate <= 0:
            return None
        wanted = days + ceil((units - seen) / rate)
        return wanted if wanted <= MAX_DAYS else None


def plan_for(experiment: Experiment) -> Plan:
    """Of a stored experiment, as it is."""
    return plan(
        Question(
            metric=experiment.primary_metric,
            split=experiment.split,
            method=experiment.method,
            share=experiment.traffic_share,
            effect=experiment.expected_effect,
            weights=tuple(variant.weight for variant in experiment.variants.all()),
            looks=experiment.looks,
        )
    )


def plan(question: Question) -> Plan:
    """By the predictions of the last 28 days, or the newest MAX_PREDICTIONS of them."""
    reason = _cannot_plan(question)
    if reason:
        return Plan(None, None, None, (reason,))
    now = timezone.now()
    since = _since(now)
    rows = Prediction.objects.filter(created_at__gte=since).order_by()
    by_user = question.split == SplitChoices.USER
    if by_user:
        rows = rows.exclude(user_id="")
    unit = "user_id" if by_user else "pk"
    noun = "users" if by_user else "requests"
    traffic = _traffic(rows, unit, since, now)
    if not traffic.reach[-1]:
        return Plan(None, None, None, (f"No {noun} in the last {WINDOW.days} days: nothing tells "
                                       "how the metric varies.",))  # fmt: skip
    sums = baseline_sums(question.metric, rows, unit, since)
    found = _size(question, sums)
    if not isinstance(found, SampleSize):
        return Plan(None, None, sums.mean, (found,))
    return _told(question, found, sums, traffic, noun)


def _size(question: Question, sums: UnitSums) -> SampleSize | str:
    """Of the control and the smallest variant; why not, where that cannot be said."""
    is_rising = question.metric.better == Metric.Better.HIGHER
    spec = AnalysisSpec(
        method=Method(question.method),
        is_proportion=question.metric.is_share,
        looks=question.looks,
        # Of the first of the planned looks; all of them are spread evenly.
        information=(1 / question.looks,),
        comparisons=max(1, len(question.weights) - 1),
    )
    control, *variants = question.weights or HALVES
    shares = (control, min(variants, default=control))
    try:
        needed = units_needed(
            sums, question.effect if is_rising else -question.effect, spec, shares=shares
        )
    except ValueError as error:
        return f"{error} Choose a smaller effect."
    return needed.sentence if isinstance(needed, CannotSay) else needed


def _cannot_plan(question: Question) -> str:
    """Why nothing can be planned, whatever the traffic; empty where it may be."""
    metric = question.metric
    if question.split == SplitChoices.TIME:
        return (
            "A split by time is judged by its blocks, and nothing tells before it how much they "
            "differ: let it run for two weeks at least."
        )
    if metric.aggregate == Metric.Aggregate.P95:
        return "Nothing can be planned with a quantile: plan with the mean latency."
    if metric.field == Field.IS_FAILED:
        return (
            "Engine failures are counted within experiments alone: there is no figure from before."
        )
    return ""


def _told(
    question: Question, size: SampleSize, sums: UnitSums, traffic: Traffic, noun: str
) -> Plan:
    # Units of which nothing is measured, such as users without feedback, do not help.
    measured = sums.units / traffic.reach[-1]
    units, total = max(size.control_units, size.variant_units), size.total_units
    days = traffic.days_until(total / question.share / measured)
    sentences = [
        f"{size.control_units:,} {noun} in the control and {size.variant_units:,} in each variant, "
        f"{total:,} in all, to find a difference of "
        f"{100 * question.effect:g}% of the control in {100 * POWER:.0f} of 100 cases where it is "
        "there.",
        f"{_came(traffic, noun)}; {100 * question.share:g}% of them take part.",
    ]
    if measured < 1:
        sentences.append(f"{100 * measured:.3g}% of the {noun} have a value of {question.metric}.")
    if days is None:
        sentences.append("At the present traffic, so many never come.")
    else:
        sentences.append(f"At the present traffic that takes {_days(days)}.")
    fewest = traffic.days_until(total / measured)
    if question.share < 1 and fewest is not None:
        sentences.append(f"With all of the traffic it would take {_days(fewest)}.")
    return Plan(units, days, sums.mean, tuple(sentences))


def _came(traffic: Traffic, noun: str) -> str:
    """Of less than a day nothing more is known than how many there were."""
    seen, days = traffic.reach[-1], len(traffic.reach)
    if days == 1:
        return f"At least {seen:,} {noun} come a day"
    return f"{traffic.last_day:,} {noun} came in the last day and {seen:,} in {_days(days)}"


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count:,} days"


def _since(now: datetime) -> datetime:
    """The begin of what is looked at."""
    start = now - WINDOW
    times = Prediction.objects.filter(created_at__gte=start).order_by("-created_at")
    newest = times.values_list("created_at", flat=True)
    beyond = newest[MAX_PREDICTIONS : MAX_PREDICTIONS + 1].first()
    oldest = times.order_by("created_at").values_list("created_at", flat=True).first()
    return beyond or oldest or start


def _traffic(rows: "QuerySet[Prediction]", unit: str, since: datetime, now: datetime) -> Traffic:
    days = max(1, ceil((now - since) / DAY))
    firsts = rows.values(unit).annotate(first=Min("created_at"))
    counted = firsts.aggregate(
        **{
            str(day): Count(unit, filter=Q(first__lt=since + day * DAY))
            for day in range(1, days + 1)
        }
    )
    last = rows.filter(created_at__gte=now - DAY).values(unit).distinct().count()
    return Traffic(tuple(counted[str(day)] for day in range(1, days + 1)), last)
