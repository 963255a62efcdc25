"""Intervals that hold at all looks together: asymptotic confidence sequences.

Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic
confidence sequences" (arXiv 2103.06476v7). n counts units of both arms; the variance of one
observation is n times the squared standard error of the effect, so that widths here are in standard
errors: a multiple of the error where a fixed test has 1.96.
"""

from math import exp, log, log1p, sqrt


def mixing(alpha: float, planned_units: float) -> float:
    """rho: the interval is near its narrowest at `planned_units`. Eq. 161."""
    return sqrt((-2 * log(alpha) + log(-2 * log(alpha) + 1)) / planned_units)


def sequence_multiple(alpha: float, units: float, planned_units: float) -> float:
    """Half the width of the two-sided sequence in standard errors. Eq. 9."""
    grown = units * mixing(alpha, planned_units) ** 2
    return sqrt(2 * (grown + 1) / grown * (log1p(grown) / 2 - log(alpha)))


def one_sided_multiple(alpha: float, units: float, planned_units: float) -> float:
    """How far a one-sided bound lies off, in standard errors. Eq. 134, rho of level 2 alpha."""
    grown = units * mixing(2 * alpha, planned_units) ** 2
    return sqrt(2 * (grown + 1) / grown * log1p(sqrt(grown + 1) / (2 * alpha)))


def always_valid_p(z: float, alpha: float, units: float, planned_units: float) -> float:
    """The level at which the two-sided sequence of this rho just takes in zero. Eq. 155.

    z is the effect in standard errors. It is below `alpha` exactly where the interval of level
    alpha leaves zero out.
    """
    grown = units * mixing(alpha, planned_units) ** 2
    logarithm = log1p(grown) / 2 - z * z * grown / (2 * (grown + 1))
    return exp(min(0.0, logarithm))
