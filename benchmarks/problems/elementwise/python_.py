"""This module holds scalar functions with branches, loops and elementary functions, as plain Python."""

import math


def black_scholes(price, strike, years):
    spread = 0.3 * math.sqrt(years)
    d1 = (math.log(price / strike) + (0.02 + 0.5 * 0.3 * 0.3) * years) / spread
    d2 = d1 - spread
    n1 = 0.5 * (1.0 + math.erf(d1 * 0.7071067811865476))
    n2 = 0.5 * (1.0 + math.erf(d2 * 0.7071067811865476))
    return price * n1 - strike * math.exp(-0.02 * years) * n2


def gelu(x):
    return 0.5 * x * (1.0 + math.tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)))


def collatz(n):
    steps = 0
    while n != 1 and steps < 500:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def newton_root(x):
    root = 0.5 * (x + 1.0)
    for _ in range(60):
        better = 0.5 * (root + x / root)
        if abs(better - root) <= 4e-16 * better:
            return better
        root = better
    return root


def distance(latitude1, longitude1, latitude2, longitude2):
    a = math.sin(0.5 * (latitude2 - latitude1))
    b = math.sin(0.5 * (longitude2 - longitude1))
    h = a * a + math.cos(latitude1) * math.cos(latitude2) * b * b
    if h >= 1.0:
        return 20015.086796020572
    return 12742.0 * math.asin(math.sqrt(h))


def hue(red, green, blue):
    high = max(red, green, blue)
    low = min(red, green, blue)
    span = high - low
    if span == 0.0:
        return 0.0
    scale = 60.0 / span
    if high == red:
        angle = (green - blue) * scale
    elif high == green:
        angle = (blue - red) * scale + 120.0
    else:
        angle = (red - green) * scale + 240.0
    if angle < 0.0:
        return angle + 360.0
    return angle


def sigmoid_chain(x):
    for _ in range(4):
        x = 1.0 / (1.0 + math.exp(-x))
    return x


def day_number(year, month, day):
    if month <= 2:
        year = year - 1
    era = year // 400
    year_of_era = year - era * 400
    month_from_march = (month + 9) % 12
    day_of_year = (153 * month_from_march + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468
