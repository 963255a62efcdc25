"""However many labels a split has, a snapshot keeps a few."""

from monitoring.collectors.seen import MAX_LABELS, OTHERS, add_up, split
from monitoring.detectors.quantiles import Sums, summed
from monitoring.measures import By


def test_the_smallest_of_too_many_labels_are_summed() -> None:
    labels = {f"label {number}": Sums(number, number, 60) for number in range(2 * MAX_LABELS)}
    kept = split("predictions", By.CATEGORY, labels)
    assert len(kept) == MAX_LABELS
    assert kept[0].label == f"label {2 * MAX_LABELS - 1}"
    assert kept[-1].label == OTHERS
    assert summed(each.sums for each in kept) == summed(labels.values())


def test_labels_that_are_alike_up_to_their_limit_are_one() -> None:
    long = "x" * 200
    assert add_up([(long + "a", Sums(1)), (long + "b", Sums(2))]) == {"x" * 120: Sums(3)}
