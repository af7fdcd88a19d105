"""This module is one point of the Mandelbrot set in C with intrinsics of AVX-512 or AVX2: one to six vectors at a time, the fastest of them.

`ACCEL_CPU` narrows the instructions of this program as it does those of accel.
"""

import os
import time

import numpy as np

from benchmarks.harness.c import LONG, POINTER, address, build_text, declare

VECTORS = range(1, 7)
ROUNDS = 3

HEAD = """#include <immintrin.h>
#if defined(__AVX512F__) && defined(__AVX512VL__)
#define BITS 512
#define V(name) _mm512_##name
typedef __m512i W;
#elif defined(__AVX2__)
#define BITS 256
#define V(name) _mm256_##name
typedef __m256i W;
#else
#error this rival is written for AVX-512 or AVX2
#endif
int bits(void) { return BITS; }
"""

# PS: suffix of the elements, EPI: of ints of their width, LANES: in one vector, REAL, PACK: their types
KERNEL = """
void escape_%(name)s(const %(real)s *cr, const %(real)s *ci, long count, long limit, int *out) {
    enum { LANES = BITS / 8 / sizeof(%(real)s), STEP = LANES * %(vectors)d };
    for (long start = 0; start < count; start += STEP) {
        %(real)s a[STEP], b[STEP]; int found[STEP];
        long here = count - start < STEP ? count - start : STEP;
        for (long k = 0; k < here; k++) { a[k] = cr[start + k]; b[k] = ci[start + k]; }
        for (long k = here; k < STEP; k++) a[k] = b[k] = 9;
        int *to = here < STEP ? found : out + start;
        %(begin)s
        for (long turn = 0; turn < limit; turn++) {
            %(turn)s
            if (!(%(any)s)) break;
        }
        %(store)s
        if (here < STEP) for (long k = 0; k < here; k++) out[start + k] = found[k];
    }
}
"""

BEGIN = """PACK x%(k)d = V(setzero_PS)(), y%(k)d = x%(k)d, u%(k)d = V(loadu_PS)(a + %(k)d * LANES), v%(k)d = V(loadu_PS)(b + %(k)d * LANES);
        W n%(k)d = V(setzero_si)(); MASK m%(k)d = ALL;
        """
TURN = """{
                PACK xx = V(mul_PS)(x%(k)d, x%(k)d), yy = V(mul_PS)(y%(k)d, y%(k)d);
                PACK xy = V(mul_PS)(V(add_PS)(x%(k)d, x%(k)d), y%(k)d);
                ESCAPE(m%(k)d, V(add_PS)(xx, yy)); COUNT(n%(k)d, m%(k)d);
                x%(k)d = V(add_PS)(V(sub_PS)(xx, yy), u%(k)d); y%(k)d = V(add_PS)(xy, v%(k)d);
            }
            """
WIDE = {
    "MASK": "__mmask64", "ALL": "(LANES == 16 ? 0xffff : 0xff)", "setzero_si": "setzero_si512",
    "ESCAPE(": "ESCAPE512_PS(", "COUNT(": "COUNT512_EPI(", "PACK": {"pd": "__m512d", "ps": "__m512"},
}  # fmt: skip
NARROW = {
    "MASK": "PACK", "ALL": "V(cmp_PS)(x%(k)d, x%(k)d, _CMP_EQ_OQ)", "setzero_si": "setzero_si256",
    "ESCAPE(": "ESCAPE256_PS(", "COUNT(": "COUNT256_EPI(", "PACK": {"pd": "__m256d", "ps": "__m256"},
}  # fmt: skip
MACROS = """
#define ESCAPE512_pd(m, r) m = _mm512_mask_cmp_pd_mask(m, r, _mm512_set1_pd(4.0), _CMP_LE_OQ)
#define ESCAPE512_ps(m, r) m = _mm512_mask_cmp_ps_mask(m, r, _mm512_set1_ps(4.0f), _CMP_LE_OQ)
#define COUNT512_epi64(n, m) n = _mm512_mask_add_epi64(n, m, n, _mm512_set1_epi64(1))
#define COUNT512_epi32(n, m) n = _mm512_mask_add_epi32(n, m, n, _mm512_set1_epi32(1))
#define ESCAPE256_pd(m, r) m = _mm256_and_pd(m, _mm256_cmp_pd(r, _mm256_set1_pd(4.0), _CMP_LE_OQ))
#define ESCAPE256_ps(m, r) m = _mm256_and_ps(m, _mm256_cmp_ps(r, _mm256_set1_ps(4.0f), _CMP_LE_OQ))
#define COUNT256_epi64(n, m) n = _mm256_sub_epi64(n, _mm256_castpd_si256(m))
#define COUNT256_epi32(n, m) n = _mm256_sub_epi32(n, _mm256_castps_si256(m))
"""
STORE = {
    (512, "pd"): "_mm256_storeu_si256((void *)(to + %(k)d * LANES), _mm512_cvtepi64_epi32(n%(k)d)); ",
    (512, "ps"): "_mm512_storeu_si512((void *)(to + %(k)d * LANES), n%(k)d); ",
    (256, "pd"): "for (int lane = 0; lane < LANES; lane++) to[%(k)d * LANES + lane] = (int)((long long *)&n%(k)d)[lane]; ",
    (256, "ps"): "_mm256_storeu_si256((void *)(to + %(k)d * LANES), n%(k)d); ",
}


def write_kernel(bits: int, suffix: str, vectors: int) -> str:
    """The text of the function for vectors of so many bits, of doubles ("pd") or floats ("ps"), so many at a time."""
    words = WIDE if bits == 512 else NARROW
    numbers = [{"k": k} for k in range(vectors)]
    live = " | ".join("m%(k)d" for _ in numbers) if bits == 512 else "".join("V(or_PS)(" for _ in numbers[1:]) + "m0"
    if bits == 512:
        live = " | ".join(f"m{k}" for k in range(vectors))
    else:
        live = f"V(movemask_PS)({live}{''.join(f', m{k})' for k in range(1, vectors))})"
    begin = BEGIN.replace("ALL", str(words["ALL"]))
    text = KERNEL % {
        "name": f"{suffix}{bits}", "real": "double" if suffix == "pd" else "float", "vectors": vectors,
        "begin": "".join(begin % k for k in numbers), "turn": "".join(TURN % k for k in numbers),
        "any": live, "store": "".join(STORE[bits, suffix] % k for k in numbers),
    }  # fmt: skip
    for word in ("MASK", "setzero_si", "ESCAPE(", "COUNT("):
        text = text.replace(word, str(words[word]))
    text = text.replace("PACK", words["PACK"][suffix])  # type: ignore[index]
    return text.replace("_PS", f"_{suffix}").replace("_EPI", "_epi64" if suffix == "pd" else "_epi32")


def write_source(vectors: int) -> str:
    """The whole source, for either width and both types."""
    wide, narrow = ("".join(write_kernel(bits, suffix, vectors) for suffix in ("pd", "ps")) for bits in (512, 256))
    return f"{HEAD}{MACROS}#if BITS == 512{wide}#else{narrow}#endif\n"


def build_all() -> dict[tuple[str, int], object]:
    """The functions by suffix and number of vectors."""
    found: dict[tuple[str, int], object] = {}
    flags = (
        "-O3",
        f"-march={os.environ.get('ACCEL_CPU') or 'native'}",
        "-mprefer-vector-width=512",
        "-ffp-contract=off",
        "-shared",
        "-fPIC",
    )
    for vectors in VECTORS:
        library = build_text(write_source(vectors), flags)
        bits = library.bits()
        for suffix in ("pd", "ps"):
            found[suffix, vectors] = declare(library, f"escape_{suffix}{bits}", None, POINTER, POINTER, LONG, LONG, POINTER)
    return found


FUNCTIONS = build_all()
BEST: dict[str, int] = {}


def run(suffix, vectors, cr, ci, limit):
    out = np.empty(len(cr), np.int32)
    FUNCTIONS[suffix, vectors](address(cr), address(ci), len(cr), limit, address(out))
    return out


def choose_vectors(suffix, cr, ci, limit):
    """The number of vectors that is fastest for these points: the best of some rounds in turns."""
    best = dict.fromkeys(VECTORS, float("inf"))
    for _ in range(ROUNDS):
        for vectors in VECTORS:
            start = time.perf_counter()
            run(suffix, vectors, cr, ci, limit)
            best[vectors] = min(best[vectors], time.perf_counter() - start)
    return min(best, key=best.__getitem__)


def escape(suffix, cr, ci, limit):
    if suffix not in BEST:
        BEST[suffix] = choose_vectors(suffix, cr, ci, limit)
    return run(suffix, BEST[suffix], cr, ci, limit)


def f64(cr, ci, limit):
    return escape("pd", cr, ci, limit)


def f32(cr, ci, limit):
    return escape("ps", cr, ci, limit)
