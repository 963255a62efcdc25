"""Classify, record, explain."""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from decimal import Decimal
from random import SystemRandom
from time import perf_counter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from classifier import metrics, runtime
from classifier.engine.descriptors import Descriptor, parse
from classifier.engine.merchants import MerchantMatch
from classifier.engine.merchants.knowledge import MerchantEvidence
from classifier.engine.merchants.words import find_words
from classifier.engine.types import Decision, Direction, Neighbor, Timings, Transaction
from classifier.exceptions import BundleError, EngineError, UnknownError
from classifier.models import ApiKey, Category, Prediction
from classifier.models.choices import AnnotatorChoices
from classifier.routing import Route, Router, get_router
from classifier.services.annotators import Annotation, Asked, annotate, annotated
from classifier.signals import predictions_recorded

logger = logging.getLogger(__name__)
# Of the system: nobody can foresee which answers are checked, and no two processes draw alike.
chance = SystemRandom()
# Of an answer without a category, among the labels of a metric.
NO_GROUP = "none"


@dataclass(frozen=True, slots=True)
class TransactionRequest:
    """One transaction as a caller sent it, checked."""

    description: str
    amount: Decimal | None = None
    currency: str = ""
    direction: str = ""
    user_id: str = ""
    transaction_id: str = ""
    occurred_at: datetime | None = None
    mcc: str = ""
    country: str = ""

    def for_engine(self) -> Transaction:
        direction = Direction(self.direction) if self.direction else None
        return Transaction(self.description, direction, self.amount, self.country)

    def for_annotators(self) -> Asked:
        return Asked(self.user_id, self.mcc, self.for_engine().flow)


@dataclass(frozen=True, slots=True)
class Decided:
    """What is answered to one request: by which version, and who decided."""

    route: Route
    decision: Decision
    annotation: Annotation


@dataclass(frozen=True, slots=True)
class Answer:
    """A decision, who made it and under what id it can be found again.

    `version` is that of the model, whoever decided. `descriptor` is the description taken apart,
    and `merchant_span` the characters of it that name the merchant, None where there is none or
    they do not stand together. `record_ms` is the wall time of storing the whole call, in
    milliseconds.
    """

    prediction_id: UUID
    transaction_id: str
    version: str
    annotator: AnnotatorChoices
    decision: Decision
    descriptor: Descriptor
    merchant_span: tuple[int, int] | None
    record_ms: float


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Wall time of one call by stage, in milliseconds, over all versions that answered."""

    tokenize_ms: float
    encode_ms: float
    decide_ms: float
    record_ms: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a prediction was made: the examples nearest to its text, in its own version.

    `missing` says why there are no neighbors where the version cannot be loaded. `evidence`
    is of the merchant that spoke for the category, be it too unsurely to be named.
    `categories` holds, by slug, those that the prediction's alternatives name.
    """

    prediction: Prediction
    neighbors: list[Neighbor]
    missing: str
    categories: dict[str, Category]
    evidence: MerchantEvidence | None


def decide(requests: Sequence[TransactionRequest]) -> list[Decided]:
    """Route and classify, then let people's own corrections and rules go before the version; in
    the order given, recording nothing.

    Raises NoEngineError where no version can be served, EngineError where the one that serves
    fails.
    """
    classified = _classify(requests)
    runtime.get().count_cache()
    annotations = annotate(
        [request.for_annotators() for request in requests],
        [decision for _, decision in classified],
    )
    return [
        Decided(route, annotated(decision, annotation), annotation)
        for (route, decision), annotation in zip(classified, annotations, strict=True)
    ]


def _classify(requests: Sequence[TransactionRequest]) -> list[tuple[Route, Decision]]:
    """Each version gets its transactions in one call; where its engine fails on them, they go
    where the router says instead. Raises EngineError where that is nowhere."""
    router = get_router()
    routes = router.routes({request.user_id or None for request in requests})
    waiting = [(index, routes[request.user_id or None]) for index, request in enumerate(requests)]
    found: dict[int, tuple[Route, Decision]] = {}
    while waiting:
        by_version: dict[tuple[int, bool], list[tuple[int, Route]]] = defaultdict(list)
        for index, route in waiting:
            by_version[route.version.id, route.is_failed].append((index, route))
        waiting = []
        for group in by_version.values():
            batch = [requests[index].for_engine() for index, _ in group]
            first = group[0][1]
            try:
                decisions = first.version.engine.classify(batch)
            except EngineError as error:
                waiting += _rerouted(router, group, error)
            else:
                router.succeeded(first)
                for (index, route), decision in zip(group, decisions, strict=True):
                    found[index] = route, decision
    return [found[index] for index in range(len(requests))]


def _rerouted(
    router: Router, group: Sequence[tuple[int, Route]], error: EngineError
) -> list[tuple[int, Route]]:
    instead = {}
    for variant_id, route in {route.variant_id: route for _, route in group}.items():
        version = router.failed(route, error)
        if version is None:
            raise error
        instead[variant_id] = version
    return [
        (index, replace(route, version=instead[route.variant_id], is_failed=True))
        for index, route in group
    ]


def classify_transactions(
    requests: Sequence[TransactionRequest], api_key: ApiKey | None = None
) -> list[Answer]:
    """Classify and record: every answer is a row before it is given, or none is.

    Raises NoEngineError where no version can be served, EngineError where the one that serves
    fails.
    """
    decided = decide(requests)
    descriptors = [parse(request.description) for request in requests]
    spans = [
        merchant_span(request.description, each.decision)
        for request, each in zip(requests, decided, strict=True)
    ]
    predictions = [
        _prediction(request, each, descriptor, span, api_key)
        for request, each, descriptor, span in zip(
            requests, decided, descriptors, spans, strict=True
        )
    ]
    routes = [each.route for each in decided]
    started = perf_counter()
    with transaction.atomic():
        Prediction.objects.bulk_create(predictions)
        predictions_recorded.send(sender=Prediction, predictions=predictions, routes=routes)
    record_ms = (perf_counter() - started) * 1000
    answers = [
        Answer(
            prediction.id,
            request.transaction_id,
            each.route.version.name,
            each.annotation.annotator,
            each.decision,
            descriptor,
            span,
            record_ms,
        )
        for prediction, request, each, descriptor, span in zip(
            predictions, requests, decided, descriptors, spans, strict=True
        )
    ]
    _count(answers)
    return answers


def stage_times(answers: Sequence[Answer]) -> StageTimes:
    """What the call that gave `answers` (at least one) spent its time on."""
    calls = {id(answer.decision.timings): answer.decision.timings for answer in answers}.values()
    return StageTimes(
        tokenize_ms=sum(call.tokenize_ms for call in calls),
        encode_ms=sum(call.encode_ms for call in calls),
        decide_ms=sum(call.decide_ms for call in calls),
        record_ms=answers[0].record_ms,
    )


def _count(answers: Sequence[Answer]) -> None:
    times = stage_times(answers)
    metrics.observe_stages((times.tokenize_ms, times.encode_ms, times.decide_ms, times.record_ms))
    metrics.BATCH_TRANSACTIONS.observe(len(answers))
    groups = Counter(
        (
            answer.version,
            _group(answer.decision),
            answer.decision.level.value,
            answer.annotator.value,
        )
        for answer in answers
    )
    for labels, count in groups.items():
        metrics.PREDICTIONS.labels(*labels).inc(count)


def _group(decision: Decision) -> str:
    """The primary category of an answer, be it all that was answered."""
    if decision.category is not None:
        return decision.category.primary_slug
    return decision.primary.slug if decision.primary else NO_GROUP


def explain_prediction(prediction_id: UUID) -> Explanation:
    """Raises UnknownError."""
    predictions = Prediction.objects.select_related(
        "category__parent", "primary", "version__encoder", "merchant"
    )
    prediction = predictions.filter(pk=prediction_id).first()
    if prediction is None:
        raise UnknownError(f"No prediction has the id {prediction_id}.")
    slugs = [alternative["slug"] for alternative in prediction.alternatives]
    categories = Category.objects.select_related("parent").filter(slug__in=slugs)
    neighbors: list[Neighbor] = []
    missing = ""
    evidence = None
    try:
        loaded = runtime.get().engine_for(prediction.version)
    except BundleError as error:
        logger.warning("Prediction %s cannot be explained: %s", prediction_id, error)
        missing = f"Version {prediction.version} cannot be loaded."
    else:
        neighbors = loaded.engine.nearest_examples(prediction.description, prediction.country)
        evidence = loaded.engine.merchant_evidence(prediction.description, prediction.country)
    return Explanation(
        prediction,
        neighbors,
        missing,
        {category.slug: category for category in categories},
        evidence,
    )


def merchant_span(description: str, decision: Decision) -> tuple[int, int] | None:
    """Where a description names the merchant of its decision."""
    match = decision.merchant
    if match is None:
        return None
    return find_words(description, decision.canonical_text[match.start : match.end])


def categories_in_use() -> list[Category]:
    """What an answer can be: active categories, primary ones followed by their own."""
    return list(Category.objects.active().in_tree_order())


def latency_ms(timings: Timings) -> float:
    return timings.tokenize_ms + timings.encode_ms + timings.decide_ms


def _prediction(
    request: TransactionRequest,
    decided: Decided,
    descriptor: Descriptor,
    span: tuple[int, int] | None,
    api_key: ApiKey | None,
) -> Prediction:
    decision, annotation, version = decided.decision, decided.annotation, decided.route.version
    category, match, primary = decision.category, decision.merchant, decision.primary
    category_id = annotation.category_id
    if category is not None and category_id is None:
        category_id = version.category_ids[category.slug]
    return Prediction(
        api_key=api_key,
        transaction_id=request.transaction_id,
        user_id=request.user_id,
        description=request.description,
        canonical_text=decision.canonical_text,
        amount=request.amount,
        currency=request.currency,
        direction=request.direction,
        mcc=request.mcc,
        country=request.country,
        occurred_at=request.occurred_at,
        version_id=version.id,
        category_id=category_id,
        primary_id=version.category_ids[primary.slug] if primary else None,
        primary_confidence=primary.confidence if primary else None,
        primary_level=primary.level.value if primary else "",
        annotator=annotation.annotator,
        rule_id=annotation.rule_id,
        level=decision.level.value,
        reason=decision.reason.value if decision.reason else "",
        confidence=decision.confidence,
        score=decision.score,
        margin=decision.margin,
        alternatives=[
            {"slug": alternative.category.slug, "score": alternative.score}
            for alternative in decision.alternatives
        ],
        merchant_id=match.merchant.key if match else None,
        merchant_text=descriptor.merchant_text,
        descriptor=_said(descriptor, match, span),
        is_audited=chance.random() < settings.AUDIT_SHARE,
        is_cached=decision.is_cached,
        latency_ms=latency_ms(decision.timings),
    )


def _said(
    descriptor: Descriptor, match: MerchantMatch | None, span: tuple[int, int] | None
) -> dict[str, Any]:
    """What a row keeps of a descriptor: nothing of what it does not say."""
    said = {
        "processor": descriptor.processor,
        "channel": descriptor.channel.value if descriptor.channel else "",
        "location": {key: value for key, value in asdict(descriptor.location).items() if value},
        "is_recurring": descriptor.is_recurring,
        "merchant_confidence": match.confidence if match else None,
        "merchant_span": list(span) if span else None,
    }
    return {key: value for key, value in said.items() if value}
