"""What is asked and answered of experiments. Answers are described; nothing is rendered through
these."""

from typing import Any

from rest_framework import serializers

from experiments.models import Analysis, Guardrail, Metric
from experiments.models.experiment import MethodChoices
from experiments.stats.types import (
    CannotSay,
    GuardrailKind,
    HealthKind,
    MetricUnit,
    VerdictKind,
)

LARGEST_ID = 2**63 - 1


def _number(help_text: str = "") -> serializers.FloatField:
    return serializers.FloatField(allow_null=True, help_text=help_text)


def _reason() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=[(reason.value, reason.name) for reason in CannotSay],
        allow_null=True,
        help_text="Why there is no number; null where there is one.",
    )


class ResultsQuerySerializer(serializers.Serializer[Any]):
    at = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=LARGEST_ID,
        help_text="The number of an earlier analysis; without it the newest is answered.",
    )


class LookSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="The one that is due, or the last that was.")
    planned = serializers.IntegerField()
    is_due = serializers.BooleanField(help_text="Whether results are told.")
    information = _number("Share of the planned sample at that look.")


class VerdictSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[kind.value for kind in VerdictKind])
    sentences = serializers.ListField(child=serializers.CharField())
    winner = serializers.CharField(allow_null=True, help_text="The key of the variant to ship.")
    days_left = serializers.IntegerField(allow_null=True)


class ArmSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    version = serializers.CharField()
    is_control = serializers.BooleanField()
    weight = serializers.FloatField()
    units = serializers.IntegerField()
    exposures = serializers.IntegerField()
    failed = serializers.IntegerField(
        help_text="Exposures where the variant's engine failed and another version answered."
    )


class UnassignedSerializer(serializers.Serializer[Any]):
    exposures = serializers.IntegerField(
        help_text="Requests without a user, served by the control and compared with nothing."
    )


class HealthSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=[kind.value for kind in HealthKind])
    is_failed = serializers.BooleanField(help_text="Whether it blocks every verdict.")
    sentence = serializers.CharField()
    p_value = _number()
    reason = _reason()


class EstimateSerializer(serializers.Serializer[Any]):
    variant = serializers.CharField()
    method = serializers.CharField(help_text="The test, in words.")
    control_units = serializers.IntegerField()
    variant_units = serializers.IntegerField()
    control_value = _number()
    variant_value = _number()
    effect = _number("Variant minus control.")
    low = _number("Of the effect's interval, as is `high`.")
    high = _number()
    standard_error = _number()
    relative_effect = _number("A share of the control's value: 0.05 is 5% more.")
    relative_low = _number()
    relative_high = _number()
    p_value = _number("Two-sided, raw; under a sequential method valid at every look.")
    adjusted_p_value = _number("After Holm.")
    chance_to_win = _number("Bayesian, not corrected for looks; it decides nothing.")
    level = serializers.FloatField(help_text="What the interval holds with.")
    information = serializers.IntegerField()
    reason = _reason()
    relative_reason = _reason()
    sentence = serializers.CharField(allow_null=True, help_text="The reason in words.")
    relative_sentence = serializers.CharField(allow_null=True)


class MetricResultSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField()
    better = serializers.ChoiceField(choices=Metric.Better.choices)
    is_share = serializers.BooleanField()
    unit = serializers.ChoiceField(choices=[unit.value for unit in MetricUnit])
    estimates = EstimateSerializer(many=True)


class GuardrailResultSerializer(serializers.Serializer[Any]):
    metric = serializers.CharField()
    name = serializers.CharField()
    action = serializers.ChoiceField(choices=Guardrail.Action.choices)
    margin = serializers.FloatField()
    is_relative = serializers.BooleanField()
    variant = serializers.CharField()
    kind = serializers.ChoiceField(choices=[kind.value for kind in GuardrailKind])
    sentence = serializers.CharField()
    reason = _reason()
    low = _number("Of the interval that it is judged by, as is `high`.")
    high = _number()


class DistributionSerializer(serializers.Serializer[Any]):
    bounds = serializers.ListField(child=serializers.IntegerField())
    arms = serializers.DictField(
        child=serializers.ListField(child=serializers.IntegerField()),
        help_text="By variant: units with so many exposures, up to each bound and above the last.",
    )


class ExperimentResultsSerializer(serializers.Serializer[Any]):
    experiment = serializers.CharField()
    analysis = serializers.IntegerField(help_text="Its number, for `at`.")
    kind = serializers.ChoiceField(choices=Analysis.Kind.choices)
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField(help_text="Of this form of report.")
    at = serializers.DateTimeField(help_text="When it was measured.")
    days = serializers.FloatField(help_text="That it had run, without pauses.")
    method = serializers.ChoiceField(choices=MethodChoices.choices)
    alpha = serializers.FloatField()
    look = LookSerializer(allow_null=True)
    verdict = VerdictSerializer()
    arms = ArmSerializer(many=True)
    unassigned = UnassignedSerializer()
    health = HealthSerializer(many=True)
    primary = MetricResultSerializer()
    secondary = MetricResultSerializer(many=True)
    guardrails = GuardrailResultSerializer(many=True)
    units_needed = serializers.IntegerField(
        allow_null=True,
        help_text="In each variant, to find the smallest effect of interest: by what was measured, "
        "or as planned at the start where `units_left` is null.",
    )
    units_left = serializers.IntegerField(
        allow_null=True, help_text="Of these, missing, of control and variant together."
    )
    distribution = DistributionSerializer()
