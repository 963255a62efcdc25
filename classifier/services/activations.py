"""Put versions live, take them back, put them aside: each act a row that says who and why."""

from collections.abc import Collection

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, OuterRef, Q, Subquery

from classifier.artifacts import bundle_of
from classifier.engine.descriptors import NORMALIZER_VERSION
from classifier.exceptions import (
    ConflictError,
    InvalidItemError,
    ReadinessError,
    UnavailableError,
)
from classifier.models import Activation, ModelVersion, Retirement
from classifier.models.version import MAX_REASON
from classifier.services.readiness import Readiness, check_readiness
from classifier.services.versions import is_whole

Status = ModelVersion.Status


def activate_version(
    version: ModelVersion,
    *,
    by: AbstractBaseUser | None = None,
    reason: str = "",
    override_reason: str = "",
    seen: int | None = None,
) -> Activation | None:
    """Make a version the one that answers. Returns the history row; None where it was already.

    One that misses a performance target is refused with a ReadinessError that names each,
    unless `override_reason` says in words why it goes live all the same and `by` is a superuser
    or a command, which an operator runs at a terminal. Two cases are not refused, as there is
    nothing to lose: no version is active yet, or the active one could not be loaded by a new
    process, its files being broken or of another normalizer. What cannot be said is no reason to
    refuse.

    `seen` is the key of the Activation that was in force when the operator decided. Raises
    ConflictError where another came in between, BundleError where the version's files cannot be
    read; nothing is changed then.
    """
    # Before the transaction, which on SQLite keeps every other writer waiting.
    bundle_of(version)
    seen = seen or key_in_force()
    active = ModelVersion.objects.active().first()
    missed: list[str] = []
    if active is None or active.pk != version.pk:
        readiness = check_readiness(version)
        missed = [str(result) for result in readiness.missed]
        if needs_override(readiness):
            _check_override(readiness, by, override_reason)
    return _put_live(
        version,
        Activation.Kind.ACTIVATION,
        by=by,
        reason=" ".join(text for text in (reason.strip(), override_reason.strip()) if text),
        missed=missed,
        seen=seen,
    )


def needs_override(readiness: Readiness) -> bool:
    """Whether a version so judged is refused without a superuser's reason.

    Where nobody can look at the files of the active version, it is taken to serve.
    """
    active = ModelVersion.objects.active().first()
    if not readiness.missed or active is None:
        return False
    try:
        return active.normalizer_version == NORMALIZER_VERSION and is_whole(active)
    except UnavailableError:
        return True


def rollback_target() -> ModelVersion | None:
    """The version that a rollback makes live; None where none was live before.

    Activations are a stack: activating a version lays it on top, rolling back takes the top
    away. So rolling back twice goes two versions back, and not to and fro; activating a version
    by name lays it on top again. Versions that were put aside by hand since are passed over:
    those go live again only where somebody names them.
    """
    stack: list[int] = []
    rows = Activation.objects.order_by("id").values_list("kind", "to_version")
    for kind, version_id in rows:
        if kind == Activation.Kind.ROLLBACK:
            while stack and stack[-1] != version_id:
                stack.pop()
        if not stack or stack[-1] != version_id:
            stack.append(version_id)
    below = [key for key in dict.fromkeys(reversed(stack)) if key != stack[-1]]
    versions = ModelVersion.objects.in_bulk(below)
    aside = put_aside(list(versions.values()))
    return next((versions[key] for key in below if key not in aside), None)


def roll_back(
    *,
    by: AbstractBaseUser | None = None,
    reason: str = "",
    seen: int | None = None,
    to: int | None = None,
) -> Activation:
    """Make the version live again that served before; see `rollback_target`.

    No target keeps it from that: what served before is known to serve. Raises ConflictError
    where there is none, it is not the version `to` (a key) that the operator saw, or another
    activation came in between (`seen` as in `activate_version`); BundleError naming the file
    where its files cannot be read. Nothing is changed then.
    """
    seen = seen or key_in_force()
    target = rollback_target()
    if target is None:
        active = ModelVersion.objects.active().first()
        raise ConflictError(f"No version served before {active or 'the first one'}.")
    if to is not None and target.pk != to:
        raise ConflictError(f"The version before is {target} now; look again.")
    bundle_of(target)
    activation = _put_live(
        target,
        Activation.Kind.ROLLBACK,
        by=by,
        reason=reason.strip(),
        seen=seen,
    )
    if activation is None:
        raise _outrun()
    return activation


def retire_version(
    version: ModelVersion, *, by: AbstractBaseUser | None = None, reason: str = ""
) -> Retirement | None:
    """Put a version aside that does not serve. Returns the row; None where it was already.

    It stays in the list, and serves again only where somebody activates it by name. Raises
    ConflictError where it is active.
    """
    reason = _checked(reason.strip())
    with transaction.atomic():
        locked = ModelVersion.objects.select_for_update().get(pk=version.pk)
        if locked.status == Status.ACTIVE:
            raise ConflictError(f"{version} serves now: activate another version first.")
        if put_aside([locked]):
            return None
        version.status = Status.RETIRED
        version.save(update_fields=["status"])
        return Retirement.objects.create(version=version, by=by, reason=reason)  # type: ignore[misc]


def put_aside(versions: Collection[ModelVersion]) -> dict[int, Retirement]:
    """Of those that somebody retired by hand, by key: who, when, why. One that went live again
    since is not among them."""
    last = Activation.objects.filter(to_version=OuterRef("version")).order_by("-id")
    retirements = (
        Retirement.objects.filter(version__in=versions, version__status=Status.RETIRED)
        .annotate(live_at=Subquery(last.values("created_at")[:1]))
        .filter(Q(live_at=None) | Q(live_at__lt=F("created_at")))
        .select_related("by")
        .order_by("id")
    )
    return {retirement.version_id: retirement for retirement in retirements}


def key_in_force() -> int | None:
    """Of the Activation that is: the newest. None where nothing was ever activated."""
    return Activation.objects.order_by("-id").values_list("pk", flat=True).first()


def _check_override(
    readiness: Readiness, by: AbstractBaseUser | None, override_reason: str
) -> None:
    misses = f"{readiness.version} misses: {'; '.join(map(str, readiness.missed))}."
    if not override_reason.strip():
        raise ReadinessError(f"{misses} A superuser may override that with a written reason.")
    if by is not None and not by.is_superuser:  # type: ignore[attr-defined]
        raise ReadinessError(f"{misses} Only a superuser may override that.")


def _put_live(
    version: ModelVersion,
    kind: Activation.Kind,
    *,
    by: AbstractBaseUser | None,
    reason: str,
    seen: int | None,
    missed: list[str] | None = None,
) -> Activation | None:
    """The pointer and its row, if the Activation `seen` is still in force."""
    reason = _checked(reason)
    with transaction.atomic():
        # The version too: PostgreSQL tells whoever waited for it how it is now.
        concerned = ModelVersion.objects.select_for_update().order_by("pk")
        rows = list(concerned.filter(Q(status=Status.ACTIVE) | Q(pk=version.pk)))
        active = next((row for row in rows if row.status == Status.ACTIVE), None)
        if active is not None and active.pk == version.pk:
            return None
        if key_in_force() != seen:
            raise _outrun()
        if active is not None:
            active.status = Status.RETIRED
            active.save(update_fields=["status"])
        version.status = Status.ACTIVE
        try:
            with transaction.atomic():
                version.save(update_fields=["status"])
        except IntegrityError as error:
            raise _outrun() from error
        return Activation.objects.create(
            kind=kind,
            from_version=active,
            to_version=version,
            by=by,  # type: ignore[misc]
            reason=reason,
            missed_targets=missed or [],
        )


def _outrun() -> ConflictError:
    return ConflictError("Another version was activated just now; look again.")


def _checked(reason: str) -> str:
    if len(reason) > MAX_REASON:
        raise InvalidItemError("reason", f"{len(reason)} characters; {MAX_REASON} at most.")
    return reason
