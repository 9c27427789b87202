"""exp and tanh in float32.

Both split x = n·ln 2 + f with an integer n and |f| ≤ ln 2 / 2, so that exp x = 2ⁿ·exp f. Adding 1.5·2²³ rounds to an
integer and leaves that integer in the low bits of the sum; 2ⁿ is those bits shifted into the exponent.
"""

from wasm_export.math.arithmetic import Quantity

LOG2_E, LN2 = 1.44269504, 0.69314718
LN2_HIGH, LN2_LOW = 0.693359375, -2.12194440e-4  # n · LN2_HIGH is exact; the two constants are those of Cephes
ROUND = 12582912.0  # 1.5 · 2²³
ONE, HALF = 0x3F800000, 0x3F000000  # the bits of 1.0 and 0.5

# exp f ≈ 1 + f + f²·(Q₀ + Q₁·f + …) by Remez exchange on |f| ≤ ln 2 / 2: relative error 3.2e-9.
Q = (0.49999994, 0.16666517, 0.041668102, 0.008369192, 0.0013838903)
# tanh h ≈ h + h³·(T₀ + T₁·h² + T₂·h⁴) by Remez exchange on |h| ≤ 0.27: relative error 5.3e-9.
T = (-0.33333185, 0.1332098, -0.051016074)


def exp(x: Quantity) -> Quantity:
    """The bounds are where float32 exp has long become inf and 0; between, 2ⁿ is the product of two normal numbers."""
    x = x.at_most(89.0).at_least(-104.0).let()
    rounded = (x * LOG2_E + ROUND).let()
    n = (rounded - ROUND).let()
    f = (x - n * LN2_HIGH - n * LN2_LOW).let()
    exp_f = 1.0 + (f + f * f * (Q[0] + f * (Q[1] + f * (Q[2] + f * (Q[3] + f * Q[4])))))
    exponent = rounded.bits()
    half = ((exponent >> 1) << 23).let()
    first, second = half + ONE, (exponent << 23) - half + ONE
    return exp_f * first.from_bits() * second.from_bits()


def tanh(x: Quantity) -> Quantity:
    """|x| = n·ln 2 / 2 + h, and with t = tanh h, tanh |x| = N / (N + 1 − t), N = (2ⁿ − 1) / 2 + t·(2ⁿ + 1) / 2.

    From |x| = 10 on this rounds to 1. ¼ comes off before rounding to n, so that h > -0.09 and nothing cancels in N.
    """
    x = x.let()
    y = abs(x).at_most(10.0).let()
    rounded = (y * (2 * LOG2_E) - 0.25 + ROUND).let()
    h = (y - (rounded - ROUND) * (LN2 / 2)).let()
    z = (h * h).let()
    t = (h + h * z * (T[0] + z * (T[1] + z * T[2]))).let()
    half_power = ((rounded.bits() << 23) + HALF).from_bits().let()
    numerator = ((half_power - 0.5) + (half_power + 0.5) * t).let()
    return (numerator / (numerator + (1.0 - t))).copysign(x)
