"""This module holds the scalar functions that are applied to every element."""

import math


def black_scholes(price, strike, years, rate, volatility):
    spread = volatility * math.sqrt(years)
    d1 = (math.log(price / strike) + (rate + 0.5 * volatility * volatility) * years) / spread
    d2 = d1 - spread
    n1 = 0.5 * (1.0 + math.erf(d1 / 1.4142135623730951))
    n2 = 0.5 * (1.0 + math.erf(d2 / 1.4142135623730951))
    return price * n1 - strike * math.exp(-rate * years) * n2


def gelu(x):
    return 0.5 * x * (1.0 + math.erf(x / 1.4142135623730951))


def collatz(n):
    count = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        count += 1
    return count


def newton_root(a):
    x = a if a > 1.0 else 1.0
    for _ in range(60):
        y = 0.5 * (x + a / x)
        if abs(y - x) <= 1e-14 * y:
            return y
        x = y
    return x


def distance(x1, y1, x2, y2):
    return math.sqrt((x1 - x2) * (x1 - x2) + (y1 - y2) * (y1 - y2))


def hue(r, g, b):
    high = max(r, g, b)
    low = min(r, g, b)
    spread = high - low
    if spread == 0.0:
        return 0.0
    if high == r:
        h = (g - b) / spread
    elif high == g:
        h = 2.0 + (b - r) / spread
    else:
        h = 4.0 + (r - g) / spread
    return (h / 6.0) % 1.0


def sigmoid_chain(x):
    y = 1.0 / (1.0 + math.exp(-x))
    y = 1.0 / (1.0 + math.exp(-y))
    return 1.0 / (1.0 + math.exp(-y))


def day_of_year(days):
    z = days + 719468
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    month = (5 * doy + 2) // 153
    year = yoe + era * 400 + (1 if month >= 10 else 0)
    leap = 1 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 0
    return doy - 305 if month >= 10 else doy + 60 + leap


ALL = (black_scholes, gelu, collatz, newton_root, distance, hue, sigmoid_chain, day_of_year)
