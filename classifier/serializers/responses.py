"""What is answered, described for the OpenAPI page. Nothing is rendered through these."""

from typing import Any

from rest_framework import serializers

from classifier.engine.descriptors import Channel
from classifier.engine.types import Level
from classifier.models import Job
from classifier.models.choices import (
    AnnotatorChoices,
    DirectionChoices,
    FlowChoices,
    LevelChoices,
    ReasonChoices,
)

LEVEL_HELP = (
    "A promise: high is right in 95 of 100 cases, medium in 80; low promises nothing; "
    "abstain names no category."
)
SCORE_HELP = (
    "What the category was ranked by: in a hybrid version a probability before calibration, in "
    "one of prototypes alone a weighted mean of the cosines to its prototype and to its nearest "
    "example."
)
REASON_HELP = "Why there is no category; null where there is one."


class PrimarySerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()


class PrimaryAnswerSerializer(PrimarySerializer):
    confidence = serializers.FloatField(help_text="Probability that it is right, as calibrated.")
    level = serializers.ChoiceField(choices=[Level.HIGH.value, Level.MEDIUM.value])


class CategorySerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    primary = PrimarySerializer()


class AlternativeSerializer(CategorySerializer):
    score = serializers.FloatField(help_text=SCORE_HELP)


class MerchantSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    wikidata_id = serializers.CharField(allow_null=True)
    confidence = serializers.FloatField(help_text="Probability that it is who was paid.")


class LocationSerializer(serializers.Serializer[Any]):
    city = serializers.CharField(allow_null=True)
    region = serializers.CharField(allow_null=True, help_text="A state's or province's code.")
    country = serializers.CharField(allow_null=True, help_text="ISO 3166-1 alpha-2, lower case.")


class ResultSerializer(serializers.Serializer[Any]):
    prediction_id = serializers.UUIDField(help_text="UUIDv7; for feedback and for `why`.")
    transaction_id = serializers.CharField(allow_null=True)
    category = CategorySerializer(allow_null=True)
    primary = PrimaryAnswerSerializer(
        allow_null=True,
        help_text="The primary category by itself, where the detailed one is unsure (low, or none "
        "for lack of confidence) and the primary one is not; else null.",
    )
    confidence = serializers.FloatField(
        allow_null=True, help_text="Probability that the best category is right, as calibrated."
    )
    level = serializers.ChoiceField(choices=LevelChoices.choices, help_text=LEVEL_HELP)
    score = serializers.FloatField(
        allow_null=True, help_text=SCORE_HELP.replace("the category", "the best category")
    )
    margin = serializers.FloatField(allow_null=True, help_text="Its lead over the second.")
    alternatives = AlternativeSerializer(
        many=True,
        help_text="The next best ones; where the version's category is not the answer, its best "
        "guess comes first.",
    )
    review = serializers.BooleanField(help_text="Whether a person should look at it.")
    reason = serializers.ChoiceField(
        choices=ReasonChoices.choices, allow_null=True, help_text=REASON_HELP
    )
    annotator = serializers.ChoiceField(
        choices=AnnotatorChoices.choices,
        help_text="Who decided: the account holder's own correction, a rule, or the version. Where "
        "one of the first two did, there are no figures, the level is high, and the alternatives "
        "begin with what the version would have said.",
    )
    model_version = serializers.CharField()
    merchant = MerchantSerializer(
        allow_null=True, help_text="Who was paid; null where no name is sure enough."
    )
    merchant_span = serializers.ListField(
        child=serializers.IntegerField(),
        min_length=2,
        max_length=2,
        allow_null=True,
        help_text="The first character of the description that names the merchant, and the one "
        "behind the last; null where they do not stand together.",
    )
    location = LocationSerializer(
        allow_null=True, help_text="Where it was paid, as far as the description says."
    )
    processor = serializers.CharField(
        allow_null=True, help_text="Through whom it was paid, such as Square or PayPal."
    )
    channel = serializers.ChoiceField(
        choices=[channel.value for channel in Channel],
        allow_null=True,
        help_text="How the money moved, where the description says so.",
    )
    is_recurring = serializers.BooleanField(
        allow_null=True,
        help_text="true where the description says that it recurs; null where it says nothing.",
    )


class ResultsSerializer(serializers.Serializer[Any]):
    results = ResultSerializer(many=True, help_text="In the order of the transactions.")


class NeighborSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    category = CategorySerializer()
    similarity = serializers.FloatField(help_text="Cosine similarity.")


class VersionsSerializer(serializers.Serializer[Any]):
    model = serializers.CharField()
    normalizer = serializers.IntegerField()
    encoder = serializers.CharField()
    encoder_precision = serializers.CharField()
    encoder_digest = serializers.CharField(help_text="SHA-256 of the ONNX file.")


class MerchantEvidenceSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField(allow_null=True, help_text="Its tag, such as shop=supermarket.")
    sells = serializers.CharField(allow_null=True, help_text="What is bought there, in words.")
    confidence = serializers.FloatField(help_text="Probability that it is who was paid.")
    weight = serializers.FloatField(
        help_text="What this counted for beside the text, which counts for 1."
    )


class WhySerializer(serializers.Serializer[Any]):
    canonical_text = serializers.CharField(
        allow_blank=True, help_text="The description as the encoder read it."
    )
    nearest_examples = NeighborSerializer(many=True)
    nearest_examples_missing = serializers.CharField(
        allow_null=True, help_text="Why they cannot be shown, where they cannot."
    )
    merchant = MerchantEvidenceSerializer(
        allow_null=True,
        help_text="The merchant that spoke for the category, be it too unsurely to be named.",
    )
    runner_up = AlternativeSerializer(allow_null=True)
    margin = serializers.FloatField(allow_null=True)
    versions = VersionsSerializer()


class PredictionSerializer(ResultSerializer):
    created_at = serializers.DateTimeField()
    user_id = serializers.CharField(allow_null=True)
    description = serializers.CharField()
    amount = serializers.CharField(allow_null=True, help_text="A decimal number.")
    currency = serializers.CharField(allow_null=True)
    direction = serializers.ChoiceField(choices=FlowChoices.choices, allow_null=True)
    mcc = serializers.CharField(allow_null=True)
    country = serializers.CharField(allow_null=True)
    occurred_at = serializers.DateTimeField(allow_null=True)
    why = WhySerializer()


class DetailedCategorySerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    direction = serializers.ChoiceField(
        choices=DirectionChoices.choices,
        help_text="Money in never gets an expense category, nor money out an income category.",
    )


class PrimaryCategorySerializer(DetailedCategorySerializer):
    children = DetailedCategorySerializer(many=True)


class CategoriesSerializer(serializers.Serializer[Any]):
    categories = PrimaryCategorySerializer(many=True)


class ExampleAnswerSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    category = CategorySerializer()
    text = serializers.CharField()
    canonical_text = serializers.CharField()
    note = serializers.CharField(allow_blank=True)
    override = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class FileResultSerializer(serializers.Serializer[Any]):
    rows = serializers.IntegerField()
    distinct_texts = serializers.IntegerField(
        help_text="Canonical texts, told apart by which way money moves, too."
    )
    answered = serializers.IntegerField(help_text="Rows with a category.")
    for_review = serializers.IntegerField(help_text="Rows without one.")
    errors = serializers.IntegerField(help_text="Rows that were refused; each says why.")  # type: ignore[assignment]
    error_reasons = serializers.DictField(
        child=serializers.IntegerField(), help_text="The most frequent ones, with their rows."
    )
    format = serializers.CharField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField(help_text="Of the results; also their ETag.")
    model_version = serializers.CharField()


class JobSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=Job.Kind.choices)
    status = serializers.ChoiceField(choices=Job.Status.choices)
    progress = serializers.FloatField(help_text="From 0 to 1.")
    message = serializers.CharField(allow_blank=True, help_text="Where it is, in words.")
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    attempts = serializers.IntegerField(
        help_text="How often it was begun since something of it was last finished."
    )
    result = FileResultSerializer(allow_null=True, help_text="Of a file, when it has succeeded.")
    error = serializers.CharField(allow_null=True, help_text="Why it failed.")
    results_url = serializers.CharField(allow_null=True, help_text="Where the results are.")
    note = serializers.CharField(allow_null=True)


class FeedbackItemAnswerSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    prediction_id = serializers.UUIDField()
    transaction_id = serializers.CharField(allow_null=True)
    correct = serializers.BooleanField()
    category = CategorySerializer(
        allow_null=True, help_text="The right one; null where none was named."
    )


class FeedbackAnswerSerializer(serializers.Serializer[Any]):
    feedback = FeedbackItemAnswerSerializer(many=True)


class ErasedSerializer(serializers.Serializer[Any]):
    erased = serializers.IntegerField(help_text="How many texts and merchants were forgotten.")
