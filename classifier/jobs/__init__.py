"""Background work: handed to the queue, run once, told as it goes, taken up again when lost."""
