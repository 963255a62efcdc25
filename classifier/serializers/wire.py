"""From rows and decisions to JSON, by plain functions: a serializer would cost a batch of a
thousand more than the engine does. `responses` describes the same shapes; a test compares."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from classifier.engine.merchants import types
from classifier.engine.merchants.knowledge import MerchantEvidence
from classifier.engine.types import Alternative, CategoryInfo, Decision, Neighbor, PrimaryAnswer
from classifier.models import Category, Example, Feedback, Job, Merchant
from classifier.models.choices import AnnotatorChoices
from classifier.services.predictions import Answer, Explanation, StageTimes

# Past what float32 tells apart, and the same for every reader.
DECIMALS = 6


def answer_json(answer: Answer) -> dict[str, Any]:
    return {
        "prediction_id": str(answer.prediction_id),
        "transaction_id": answer.transaction_id or None,
        **decision_json(answer.decision, answer.version, answer.annotator),
        **_descriptor_json(answer),
    }


def decision_json(
    decision: Decision, version: str, annotator: AnnotatorChoices = AnnotatorChoices.MODEL
) -> dict[str, Any]:
    match = decision.merchant
    return {
        "category": _info_json(decision.category) if decision.category else None,
        "primary": _primary_answer_json(decision.primary),
        "confidence": _rounded(decision.confidence),
        "level": decision.level.value,
        "score": _rounded(decision.score),
        "margin": _rounded(decision.margin),
        "alternatives": [_alternative_json(entry) for entry in decision.alternatives],
        "review": decision.needs_review,
        "reason": decision.reason.value if decision.reason else None,
        "annotator": annotator.value,
        "model_version": version,
        "merchant": _merchant_json(match.merchant, match.confidence) if match else None,
    }


def explanation_json(explanation: Explanation) -> dict[str, Any]:
    prediction = explanation.prediction
    ranked = [
        {**category_json(category), "score": _rounded(entry["score"])} if category else None
        for entry in prediction.alternatives
        for category in [explanation.categories.get(entry["slug"])]
    ]
    # Where the version's category was not the answer, the first alternative is its best guess.
    is_by_version = prediction.annotator == AnnotatorChoices.MODEL
    runner_up = ranked[0 if prediction.category and is_by_version else 1 :][:1]
    encoder = prediction.version.encoder
    said = prediction.descriptor
    return {
        "prediction_id": str(prediction.id),
        "created_at": prediction.created_at.isoformat(),
        "transaction_id": prediction.transaction_id or None,
        "user_id": prediction.user_id or None,
        "description": prediction.description,
        "amount": None if prediction.amount is None else str(prediction.amount),
        "currency": prediction.currency or None,
        "direction": prediction.direction or None,
        "mcc": prediction.mcc or None,
        "occurred_at": prediction.occurred_at and prediction.occurred_at.isoformat(),
        "category": category_json(prediction.category) if prediction.category else None,
        "primary": {
            "slug": prediction.primary.slug,
            "name": prediction.primary.name,
            "confidence": _rounded(prediction.primary_confidence),
            "level": prediction.primary_level,
        }
        if prediction.primary
        else None,
        "confidence": _rounded(prediction.confidence),
        "level": prediction.level,
        "score": _rounded(prediction.score),
        "margin": _rounded(prediction.margin),
        "alternatives": [alternative for alternative in ranked if alternative],
        "review": prediction.category is None,
        "reason": prediction.reason or None,
        "annotator": prediction.annotator,
        "model_version": prediction.version.name,
        "merchant": _merchant_json(prediction.merchant, said.get("merchant_confidence")),
        "merchant_span": said.get("merchant_span"),
        "location": _location_json(said.get("location", {})),
        "processor": said.get("processor"),
        "channel": said.get("channel"),
        "is_recurring": said.get("is_recurring"),
        "country": prediction.country or None,
        "why": {
            "canonical_text": prediction.canonical_text,
            "nearest_examples": [_neighbor_json(entry) for entry in explanation.neighbors],
            "nearest_examples_missing": explanation.missing or None,
            "merchant": _evidence_json(explanation.evidence),
            "runner_up": runner_up[0] if runner_up else None,
            "margin": _rounded(prediction.margin),
            "versions": {
                "model": prediction.version.name,
                "normalizer": prediction.version.normalizer_version,
                "encoder": encoder.name,
                "encoder_precision": encoder.precision,
                "encoder_digest": encoder.digest,
            },
        },
    }


def category_json(category: Category) -> dict[str, Any]:
    return {"slug": category.slug, "name": category.name, "primary": _primary_json(category)}


def tree_json(categories: Iterable[Category]) -> list[dict[str, Any]]:
    """A tree from categories in tree order: each primary one before its own."""
    tree: list[dict[str, Any]] = []
    for category in categories:
        node = {
            "slug": category.slug,
            "name": category.name,
            "description": category.description,
            "direction": category.direction,
        }
        if category.parent_id is None:
            tree.append({**node, "children": []})
        else:
            tree[-1]["children"].append(node)
    return tree


def example_json(example: Example) -> dict[str, Any]:
    return {
        "id": example.pk,
        "category": category_json(example.category),
        "text": example.text,
        "canonical_text": example.canonical_text,
        "note": example.note,
        "override": example.is_override,
        "created_at": example.created_at.isoformat(),
    }


def feedback_json(feedback: Feedback) -> dict[str, Any]:
    return {
        "id": feedback.pk,
        "prediction_id": str(feedback.prediction_id),
        "transaction_id": feedback.prediction.transaction_id or None,
        "correct": feedback.is_correct,
        "category": category_json(feedback.category) if feedback.category else None,
    }


def job_json(job: Job, results_url: str | None, note: str | None) -> dict[str, Any]:
    return {
        "id": job.pk,
        "kind": job.kind,
        "status": job.status,
        "progress": round(job.progress, 4),
        "message": job.message,
        "created_at": job.created_at.isoformat(),
        "started_at": job.started_at and job.started_at.isoformat(),
        "finished_at": job.finished_at and job.finished_at.isoformat(),
        "attempts": job.attempts,
        "result": job.result or None,
        "error": job.error or None,
        "results_url": results_url,
        "note": note,
    }


def server_timing(times: StageTimes) -> str:
    """The value of a Server-Timing header; milliseconds."""
    stages = {
        "tokenize": times.tokenize_ms,
        "encode": times.encode_ms,
        "decide": times.decide_ms,
        "record": times.record_ms,
    }
    return ", ".join(f"{name};dur={milliseconds:.3f}" for name, milliseconds in stages.items())


def _merchant_json(
    merchant: types.Merchant | Merchant | None, confidence: float | None
) -> dict[str, Any] | None:
    if merchant is None:
        return None
    return {
        "id": merchant.key,
        "name": merchant.name,
        "wikidata_id": merchant.wikidata_id or None,
        "confidence": _rounded(confidence),
    }


def _evidence_json(evidence: MerchantEvidence | None) -> dict[str, Any] | None:
    if evidence is None:
        return None
    merchant = evidence.match.merchant
    return {
        "id": merchant.key,
        "name": merchant.name,
        "kind": evidence.match.tag or None,
        "sells": evidence.words or None,
        "confidence": _rounded(evidence.match.confidence),
        "weight": _rounded(evidence.weight),
    }


def _descriptor_json(answer: Answer) -> dict[str, Any]:
    said = answer.descriptor
    return {
        "merchant_span": list(answer.merchant_span) if answer.merchant_span else None,
        "location": _location_json(asdict(said.location)),
        "processor": said.processor or None,
        "channel": said.channel.value if said.channel else None,
        "is_recurring": True if said.is_recurring else None,
    }


def _location_json(location: Mapping[str, str]) -> dict[str, str | None] | None:
    if not any(location.values()):
        return None
    return {name: location.get(name) or None for name in ("city", "region", "country")}


def _info_json(category: CategoryInfo) -> dict[str, Any]:
    return {
        "slug": category.slug,
        "name": category.name,
        "primary": {"slug": category.primary_slug, "name": category.primary_name},
    }


def _primary_json(category: Category) -> dict[str, str]:
    return {"slug": category.primary.slug, "name": category.primary.name}


def _primary_answer_json(primary: PrimaryAnswer | None) -> dict[str, Any] | None:
    if primary is None:
        return None
    return {
        "slug": primary.slug,
        "name": primary.name,
        "confidence": _rounded(primary.confidence),
        "level": primary.level.value,
    }


def _alternative_json(alternative: Alternative) -> dict[str, Any]:
    return {**_info_json(alternative.category), "score": _rounded(alternative.score)}


def _neighbor_json(neighbor: Neighbor) -> dict[str, Any]:
    return {
        "text": neighbor.text,
        "category": _info_json(neighbor.category),
        "similarity": _rounded(neighbor.similarity),
    }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, DECIMALS)
