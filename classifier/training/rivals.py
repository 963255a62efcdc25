"""Two versions on the same texts, each built again without them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from classifier.exceptions import TrainingError
from classifier.training.folds import Indexes, deal_folds
from classifier.training.linear import fit_linear, linear_logits
from classifier.training.paired import paired_difference_interval
from classifier.training.prototypes import TrainingSet, Weights, held_out_scores
from classifier.training.second_opinion import FOLDS, Blend, mean_opinion


@dataclass(frozen=True)
class Rival:
    """What a version was built from, and how: enough to build it again from a part.

    The evidence of `training` is mixed in already. `texts` (n) are canonical; `slugs` and `names`
    (c) are of its categories, names canonical; rows of equal `groups` (n,) are of one merchant,
    and so are those of both rivals that have the same. `blend` is None for prototypes alone.
    """

    training: TrainingSet
    texts: Sequence[str]
    slugs: Sequence[str]
    names: Sequence[str]
    groups: Indexes
    weights: Weights
    blend: Blend | None

    def answers(
        self, seen: NDArray[np.bool_], vectors: NDArray[np.float32], texts: Sequence[str]
    ) -> list[str]:
        """The slugs of the best categories of texts and their vectors (m, d), by what is built
        from the rows `seen` (n,)."""
        part = replace(
            self.training, vectors=self.training.vectors[seen], labels=self.training.labels[seen]
        )
        scores: NDArray[np.floating] = held_out_scores(part, vectors, self.weights)
        if self.blend is not None:
            known = [text for text, is_seen in zip(self.texts, seen, strict=True) if is_seen]
            linear = fit_linear(part, known, self.names, self.blend.regularization)
            logits = linear_logits(linear, vectors, texts)
            scores = mean_opinion(scores, logits, self.blend.share)
        return [self.slugs[best] for best in scores.argmax(axis=1)]


@dataclass(frozen=True, slots=True)
class PairedJudgement:
    """Of `texts`, which the candidate and the reference were both built without: how many each has
    right, alone and in all. `difference` is the candidate's accuracy less the reference's, from -1
    to 1, with its 95% interval."""

    texts: int
    candidate_right: int
    reference_right: int
    only_candidate_right: int
    only_reference_right: int
    difference: float
    difference_low: float
    difference_high: float


def judge_rivals(
    candidate: Rival, reference: Rival, seen_by_reference: NDArray[np.float32]
) -> PairedJudgement:
    """Let both answer each of the candidate's examples, in FOLDS folds of whole merchants.

    Neither has seen a text of the merchant that it answers, so that what the reference was built
    with is no head start. Labels are the candidate's, the newest that people gave.
    `seen_by_reference` (n, d) are the vectors of the candidate's texts as the reference has them.
    Raises TrainingError where the candidate's examples are of one merchant.
    """
    labels, groups = candidate.training.labels, candidate.groups
    if len(np.unique(groups)) < 2:
        raise TrainingError("All examples are of one merchant; nothing can be left out.")
    truth = [candidate.slugs[label] for label in labels]
    folds = deal_folds(groups, labels, FOLDS)
    is_right = np.zeros((2, len(labels)), dtype=bool)
    for fold in np.unique(folds):
        places = np.flatnonzero(folds == fold)
        texts = [candidate.texts[place] for place in places.tolist()]
        asked = (
            (candidate, candidate.training.vectors[places]),
            (reference, seen_by_reference[places]),
        )
        for rival, (version, vectors) in enumerate(asked):
            seen = ~np.isin(version.groups, groups[places])
            answers = version.answers(seen, vectors, texts)
            is_right[rival, places] = [
                answer == truth[place] for answer, place in zip(answers, places, strict=True)
            ]
    ours, theirs = is_right
    low, high = paired_difference_interval(ours, theirs)
    return PairedJudgement(
        texts=len(labels),
        candidate_right=int(ours.sum()),
        reference_right=int(theirs.sum()),
        only_candidate_right=int((ours & ~theirs).sum()),
        only_reference_right=int((theirs & ~ours).sum()),
        difference=float(ours.mean() - theirs.mean()),
        difference_low=low,
        difference_high=high,
    )
