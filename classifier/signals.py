"""The one signal by which this layer speaks upward."""

from django.dispatch import Signal

# Sent inside the transaction that stores predictions, with `predictions` (list[Prediction],
# stored) and `routes` (list[Route], in the same order). A receiver that raises undoes both.
predictions_recorded = Signal()
