"""Names of others that a function binds: globals, closure cells, variables of the compiled function around it."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.differential.counters import require_compiled
from tests.exactness.agreement import agree, agree_compiled, decorated

BIG = 2**62
COUNT = 0
LAST = 1.5
TABLE = np.arange(3.0)


def reset():
    global COUNT, LAST, TABLE
    COUNT, LAST, TABLE = 0, 1.5, np.arange(3.0)


@pytest.fixture(autouse=True)
def _fresh():
    reset()
    yield
    reset()


def see(function, *calls):
    """What comes of calls, and the globals after each."""
    reset()
    found = []
    for arguments in calls:
        try:
            found.append(function(*arguments))
        except Exception as error:
            found.append((type(error), str(error)))
        found.append((globals().get("COUNT"), LAST, type(LAST), np.asarray(TABLE).tolist()))
    return found


def alike(function, *calls):
    want = see(function, *calls, *calls)
    made = decorated(function)
    assert see(made, *calls, *calls) == want
    return made


def count(n):
    global COUNT
    for i in range(n):
        COUNT += i
    return COUNT


def read_by_another():
    return COUNT * 10


def writes_then_calls(n):
    global COUNT
    before = read_by_another()
    COUNT = n
    middle = COUNT, read_by_another()
    COUNT = COUNT + n
    return before, middle, read_by_another(), COUNT


def several(n, x):
    global COUNT, LAST
    COUNT, LAST = LAST, COUNT
    LAST = x
    if n > 3:
        COUNT = None
    return COUNT, LAST


def array_bound(n):
    global TABLE
    total = TABLE[0] + len(TABLE)
    TABLE = TABLE[1:] if n else np.zeros(2)
    return total, TABLE[0], TABLE.sum()


def loop_variable(n):
    global COUNT
    for COUNT in range(n):
        pass
    return COUNT


def raises_after(n):
    global COUNT
    COUNT = n
    LAST_ = 10 // n
    COUNT += LAST_
    return COUNT


def deletes(n):
    global COUNT
    COUNT = n
    if n > 2:
        del COUNT
    return COUNT


def text(n):
    global COUNT
    if n > 5:
        COUNT = "text"
    return n


def test_globals() -> None:
    require_compiled(alike(count, (0,), (5,), (100,)))
    require_compiled(alike(writes_then_calls, (1,), (7,), (BIG,), (2.5,)))
    require_compiled(alike(loop_variable, (3,), (0,)))
    require_compiled(alike(raises_after, (5,), (0,), (7,)))
    alike(several, (1, 2), (1, 2.5), (4, None), (1, True))
    alike(array_bound, (1,), (0,), (1,), (1,), (1,))
    alike(deletes, (1,), (3,), (1,))
    alike(text, (1,), (9,), (1,))


def test_a_global_that_changes_between_calls() -> None:
    global COUNT
    made = decorated(count)
    assert made(3) == 3
    require_compiled(made)
    COUNT = 2.5
    assert made(3) == 5.5 and COUNT == 5.5
    COUNT = BIG * 4
    assert made(3) == BIG * 4 + 3
    del COUNT
    with pytest.raises(NameError, match="COUNT"):
        made(3)
    COUNT = 1
    assert made(3) == 4


def nested_global(n):
    def add(x):
        global COUNT
        COUNT += x
        return COUNT

    return add(n), add(n), COUNT


def test_globals_bound_in_nested_functions() -> None:
    alike(nested_global, (3,), (2.5,), (BIG,))


def make_counter(start):
    total = start

    def add(x):
        nonlocal total
        total += x
        if total > 100:
            raise OverflowError(total)
        return total

    def read():
        return total

    def inner(x):
        def more(y):
            nonlocal total
            total = total + y
            return total

        return more(x) + more(x) + total

    return add, read, inner


def test_closure_cells() -> None:
    for start in (0, 0.5):
        want_add, want_read, want_inner = make_counter(start)
        add, read, inner = make_counter(start)
        fast_add, fast_inner = decorated(add), decorated(inner)
        for x in (1, 2, 2.5, 3, 200, 1):
            for slow, fast in ((want_add, fast_add), (want_inner, fast_inner)):
                found = []
                for function in (slow, fast):
                    try:
                        found.append(function(x))
                    except OverflowError as error:
                        found.append(str(error))
                assert found[0] == found[1] and type(found[0]) is type(found[1])
            assert want_read() == read() and type(want_read()) is type(read())
        require_compiled(fast_add)


def accumulates(n, step):
    total = 0
    calls = 0

    def add(x):
        nonlocal total, calls
        total += x
        calls = calls + 1
        return total

    seen = total + add(step) + total
    for i in range(n):
        add(i)
    return seen, total, calls, add(1) + total


def through_others(n):
    total = 0.5

    def add(x):
        nonlocal total
        total = total * 2 + x

    def both(x):
        add(x)
        add(x + 1)
        return total

    def deeper(x):
        def again(y):
            both(y)
            return y

        return again(x) + again(x)

    both(n)
    return deeper(n), total


def recursive(n):
    depth = 0
    most = 0

    def down(k):
        nonlocal depth, most
        depth += 1
        if depth > most:
            most = depth
        made = 0 if k == 0 else down(k - 1) + k
        depth -= 1
        return made

    return down(n), depth, most


def kinds_change(n):
    found = None

    def see_(x):
        nonlocal found
        if found is None or x > found:
            found = x

    see_(n)
    see_(n + 0.5)
    see_(-n)
    return found


def test_variables_of_the_function_around() -> None:
    agree_compiled(accumulates, lambda: (5, 1), lambda: (5, 2.5), lambda: (3, BIG), lambda: (0, -BIG), lambda: (3, np.int64(2)))
    agree_compiled(through_others, lambda: (3,), lambda: (2.5,), lambda: (BIG,))
    agree_compiled(recursive, lambda: (0,), lambda: (10,), lambda: (100,))
    agree_compiled(kinds_change, lambda: (3,), lambda: (-3,), lambda: (2.5,))


def leaves_inside(a, n):
    """CPython goes on inside a nested function, and then in the function around it, with what was bound."""
    total = 0
    last = -1

    def add(i):
        nonlocal total, last
        total += 1
        last = i
        value = a[i]
        total += value
        last += 1
        return value

    def pair(i):
        return add(i), add(i + 1), total

    found = 0
    for i in range(n):
        try:
            x, y, z = pair(i)
            found += x * y + z
        except IndexError:
            found = found - total * 1000 - last
        finally:
            total += 7
    return found, total, last


def multiplies(n):
    product = 1

    def times(k):
        nonlocal product
        product *= k
        return product

    for i in range(1, n):
        times(i)
    return product, times(2), product


def deletes_inner(n):
    x = n

    def drop():
        nonlocal x
        if x > 3:
            del x

    drop()
    return x


def with_finally(n):
    x = n

    def inner(k):
        nonlocal x
        try:
            x += k
            return x
        finally:
            x += 1

    return inner(1), inner(2), x


def test_exits_inside() -> None:
    for n in (1, 3, 5, 7):
        agree(leaves_inside, lambda n=n: (np.arange(4), n), lambda n=n: (np.arange(4.0), n), lambda n=n: ((1, 2, BIG, BIG), n))
    agree_compiled(multiplies, lambda: (5,), lambda: (22,), lambda: (30,))
    agree(deletes_inner, lambda: (1,), lambda: (5,))
    agree(with_finally, lambda: (1,), lambda: (BIG,), lambda: (2.5,))


def test_threads() -> None:
    made = decorated(leaves_inside)
    arrays = [np.arange(k) for k in range(1, 9)]
    want = [leaves_inside(a, 6) for a in arrays]
    found: list = [None] * len(arrays)

    def work(k: int) -> None:
        for _ in range(20):
            found[k] = made(arrays[k], 6)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(len(arrays))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == want
