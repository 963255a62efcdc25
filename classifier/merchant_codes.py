"""Merchant category codes (ISO 18245) and what they are called."""

import re

import iso18245


def code_name(code: str) -> str:
    """What a code is called, "" where there is no such code."""
    if not re.fullmatch("[0-9]{4}", code):
        return ""
    try:
        found = iso18245.get_mcc(code)
    except (iso18245.InvalidMCC, iso18245.MCCNotFound):
        return ""
    names = (found.iso_description, found.visa_description, found.usda_description)
    return next((name for name in (*names, found.mastercard_description) if name), "")
