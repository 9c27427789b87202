"""x ** y in float32 as 2 ** (y · log2 |x|) in float64, with the special cases of C's pow, which NumPy has too."""

from math import inf, nan

from wasm_export.math.arithmetic import Quantity, in_float64

LARGEST = 3.4028234663852886e38  # of float32
MANTISSA = 0x000FFFFFFFFFFFFF
SQRT_HALF = 0x3FE6A09E667F3BCD  # the bits of √½
BIAS = 1024  # keeps exponents positive, so that they can be shifted down without a sign
ROUND = 6755399441055744.0  # 1.5 · 2⁵²: added, it rounds to an integer and shows it in the low bits
ROUND_BITS = 0x4338000000000000

# log2 m = s·L(s²) with s = (m − 1)/(m + 1) and √½ ≤ m < √2; 2^f = 1 + f·E(f) with |f| ≤ ½.
# By Remez exchange: relative errors 4.2e-12 and 2.6e-9.
L = (2.885390081790142, 0.9617966732662209, 0.5770836003426906, 0.4116717450837261, 0.34074899342409537)
E = (
    0.6931472150113958,
    0.240226527855122,
    0.055503104667756924,
    0.009617692607149002,
    0.0013406674536970324,
    0.0001559475844992417,
)


def pow(x: Quantity, y: Quantity) -> Quantity:
    """Negative for a negative x to an odd integer, NaN for a negative finite x to a fraction; 1 ** y = x ** 0 = 1."""
    x = x.let()
    # So large that it acts as infinity, yet 0 · y is no NaN: (-1) ** inf = 1.
    y = y.at_most(LARGEST).at_least(-LARGEST).let()
    size = in_float64(_power, abs(x), y)
    size = (y.equals(0.0) | x.equals(1.0)).where(x.like(1.0), size).let()
    whole, half = y.trunc().let(), (y * 0.5).let()
    odd = y.equals(whole) & half.differs(half.trunc())
    undefined = (x < 0.0) & (x > -inf) & y.differs(whole)
    return undefined.where(x.like(nan), odd.where(size.copysign(x), size))


def _power(x: Quantity, y: Quantity) -> Quantity:
    """x ** y in float64 for x ≥ 0, within the range that a float32 result needs."""
    x = x.let()
    bits = (x.bits() + ((BIAS << 52) - SQRT_HALF)).let()
    exponent = (bits.shift_down(52) + ROUND_BITS).from_bits() - (ROUND + BIAS)
    m = ((bits & MANTISSA) + SQRT_HALF).from_bits().let()
    s = ((m - 1.0) / (m + 1.0)).let()
    z = (s * s).let()
    log2 = exponent + s * (L[0] + z * (L[1] + z * (L[2] + z * (L[3] + z * L[4]))))
    log2 = (x < inf).where((x > 0.0).where(log2, x.like(-inf)), x)
    e = (y * log2).at_most(300.0).at_least(-300.0).let()
    rounded = (e + ROUND).let()
    f = (e - (rounded - ROUND)).let()
    power = 1.0 + f * (E[0] + f * (E[1] + f * (E[2] + f * (E[3] + f * (E[4] + f * E[5])))))
    return (power.bits() + (rounded.bits() << 52)).from_bits()
