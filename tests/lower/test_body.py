"""Names, blocks, joins and exits: what a name holds at every point, and what CPython finds when it goes on."""

import numpy

from tests.exactness.agreement import agree, agree_compiled


def joined(x, n):
    if n > 0:
        y = x
    else:
        y = n
    return y, y + 1


def unbound(n):
    if n > 0:
        late = n
    return late


def deleted(n):
    x = n
    if n > 1:
        del x
    return x


def rebound(n):
    x = n
    for k in range(n):
        x = x / 2
    return x


def swapped(a, b, n):
    for _ in range(n):
        a, b = b, a + b
    return a, b


def crossing(n):
    total, last = 0, None
    for i in range(n):
        if i % 3 == 1:
            continue
        if i > 7:
            break
        last = i
        total += i
    else:
        total = -total
    return total, last, i


def exits_with_everything(a, n):
    x, y, t, s = n * 3, n / 2, (n, (1.5, None)), a[1:]
    flag = n > 2
    z = x << n * 40
    return x, y, t, s, flag, z, a


def exits_inside_an_expression(a, i, n):
    return (a[0] + n, n * n, [a[i], n][0] if n < 0 else a[i] + n * 10**18 * n)


def nested_loops(n):
    out = 0
    for i in range(n):
        for j in range(i):
            for k in range(j):
                if k == 3:
                    break
                out += i * j - k
            else:
                out -= 1
    return out


def handled(a, i):
    try:
        x = a[i]
        x += 1.0
    except IndexError:
        x = -1.0
    finally:
        a[0] += 1.0
    return x, a[0]


def test_a_name_holds_different_kinds_on_different_paths():
    agree_compiled(joined, lambda: (1.5, 1), lambda: (1.5, -1), lambda: (1.5, 0))


def test_unbound_and_deleted_names():
    agree_compiled(unbound, lambda: (1,), lambda: (0,))
    agree_compiled(deleted, lambda: (1,), lambda: (2,))


def test_a_name_changes_its_kind_in_a_loop():
    agree_compiled(rebound, *[lambda n=n: (n,) for n in range(4)])


def test_targets_are_set_at_once():
    agree_compiled(swapped, *[lambda n=n: (0, 1, n) for n in (0, 1, 2, 50, 91, 92, 200)])


def test_break_continue_else():
    agree_compiled(crossing, *[lambda n=n: (n,) for n in (0, 1, 5, 8, 9, 20)])
    agree_compiled(nested_loops, *[lambda n=n: (n,) for n in (0, 3, 7, 12)])


def test_an_exit_hands_every_live_name_over():
    agree_compiled(exits_with_everything, *[lambda n=n: (numpy.arange(4.0), n) for n in (0, 1, 2, 3, -1)])


def test_values_of_half_an_expression_are_kept():
    agree(exits_inside_an_expression, *[lambda n=n, i=i: (numpy.arange(4.0), i, n) for n in (1, 3, 2**20) for i in (0, 3, -5)])


def test_handlers_and_finally_see_the_state_of_then():
    agree_compiled(handled, *[lambda i=i: (numpy.arange(3.0), i) for i in (0, 2, 3, -4)])
