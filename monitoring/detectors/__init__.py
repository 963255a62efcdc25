"""Computes what figures say; needs no database."""
