"""What callers send: shapes and limits."""

from typing import Any

from rest_framework import serializers

from classifier.models.choices import FlowChoices
from classifier.models.example import MAX_DESCRIPTION
from classifier.serializers.fields import Amount, Moment, Pattern, StrictSerializer, Text, YesNo
from classifier.services.feedback import FeedbackItem
from classifier.services.predictions import TransactionRequest

MAX_ITEMS = 1000
MAX_ID = 128
OPTIONAL: dict[str, Any] = {"required": False, "allow_null": True}


class TransactionSerializer(StrictSerializer):
    description = Text(
        max_length=MAX_DESCRIPTION,
        help_text="As the bank prints it; white space at both ends is cut.",
    )
    amount = Amount(**OPTIONAL)
    currency = Pattern(
        "[A-Za-z]{3}",
        "Use the three letters of ISO 4217, such as EUR.",
        help_text="Three letters (ISO 4217).",
        **OPTIONAL,
    )
    direction = serializers.ChoiceField(
        choices=FlowChoices.choices,
        error_messages={"invalid_choice": f"Use {' or '.join(FlowChoices.values)}."},
        help_text="expense: money out; income: money in. Counts more than the amount's sign.",
        **OPTIONAL,
    )
    user_id = Text(max_length=MAX_ID, help_text="Your id of the account holder.", **OPTIONAL)
    transaction_id = Text(
        max_length=MAX_ID,
        help_text="Your id of the transaction, given back and usable for feedback. One name space "
        "for all keys: where products share an installation, begin it with the product's name.",
        **OPTIONAL,
    )
    occurred_at = Moment(help_text="ISO 8601; UTC where no offset is given.", **OPTIONAL)
    mcc = Pattern(
        "[0-9]{4}",
        "Use the four digits of a merchant category code, as a string.",
        help_text="Merchant category code (ISO 18245).",
        **OPTIONAL,
    )

    country = Pattern(
        "[A-Za-z]{2}",
        "Use the two letters of ISO 3166-1, such as GB.",
        help_text="Where the account holder is at home, two letters (ISO 3166-1 alpha-2): tells "
        "merchants of one name apart. What the description says of its country goes before it.",
        **OPTIONAL,
    )

    def validate_country(self, value: str | None) -> str | None:
        return value.lower() if value else None

    def validate_currency(self, value: str | None) -> str | None:
        return value.upper() if value else None


class ClassifySerializer(StrictSerializer):
    transactions = TransactionSerializer(
        many=True,
        allow_empty=False,
        max_length=MAX_ITEMS,  # type: ignore[call-arg]
    )


class ClassifyListSerializer(StrictSerializer):
    """Described, and never run: a list of this length is read as it comes."""

    transactions = TransactionSerializer(
        many=True, allow_empty=False, help_text="Up to 1,000,000; each one is looked at by itself."
    )
    results = serializers.ChoiceField(
        choices=["csv", "ndjson"], required=False, help_text="Default: ndjson."
    )
    prefix = Text(
        required=False, max_length=40, help_text="Of the answer's columns in a CSV of results."
    )
    version = Text(required=False, max_length=40, help_text="Default: the one that is active now.")


class ExampleSerializer(StrictSerializer):
    category = Text(max_length=80, help_text="The slug of a detailed category.")
    text = Text(max_length=MAX_DESCRIPTION, help_text="As the bank prints it.")
    note = Text(max_length=200, allow_blank=True, **OPTIONAL)
    override = YesNo(
        default=False, help_text="Keep the example although another category has the same text."
    )


class FeedbackItemSerializer(StrictSerializer):
    prediction_id = serializers.UUIDField(**OPTIONAL)
    transaction_id = Text(
        max_length=MAX_ID,
        help_text="Your own id: the newest answer to it is meant, whichever key asked.",
        **OPTIONAL,
    )
    correct = YesNo(help_text="Whether the predicted category is right.", **OPTIONAL)
    category = Text(max_length=80, help_text="The slug of the right detailed category.", **OPTIONAL)
    user_id = Text(max_length=MAX_ID, help_text="Who said so.", **OPTIONAL)
    source = Text(  # type: ignore[assignment]
        max_length=40, help_text="Where it was said, such as app or back-office.", **OPTIONAL
    )
    comment = Text(max_length=1000, allow_blank=True, **OPTIONAL)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        given = _without_nulls(attrs)
        if ("prediction_id" in given) == ("transaction_id" in given):
            raise serializers.ValidationError(
                {"prediction_id": "Send either prediction_id or transaction_id."}, "one_of_two"
            )
        if "correct" not in given and "category" not in given:
            raise serializers.ValidationError(
                {"correct": "Send correct, or category, or both."}, "required"
            )
        return attrs


class FeedbackSerializer(StrictSerializer):
    feedback = FeedbackItemSerializer(
        many=True,
        allow_empty=False,
        max_length=MAX_ITEMS,  # type: ignore[call-arg]
    )


def read_transactions(data: Any) -> list[TransactionRequest]:
    """Raises ValidationError."""
    items = ClassifySerializer.read(data)["transactions"]
    return [TransactionRequest(**_without_nulls(item)) for item in items]


def read_transaction(data: Any) -> TransactionRequest:
    """Raises ValidationError."""
    return TransactionRequest(**_without_nulls(TransactionSerializer.read(data)))


def read_feedback(data: Any) -> list[FeedbackItem]:
    """Raises ValidationError."""
    items = []
    for item in FeedbackSerializer.read(data)["feedback"]:
        given = _without_nulls(item)
        given["is_correct"] = given.pop("correct", None)
        items.append(FeedbackItem(**given))
    return items


def read_example(data: Any) -> dict[str, Any]:
    """What `add_example` takes. Raises ValidationError."""
    given = _without_nulls(ExampleSerializer.read(data))
    given["is_override"] = given.pop("override")
    return given


def _without_nulls(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if value is not None}
