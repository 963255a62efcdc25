"""Doors for the workers: an id in, one call."""
