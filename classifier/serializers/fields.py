"""Fields and serializers that take what is written and nothing that merely resembles it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

# An item with more unknown fields than this is told of the first ones.
MAX_UNKNOWN_NAMED = 10
EARLIEST = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
LATEST = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class StrictSerializer(serializers.Serializer[Any]):
    """Names every field that it does not know."""

    @classmethod
    def read(cls, data: Any) -> dict[str, Any]:
        """Validated data. Raises ValidationError.

        Validating keeps no state, so one instance serves all requests: to copy the fields for
        each of them would cost more than to validate.
        """
        value: dict[str, Any] = _instance_of(cls).run_validation(data)
        return value

    def to_internal_value(self, data: Any) -> Any:
        unknown = self._unknown(data) if isinstance(data, Mapping) else {}
        try:
            value = super().to_internal_value(data)
        except ValidationError as error:
            if not isinstance(error.detail, dict):
                raise
            raise ValidationError({**error.detail, **unknown}) from error
        if unknown:
            raise ValidationError(unknown)
        return value

    def _unknown(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        names = [name for name in data if name not in self.fields][:MAX_UNKNOWN_NAMED]
        return {name: [ErrorDetail("This field is not known.", "unknown_field")] for name in names}


@cache
def _instance_of(serializer_class: type[StrictSerializer]) -> StrictSerializer:
    return serializer_class()


class Text(serializers.CharField):
    """A string; a number is not one."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        return super().run_validation(data)


class Pattern(Text):
    """A string of one form, said in words by `message`."""

    def __init__(self, pattern: str, message: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.validators.append(RegexValidator(rf"^{pattern}\Z", message))


class YesNo(serializers.BooleanField):
    """true or false; no word or number that resembles them."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


@extend_schema_field(
    {
        "oneOf": [{"type": "number"}, {"type": "string", "pattern": f"^{PLAIN_NUMBER.pattern}$"}],
        "description": "Up to 18 digits, 4 of them after the point. Negative is money out.",
    }
)
class Amount(serializers.DecimalField):
    """A JSON number, or a string that holds a plain one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=18, decimal_places=4, **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        """Null is null; an empty string, which a DecimalField takes for it, is no number."""
        return serializers.Field.validate_empty_values(self, data)

    def to_internal_value(self, data: Any) -> Decimal:
        is_number = isinstance(data, int | Decimal) and not isinstance(data, bool)
        is_text = isinstance(data, str) and PLAIN_NUMBER.fullmatch(data.strip())
        if not is_number and not is_text:
            self.fail("invalid")
        return super().to_internal_value(data)


class Moment(serializers.DateTimeField):
    """A date and time in ISO 8601, UTC where it has no offset, that every time zone can show."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        # Python's parser overlooks a NUL at the end.
        if not isinstance(value, str) or not value.isprintable():
            self.fail("invalid", format="YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]")
        moment = super().to_internal_value(value)
        if not EARLIEST <= moment <= LATEST:
            self.fail("overflow", timezone=UTC)
        return moment
