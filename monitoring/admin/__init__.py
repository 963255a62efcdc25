"""The admin of monitoring: declarations, one noun a file. Every action calls a service."""

from monitoring.admin import drift

__all__ = ["drift"]
