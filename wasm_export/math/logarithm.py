"""log and log1p in float32.

x = 2ᵏ·(1 + f) with √½ ≤ 1 + f < √2, and log x = k·ln 2 + log(1 + f). With s = f / (2 + f),
log(1 + f) = 2·artanh s = f − (f²/2 − s·(f²/2 + R)), R = s²·P(s²), which loses nothing near f = 0.
The arrangement is that of FreeBSD's msun, e_logf.c and s_log1pf.c (Sun Microsystems).
"""

from math import inf, nan

from wasm_export.math.arithmetic import Quantity

LN2_HIGH, LN2_LOW = 0.693359375, -2.12194440e-4  # k · LN2_HIGH is exact; the two constants are those of Cephes
SQRT_HALF = 0x3F3504F3  # the bits of √½
MANTISSA = 0x007FFFFF
SMALLEST_NORMAL = 1.1754943508222875e-38

# artanh s = s + s³/2·P(s²): P by Remez exchange on s² ≤ 0.0295, relative error of the logarithm 8.2e-10.
P = (0.66666776, 0.39977568, 0.2987146)


def log(x: Quantity) -> Quantity:
    """Subnormal numbers are scaled by 2²³ first."""
    x = x.let()
    subnormal = x < SMALLEST_NORMAL
    scaled = subnormal.where(x * 2.0**23, x)
    k, f = _split(scaled)
    k = (k + subnormal.where(x.like(-23.0), x.like(0.0))).let()
    return _special(x, _log(f, k * LN2_HIGH, k * LN2_LOW))


def log1p(x: Quantity) -> Quantity:
    """u = 1 + x rounds; what it lost, c, is given back by log(u + c) ≈ log u + c / u. The sign keeps -0."""
    x = x.let()
    u = (x + 1.0).let()
    kept = (u - 1.0).let()
    lost = (x - kept) + (1.0 - (u - kept))
    k, f = _split(u)
    k = k.let()
    return _special(u, _log(f, k * LN2_HIGH, k * LN2_LOW + lost / u)).copysign(x)


def _split(x: Quantity) -> tuple[Quantity, Quantity]:
    """k and f of x = 2ᵏ·(1 + f), for positive normal x."""
    bits = (x.bits() - SQRT_HALF).let()
    mantissa = ((bits & MANTISSA) + SQRT_HALF).from_bits()
    return (bits >> 23).to_float32(), (mantissa - 1.0).let()


def _log(f: Quantity, high: Quantity, low: Quantity) -> Quantity:
    """log(1 + f) + high + low, where low is small."""
    s = (f / (f + 2.0)).let()
    z = (s * s).let()
    half_square = (f * f * 0.5).let()
    r = z * (P[0] + z * (P[1] + z * P[2]))
    return high - ((half_square - (s * (half_square + r) + low)) - f)


def _special(x: Quantity, result: Quantity) -> Quantity:
    """`result`, the logarithm of x, where x is positive and finite; log 0 = -inf, log inf = inf, else NaN."""
    positive = (x > 0.0).where(result, x.equals(0.0).where(x.like(-inf), x.like(nan)))
    return (x < inf).where(positive, x)
