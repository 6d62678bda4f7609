"""Functions of the scalar language that are written in it: one approximation each, with its bound.

``define(name, text, float32=…)``: the text under a dtype's name is used when computing in that dtype, the plain one
otherwise. Coefficients are from the sources named; ``tests/ops/test_functions.py`` holds every bound.
"""

from __future__ import annotations

from tsx.ops.scalar import FUNCTIONS, Function, parse


def define(signature: str, text: str, *, doc: str, **by_dtype: str) -> None:
    """Adds the function ``signature`` (``hypot(x, y)``) to the language."""
    name, _, rest = signature.partition("(")
    parameters = tuple(part.strip() for part in rest.rstrip(")").split(","))
    texts = {"": text, **by_dtype}
    for written in texts.values():
        parse(written)
    FUNCTIONS[name] = Function(name, parameters, texts, doc)


define("relu(x)", "max(x, 0)", doc="exact")
define(
    "sigmoid(x)",
    "1 / (1 + exp(-x))",
    doc="2 ulp; exp overflows to inf for x below -88, and 1 / inf is the right 0",
)
define("sign(x)", "cast(x > 0) - cast(x < 0)", doc="exact; 0 for NaN, as torch.sign")
define("clamp(x, low, high)", "min(max(x, low), high)", doc="exact")
define(
    "softplus(x)",
    "max(x, 0) + log1p(exp(-abs(x)))",
    doc="log(1 + exp(x)) without overflow; 2 ulp",
)
define(
    "hypot(x, y)",
    "a = abs(x); b = abs(y); m = max(a, b); r = min(a, b) / m;"
    "where((a == inf) | (b == inf), inf, where(m == 0, 0, m * sqrt(1 + r * r)))",
    doc="2 ulp, no overflow between; inf when either is, even beside NaN (C99)",
)
define(
    "floor_div(a, b)",
    "rest = fmod(a, b);"
    "q = (a - rest) / b - cast((rest != 0) & ((b < 0) != (rest < 0)));"
    "f = floor(q);"
    "where(b == 0, a / b, where(q == 0, copysign(0, a / b), f + cast(q - f > 0.5)))",
    doc="floor(a / b) of the exact quotient for floats; torch's c10::div_floor_floating",
)
define(
    "erfc_tail(x)",
    "s = 1 / (x * x);"
    "near = poly(s, -9.86494403484714822705e-03, -6.93858572707181764372e-01,"
    " -1.05586262253232909814e+01, -6.23753324503260060396e+01, -1.62396669462573470355e+02,"
    " -1.84605092906711035994e+02, -8.12874355063065934246e+01, -9.81432934416914548592e+00)"
    " / poly(s, 1, 1.96512716674392571292e+01, 1.37657754143519042600e+02,"
    " 4.34565877475229228821e+02, 6.45387271733267880336e+02, 4.29008140027567833386e+02,"
    " 1.08635005541779435134e+02, 6.57024977031928170135e+00, -6.04244152148580987438e-02);"
    "far = poly(s, -9.86494292470009928597e-03, -7.99283237680523006574e-01,"
    " -1.77579549177547519889e+01, -1.60636384855821916062e+02, -6.37566443368389627722e+02,"
    " -1.02509513161107724954e+03, -4.83519191608651397019e+02)"
    " / poly(s, 1, 3.03380607434824582924e+01, 3.25792512996573918826e+02,"
    " 1.53672958608443695994e+03, 3.19985821950859553908e+03, 2.55305040643316442583e+03,"
    " 4.74528541206955367215e+02, -2.24409524465858183362e+01);"
    "z = floor(x * 1024) / 1024;"  # few enough bits for z*z to be exact
    "exp(-z * z - 0.5625) * exp((z - x) * (z + x) + where(x < 2.857142857142857, near, far)) / x",
    doc="erfc for x >= 1.25 in float64 (FreeBSD msun s_erf.c); 2 ulp",
)
define(
    "erf_near(x)",
    "z = x * x; x + x * poly(z, 1.28379167095512558561e-01, -3.25042107247001499370e-01,"
    " -2.84817495755985104766e-02, -5.77027029648944159157e-03, -2.37630166566501626084e-05)"
    " / poly(z, 1, 3.97917223959155352819e-01, 6.50222499887672944485e-02,"
    " 5.08130628187576562776e-03, 1.32494738004321644526e-04, -3.96022827877536812320e-06)",
    doc="erf for |x| < 0.84375 in float64 (FreeBSD msun s_erf.c); 1 ulp",
)
define(
    "erf_middle(a)",
    "s = a - 1; poly(s, -2.36211856075265944077e-03, 4.14856118683748331666e-01,"
    " -3.72207876035701323847e-01, 3.18346619901161753674e-01, -1.10894694282396677476e-01,"
    " 3.54783043256182359371e-02, -2.16637559486879084300e-03)"
    " / poly(s, 1, 1.06420880400844228286e-01, 5.40397917702171048937e-01,"
    " 7.18286544141962662868e-02, 1.26171219808761642112e-01, 1.36370839120290507362e-02,"
    " 1.19844998467991074170e-02)",
    doc="erf(a) - 0.845062911510467529297 for 0.84375 <= a < 1.25 (FreeBSD msun s_erf.c); 1 ulp",
)
define(
    "erf64(x)",
    "a = abs(x);"
    "outer = where(a < 1.25, 0.845062911510467529297 + erf_middle(a), 1 - erfc_tail(min(max(a, 1), 7)));"
    "where(a < 0.84375, erf_near(x), where(isnan(x), x, copysign(outer, x)))",
    doc="erf in float64; 1 ulp",
)
define(
    "erf(x)",
    "cast(erf64(cast(x, float64)))",
    float32="c = min(max(x, -4), 4); z = c * c; c * poly(z, -1.60960333262415e-02,"
    " -2.95459980854025e-03, -7.34990630326855e-04, -5.69250639462346e-05, -2.10102402082508e-06,"
    " 2.77068142495902e-08, -2.72614225801306e-10) / poly(z, -1.42647390514189e-02,"
    " -7.37332916720468e-03, -1.68282697438203e-03, -2.13374055278905e-04, -1.45660718464996e-05)",
    doc="1 ulp in float64; in float32 a rational function (Eigen's perf_erf): 4e-7 absolute, 8 ulp",
)
define(
    "erfc(x)",
    "y = cast(x, float64); a = abs(y);"
    "outer = where(a < 1.25, 0.154937088489532470703 - erf_middle(a), erfc_tail(min(max(a, 1), 28)));"
    "tail = where(a > 28, 0, outer);"
    "cast(where(a < 0.84375, 1 - erf_near(y), where(y < 0, 2 - tail, where(isnan(y), y, tail))))",
    doc="computed in float64; 2e-15 relative until it underflows",
)
define(
    "erfinv_step(x, y)",
    "x - (erf64(x) - y) / (2 / sqrt(pi) * exp(-x * x))",
    doc="one Newton step toward erf(x) == y",
)
define(
    "erfinv(y)",
    "v = cast(y, float64); a = abs(v); z = v * v;"
    "inner = v * poly(z, 0.886226899, -1.645349621, 0.914624893, -0.140543331)"
    " / poly(z, 1, -2.118377725, 1.442710462, -0.329097515, 0.012229801);"
    "w = sqrt(-log((1 - min(a, 1)) / 2));"
    "outer = copysign(poly(w, -1.970840454, -1.624906493, 3.429567803, 1.641345311)"
    " / poly(w, 1, 3.543889200, 1.637067800), v);"
    "guess = where(a <= 0.7, inner, outer);"
    "cast(where(a < 1, erfinv_step(erfinv_step(guess, v), v), where(a == 1, copysign(inf, v), nan)))",
    doc="torch's calc_erfinv in float64: a rational guess and two Newton steps; 1e-14 relative for |y| < 0.999",
)
define(
    "lgamma_lanczos(x)",
    "t = x + 6.5; 0.91893853320467274178 + (x - 0.5) * log(t) - t + log(0.99999999999980993"
    " + 676.5203681218851 / x - 1259.1392167224028 / (x + 1) + 771.32342877765313 / (x + 2)"
    " - 176.61502916214059 / (x + 3) + 12.507343278686905 / (x + 4)"
    " - 0.13857109526572012 / (x + 5) + 9.9843695780195716e-6 / (x + 6)"
    " + 1.5056327351493116e-7 / (x + 7))",
    doc="log(gamma(x)) for x >= 0.5 in float64: Lanczos, g = 7, n = 9",
)
define(
    "lgamma(x)",
    "y = cast(x, float64); turned = y < 0.5; u = where(turned, 1 - y, y);"
    "big = lgamma_lanczos(u); fraction = y - floor(y);"
    "plain = where(turned, log(pi / abs(sin(pi * fraction))) - big, big);"
    "cast(where(abs(y) == inf, inf, plain))",
    doc="log(|gamma(x)|) in float64 with reflection below 0.5; 2e-14 absolute or relative, whichever is larger",
)
define(
    "digamma_large(x)",
    "s = 1 / (x * x); log(x) - 0.5 / x - s * poly(s, 0.083333333333333333333,"
    " -0.0083333333333333333333, 0.0039682539682539682540, -0.0041666666666666666667,"
    " 0.0075757575757575757576, -0.021092796092796092796, 0.083333333333333333333)",
    doc="digamma for x >= 8 in float64: seven Bernoulli terms; 1e-15 relative",
)
define(
    "digamma(x)",
    "y = cast(x, float64); turned = y < 0.5; u = where(turned, 1 - y, y); small = u < 8;"
    "shifted = digamma_large(where(small, u + 8, u)) - where(small, 1 / u + 1 / (u + 1)"
    " + 1 / (u + 2) + 1 / (u + 3) + 1 / (u + 4) + 1 / (u + 5) + 1 / (u + 6) + 1 / (u + 7), 0);"
    "fraction = y - floor(y);"
    "reflected = where(fraction == 0, nan, shifted - pi / tan(pi * fraction));"
    "cast(where(y == 0, copysign(inf, -y), where(y == inf, inf, where(turned, reflected, shifted))))",
    doc="in float64 by recurrence, asymptotic series and reflection; 1e-13 absolute away from its poles",
)
