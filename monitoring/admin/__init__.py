"""The pages of monitoring, and the lists behind them."""

from monitoring.admin import pages, processes

__all__ = ["pages", "processes"]
