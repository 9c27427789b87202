"""sin and cos of float32, computed in float64.

x = n·π/2 + r with |r| ≤ π/4; n mod 4 says whether sin r or cos r is wanted and with which sign. π/2 is split so that
n · HALF_PI_HIGH is exact for |x| < 2²⁸, as in FreeBSD's msun, e_rem_pio2f.c (Sun Microsystems). Beyond, where
neighbouring floats are 32 and more apart, r is only kept in its range: results are finite and at most 1.
"""

from wasm_export.math.arithmetic import Quantity, in_float64

TWO_OVER_PI = 0.6366197723675814
HALF_PI_HIGH, HALF_PI_LOW = 1.5707963109016418, 1.5893254773528196e-08
QUARTER_PI = 0.7853981633974484
ROUND = 6755399441055744.0  # 1.5 · 2⁵²: added, it rounds to an integer and shows it in the low bits

# sin r ≈ r·(1 + r²·S(r²)) and cos r ≈ 1 + r²·C(r²) by Remez exchange on |r| ≤ π/4: relative errors 3.8e-9 and 6.4e-11.
S = (-0.16666654573145928, 0.00833215841032896, -0.00019514957724761018)
C = (-0.4999999969322027, 0.04166662021520597, -0.0013886677160973105, 2.438314477071067e-05)


def sin(x: Quantity) -> Quantity:
    """Keeps the sign of zero; NaN for an infinite x."""
    return in_float64(lambda wide: _sin(wide, 0), x)


def cos(x: Quantity) -> Quantity:
    """sin(x + π/2): one quarter turn more. NaN for an infinite x."""
    return in_float64(lambda wide: _sin(wide, 1), x)


def _sin(x: Quantity, quarters: int) -> Quantity:
    """sin(x + quarters·π/2) in float64."""
    x = x.let()
    rounded = (x * TWO_OVER_PI + ROUND).let()
    n = (rounded - ROUND).let()
    r = (x - n * HALF_PI_HIGH - n * HALF_PI_LOW).at_most(QUARTER_PI).at_least(-QUARTER_PI).let()
    z = (r * r).let()
    sine = r * (1.0 + z * (S[0] + z * (S[1] + z * S[2])))
    cosine = 1.0 + z * (C[0] + z * (C[1] + z * (C[2] + z * C[3])))
    turn = (rounded.bits() + quarters).let()
    even = (turn & 1).equals(0)
    sign = (turn & 2) << 62
    return (even.where(sine, cosine).bits() ^ sign).from_bits()
