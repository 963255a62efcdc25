"""Merchant knowledge: whom a descriptor names."""

from classifier.engine.merchants.types import Merchant, MerchantMatch, Tag

__all__ = ["Merchant", "MerchantMatch", "Tag"]
