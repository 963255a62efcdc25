"""Verbs with a database, one noun a module."""
