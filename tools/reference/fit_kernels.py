"""Prints the polynomials of src/kernel/vec/math_vec.h: exp and gelu's Q.

Weighted least squares in Chebyshev form, reweighted until the relative error is
level (Lawson), then as float coefficients, lowest power first. Needs scipy.
"""
import numpy as np
from numpy.polynomial import chebyshev, polynomial
from scipy.special import erfcx


def fit(f, weight, low, high, degree, rounds):
    x = (low + high) / 2 + (high - low) / 2 * np.cos(np.pi * (np.arange(4000) + 0.5) / 4000)
    u = (2 * x - low - high) / (high - low)
    basis, want, w = chebyshev.chebvander(u, degree), f(x), weight(x)
    level = np.ones_like(x)
    for _ in range(rounds):
        s = np.sqrt(level) * w
        c = np.linalg.lstsq(basis * s[:, None], want * s, rcond=None)[0]
        error = np.abs((basis @ c - want) * w)
        level *= error / error.max() + 1e-9
        level /= level.sum()
    inner = np.array([-(low + high) / (high - low), 2 / (high - low)])
    q = np.zeros(1)
    for a in chebyshev.cheb2poly(c)[::-1]:
        q = polynomial.polyadd(polynomial.polymul(q, inner), [a])
    return error.max(), [float(np.float32(a)).hex() for a in q]


def main():
    half = np.log(2) / 2 * 1.001

    def exp_p(r):
        near = np.abs(r) < 1e-3
        return np.where(near, 0.5 + r / 6 + r * r / 24, (np.expm1(r) - r) / np.where(near, 1, r * r))

    print("exp: (e^r - 1 - r)/r^2", *fit(exp_p, lambda r: r * r / np.exp(r), -half, half, 4, 400))

    def exp2_p(r):
        near = np.abs(r) < 1e-4
        return np.where(near, np.log(2) + np.log(2)**2 * r / 2,
                        np.expm1(r * np.log(2)) / np.where(near, 1, r))

    print("exp2: (2^r - 1)/r", *fit(exp2_p, lambda r: np.abs(r) / 2**r, -0.5005, 0.5005, 5, 400))

    def q_over_t(t):
        return 0.5 * erfcx((1 / t - 1) * 4 / np.sqrt(2)) / t

    print("gelu: Q/t, t = 1/(1 + a/4)", *fit(q_over_t, lambda t: 1 / q_over_t(t), 1 / 4.5, 1, 9, 600))


if __name__ == "__main__":
    main()
