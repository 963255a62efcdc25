"""Values of environment variables: each function refuses what it cannot read, by name."""

import json
import os
import secrets
from collections.abc import Sequence
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email
from redis.connection import parse_url

from classifier.countries import COUNTRIES

env = environ.Env()

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}
POSTGRESQL_SCHEMES = {"postgres", "postgresql", "pgsql", "psql"}
# With the port that each has where none is said.
EMAIL_SCHEMES = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465}


def text(name: str, default: str) -> str:
    """What is set; a blank value is as good as none."""
    value: str = env.str(name, default="")
    return value if value.strip() else default


def flag(name: str, default: bool) -> bool:
    """A yes or a no; anything else is refused, where a cast would read it as no."""
    word = text(name, str(default)).strip().lower()
    if word not in TRUE_WORDS | FALSE_WORDS:
        raise ImproperlyConfigured(f"{name}={word!r}: expected true or false.")
    return word in TRUE_WORDS


def whole(name: str, default: int, minimum: int = 1, maximum: int | None = None) -> int:
    """A whole number of at least `minimum`, and at most `maximum` where there is one."""
    word = text(name, str(default)).strip()
    number = int(word) if word.isdecimal() else -1
    if number < minimum or (maximum is not None and number > maximum):
        limits = f"{minimum} or more" if maximum is None else f"from {minimum} to {maximum}"
        raise ImproperlyConfigured(f"{name}={word!r}: expected a whole number, {limits}.")
    return number


def share(name: str, default: float) -> float:
    """A number from 0 to 1."""
    word = text(name, str(default)).strip()
    try:
        number = float(word)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ImproperlyConfigured(f"{name}={word!r}: expected a number from 0 to 1.")
    return number


def country(name: str) -> str:
    """An ISO 3166-1 alpha-2 code in lower case; "" where none is set."""
    word = text(name, "").strip()
    code = word.lower()
    if code and code not in COUNTRIES:
        raise ImproperlyConfigured(
            f"{name}={word!r}: expected a country's two letters in ISO 3166-1, such as gb."
        )
    return code


def time_zone(name: str, default: str) -> str:
    """A name of the IANA time zone database."""
    word = text(name, default).strip()
    if word not in available_timezones():
        raise ImproperlyConfigured(f"{name}={word!r}: expected a time zone such as Europe/London.")
    return word


def words(name: str, default: Sequence[str] = ()) -> list[str]:
    """A comma-separated list; a blank one is as good as none."""
    return [word.strip() for word in text(name, "").split(",") if word.strip()] or [*default]


def choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    return choice_of(text(name, default).strip(), name, allowed)


def choice_of(word: str, name: str, allowed: tuple[str, ...]) -> str:
    """The word, where it is allowed as the value, or in the list, of the variable `name`."""
    if word not in allowed:
        raise ImproperlyConfigured(f"{name}={word!r}: expected one of {', '.join(allowed)}.")
    return word


def dotted_path(name: str, default: str) -> str:
    """Where a class is to be imported from: package.module.Class."""
    word = text(name, default).strip()
    if not _is_dotted_path(word):
        raise ImproperlyConfigured(f"{name}={word!r}: expected a class as package.module.Class.")
    return word


def dotted_paths(name: str) -> list[str]:
    """A comma-separated list of such classes, empty where nothing is set."""
    paths = words(name)
    for path in paths:
        if not _is_dotted_path(path):
            raise ImproperlyConfigured(
                f"{name}={path!r}: expected classes as package.module.Class, with commas between."
            )
    return paths


def networks(name: str, default: Sequence[str] = ()) -> list[IPv4Network | IPv6Network]:
    """A comma-separated list of addresses and networks (CIDR); a blank one is as good as none."""
    found = []
    for word in words(name, default):
        try:
            found.append(ip_network(word))
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name}={word!r}: expected a network such as 10.1.0.0/16."
            ) from error
    return found


def mapping(name: str, default: dict[str, Any]) -> dict[str, Any]:
    """A JSON object. The error does not repeat it: it may hold a password."""
    word = text(name, "")
    try:
        value = json.loads(word) if word else default
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ImproperlyConfigured(f"{name}: expected a JSON object.")
    return value


def database(name: str) -> dict[str, Any]:
    """The PostgreSQL database of an address. The error does not repeat it: it holds a password."""
    address = text(name, "")
    try:
        known = urlsplit(address).scheme in POSTGRESQL_SCHEMES
        parts: dict[str, Any] = env.db_url_config(address) if known else {}
    except ValueError:
        parts = {}
    if not parts.get("NAME"):
        raise ImproperlyConfigured(f"{name}: expected postgres://user:password@host:port/name.")
    return parts


def redis_server(name: str) -> str:
    """The address of a Redis server; "" where none is set. The error does not repeat it: it may
    hold a password."""
    address = text(name, "").strip()
    if not address:
        return ""
    try:
        read: dict[str, Any] = parse_url(address)  # type: ignore[no-untyped-call]
        number = urlsplit(address).path.strip("/")
        # The client would take a database that it cannot read for number 0.
        is_known = "path" in read or ("host" in read and (number or "0").isdecimal())
    except ValueError:
        is_known = False
    if not is_known:
        raise ImproperlyConfigured(f"{name}: expected redis://user:password@host:port/number.")
    return address


def email_server(name: str) -> dict[str, Any]:
    """The mail server of an address, as Django's backend is made with it; empty where none is
    set. The errors do not repeat it: it holds a password."""
    address = text(name, "").strip()
    if not address:
        return {}
    try:
        port = EMAIL_SCHEMES.get(urlsplit(address).scheme)
        parts: dict[str, Any] = env.email_url_config(address) if port else {}
        # As it is looked up: a name with an empty or too long part cannot be.
        (parts.get("EMAIL_HOST") or "").encode("idna")
    except ValueError:
        parts = {}
    if not parts.get("EMAIL_HOST"):
        raise ImproperlyConfigured(f"{name}: expected smtp+tls://user:password@host:port.")
    if not all((parts[key] or "").isascii() for key in ("EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD")):
        raise ImproperlyConfigured(f"{name}: user and password must be ASCII, as SMTP's login is.")
    return {
        "host": parts["EMAIL_HOST"],
        "port": parts["EMAIL_PORT"] or port,
        "username": parts["EMAIL_HOST_USER"] or "",
        "password": parts["EMAIL_HOST_PASSWORD"] or "",
        "use_tls": parts.get("EMAIL_USE_TLS", False),
        "use_ssl": parts.get("EMAIL_USE_SSL", False),
    }


def email_sender(name: str) -> str:
    """A mail's sender as alerts@host or Name <alerts@host>; "" where none is set."""
    word = text(name, "").strip()
    try:
        if word:
            validate_email(parseaddr(word)[1] if word.isprintable() else "")
    except ValidationError as error:
        raise ImproperlyConfigured(
            f"{name}={word!r}: expected an address as alerts@host.example."
        ) from error
    return word


def web_address(name: str) -> str:
    """The beginning of this site's own addresses, without a slash at its end; "" where none is
    set."""
    word = text(name, "").strip().rstrip("/")
    parts = urlsplit(word)
    if word and not (parts.scheme in ("http", "https") and parts.hostname and not parts.query):
        raise ImproperlyConfigured(f"{name}={word!r}: expected an address as https://host.")
    return word


def tuned(path: Path, name: str, default: int) -> int:
    """What autotune wrote for machines like this one; the default where it wrote nothing."""
    try:
        value = json.loads(path.read_text()).get(name, default)
    except FileNotFoundError:
        return default
    except (OSError, ValueError, AttributeError) as error:
        raise ImproperlyConfigured(f"{path} cannot be read, remove it: {error}") from error
    if not isinstance(value, int) or value < 1:
        raise ImproperlyConfigured(f"{path}: {name} is {value!r}, no whole number from 1.")
    return value


def stored_secret(path: Path) -> str:
    """A secret kept in a file that only its owner can read, made on first use.

    Written aside and linked into place: of two processes that start at once, both read
    the one secret that won, and never half of it.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def _is_dotted_path(word: str) -> bool:
    parts = word.split(".")
    return len(parts) > 1 and all(part.isidentifier() for part in parts)
