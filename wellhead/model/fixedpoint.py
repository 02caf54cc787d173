"""Solady's fixed-point functions, digit for digit."""

from __future__ import annotations

from .errors import Revert
from .units import MAX_UINT256

_EXP_ZERO = -41446531673892822313
_EXP_OVERFLOW = 135305999368893231589
_LN2 = 54916777467707473351141471128
_SCALE = 3822833074963236453042738258902158003155416615667


def sdiv(x: int, y: int) -> int:
    """Quotient rounded towards zero, as the EVM divides signed words; `y` is not zero."""
    quotient = abs(x) // abs(y)
    return quotient if (x < 0) == (y < 0) else -quotient


def ceil_div(x: int, y: int) -> int:
    """Quotient rounded up; `y` is positive."""
    return -(-x // y)


def clamp(x: int, least: int, most: int) -> int:
    """`x` bounded to `least` and `most`; `most` wins where they cross."""
    return min(max(x, least), most)


def full_mul_div_up(x: int, y: int, d: int) -> int:
    """x * y / d rounded up, the product exact; reverts unless the result fits into a word."""
    if d == 0:
        raise Revert("FullMulDivFailed")
    quotient = -(-x * y // d)
    if quotient > MAX_UINT256:
        raise Revert("FullMulDivFailed")
    return quotient


def exp_wad(x: int) -> int:
    """e to the power of x, both in 1e-18; rounded down to within the last digits.

    Solady's `expWad`: `x` becomes k * ln(2) + rest in 2^-96, the exponential of the rest is a
    rational approximation, and k shifts it. Signed shifts round down and divisions round towards
    zero. Below 5e-19 the result is zero; reverts from about e^135.3 on.
    """
    if x <= _EXP_ZERO:
        return 0
    if x >= _EXP_OVERFLOW:
        raise Revert("ExpOverflow")
    x = sdiv(x << 78, 5**18)
    k = (sdiv(x << 96, _LN2) + 2**95) >> 96
    x -= k * _LN2

    y = x + 1346386616545796478920950773328
    y = ((y * x) >> 96) + 57155421227552351082224309758442
    p = y + x - 94201549194550492254356042504812
    p = ((p * y) >> 96) + 28719021644029726153956944680412240
    p = p * x + (4385272521454847904659076985693276 << 96)

    q = x - 2855989394907223263936484059900
    q = ((q * x) >> 96) + 50020603652535783019961831881945
    q = ((q * x) >> 96) - 533845033583426703283633433725380
    q = ((q * x) >> 96) + 3604857256930695427073651918091429
    q = ((q * x) >> 96) - 14423608567350463180887372962807573
    q = ((q * x) >> 96) + 26449188498355588339934803723976023

    return ((sdiv(p, q) * _SCALE) & MAX_UINT256) >> (195 - k)
