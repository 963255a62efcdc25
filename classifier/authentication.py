"""Who asks: the holder of an API key."""

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from classifier.models import ApiKey
from classifier.services.api_keys import find_usable_key

KEYWORD = "Api-Key"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Api-Key PREFIX.SECRET`.

    A program is no user: `request.user` stays None and `request.auth` is the key's row.
    """

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        """None where the header names another scheme, or is not there."""
        keyword, _, key = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if keyword.lower() != KEYWORD.lower():
            return None
        row = find_usable_key(key.strip())
        if row is None:
            raise AuthenticationFailed("The API key is unknown, expired or revoked.")
        return None, row

    def authenticate_header(self, request: Request) -> str:
        return f'{KEYWORD} realm="api"'


def key_of(request: Request) -> ApiKey | None:
    """The key that asks; None where a signed-in person does."""
    return request.auth if isinstance(request.auth, ApiKey) else None


def user_of(request: Request) -> AbstractBaseUser | None:
    """The person who asks; None where a key does."""
    user = request.user
    return user if user is not None and user.is_authenticated else None
