/* Points of the Mandelbrot set with intrinsics, VECTORS vectors of the processor at a time, until all their points have escaped. */
#include <immintrin.h>

#if defined(__AVX512F__) && defined(__AVX512VL__)
#define BITS 512
#define OP(name) _mm512_##name
#define MASK_pd __mmask8
#define MASK_ps __mmask16
#define NONE OP(setzero_si512)()
#define ALL(suffix, x) (MASK_##suffix)-1
#define STAY_pd(m, r, four) OP(mask_cmp_pd_mask)(m, r, four, _CMP_LE_OQ)
#define STAY_ps(m, r, four) OP(mask_cmp_ps_mask)(m, r, four, _CMP_LE_OQ)
#define COUNT_pd(n, m) OP(mask_add_epi64)(n, m, n, OP(set1_epi64)(1))
#define COUNT_ps(n, m) OP(mask_add_epi32)(n, m, n, OP(set1_epi32)(1))
#define ANY_pd(m) (m)
#define ANY_ps(m) (m)
#define OR_pd(a, b) ((a) | (b))
#define OR_ps(a, b) ((a) | (b))
#define STORE_pd(to, n) _mm256_storeu_si256((void *)(to), OP(cvtepi64_epi32)(n))
#define STORE_ps(to, n) OP(storeu_si512)((void *)(to), n)
typedef __m512d PACK_pd;
typedef __m512 PACK_ps;
typedef __m512i INTS;
#elif defined(__AVX2__)
#define BITS 256
#define OP(name) _mm256_##name
#define MASK_pd __m256d
#define MASK_ps __m256
#define NONE OP(setzero_si256)()
#define ALL(suffix, x) OP(cmp_##suffix)(x, x, _CMP_EQ_OQ)
#define STAY_pd(m, r, four) OP(and_pd)(m, OP(cmp_pd)(r, four, _CMP_LE_OQ))
#define STAY_ps(m, r, four) OP(and_ps)(m, OP(cmp_ps)(r, four, _CMP_LE_OQ))
#define COUNT_pd(n, m) OP(sub_epi64)(n, OP(castpd_si256)(m))
#define COUNT_ps(n, m) OP(sub_epi32)(n, OP(castps_si256)(m))
#define ANY_pd(m) OP(movemask_pd)(m)
#define ANY_ps(m) OP(movemask_ps)(m)
#define OR_pd(a, b) OP(or_pd)(a, b)
#define OR_ps(a, b) OP(or_ps)(a, b)
#define STORE_pd(to, n) _mm_storeu_si128((void *)(to), \
    _mm256_castsi256_si128(OP(permutevar8x32_epi32)(n, OP(setr_epi32)(0, 2, 4, 6, 0, 2, 4, 6))))
#define STORE_ps(to, n) OP(storeu_si256)((void *)(to), n)
typedef __m256d PACK_pd;
typedef __m256 PACK_ps;
typedef __m256i INTS;
#else
#error this rival is written for AVX-512 or AVX2
#endif

#define EACH _Pragma("GCC unroll 8") for (int k = 0; k < VECTORS; k++)

/* `count` is a multiple of VECTORS vectors; the caller does the rest as a last, shorter array of its own. */
#define ESCAPE(real, suffix)                                                                                        \
    void escape_##suffix(const real *cr, const real *ci, long count, long limit, int *out) {                        \
        enum { LANES = BITS / 8 / sizeof(real), STEP = LANES * VECTORS };                                           \
        const PACK_##suffix four = OP(set1_##suffix)(4);                                                            \
        for (long start = 0; start < count; start += STEP) {                                                        \
            PACK_##suffix x[VECTORS], y[VECTORS], a[VECTORS], b[VECTORS];                                           \
            MASK_##suffix inside[VECTORS];                                                                          \
            INTS turns[VECTORS];                                                                                    \
            EACH {                                                                                                  \
                x[k] = y[k] = OP(setzero_##suffix)();                                                               \
                a[k] = OP(loadu_##suffix)(cr + start + k * LANES);                                                  \
                b[k] = OP(loadu_##suffix)(ci + start + k * LANES);                                                  \
                inside[k] = ALL(suffix, x[k]);                                                                      \
                turns[k] = NONE;                                                                                    \
            }                                                                                                       \
            for (long turn = 0; turn < limit; turn++) {                                                             \
                MASK_##suffix any;                                                                                  \
                EACH {                                                                                              \
                    PACK_##suffix xx = OP(mul_##suffix)(x[k], x[k]), yy = OP(mul_##suffix)(y[k], y[k]);             \
                    PACK_##suffix xy = OP(mul_##suffix)(OP(add_##suffix)(x[k], x[k]), y[k]);                        \
                    inside[k] = STAY_##suffix(inside[k], OP(add_##suffix)(xx, yy), four);                           \
                    turns[k] = COUNT_##suffix(turns[k], inside[k]);                                                 \
                    any = k ? OR_##suffix(any, inside[k]) : inside[k];                                              \
                    x[k] = OP(add_##suffix)(OP(sub_##suffix)(xx, yy), a[k]);                                        \
                    y[k] = OP(add_##suffix)(xy, b[k]);                                                              \
                }                                                                                                   \
                if (!ANY_##suffix(any)) break;                                                                      \
            }                                                                                                       \
            EACH STORE_##suffix(out + start + k * LANES, turns[k]);                                                 \
        }                                                                                                           \
    }

ESCAPE(double, pd)
ESCAPE(float, ps)

int step_pd(void) { return BITS / 64 * VECTORS; }
int step_ps(void) { return BITS / 32 * VECTORS; }
