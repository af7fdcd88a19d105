/* The Mandelbrot set with intrinsics: GROUPS vectors at a time, whose lanes count while they are inside; left when none is. */
#include <immintrin.h>

#if defined(__AVX512F__) && defined(__AVX512DQ__)
const char *instructions(void) { return "AVX-512"; }
#define DEFINE(NAME, REAL, LANES, V, P, MASK, I, CONVERT)                                            \
    void NAME(const REAL *re, const REAL *im, long count, int limit, int *out) {                     \
        for (long first = 0; first + GROUPS * LANES <= count; first += GROUPS * LANES) {             \
            V x[GROUPS], y[GROUPS], a[GROUPS], b[GROUPS];                                            \
            __m512i turns[GROUPS];                                                                   \
            MASK inside[GROUPS];                                                                     \
            for (int g = 0; g < GROUPS; g++) {                                                       \
                a[g] = _mm512_loadu_##P(re + first + g * LANES);                                     \
                b[g] = _mm512_loadu_##P(im + first + g * LANES);                                     \
                x[g] = y[g] = _mm512_setzero_##P();                                                  \
                turns[g] = _mm512_setzero_si512();                                                   \
                inside[g] = (MASK)~0;                                                                \
            }                                                                                        \
            for (int turn = 0; turn < limit; turn++) {                                               \
                MASK any = 0;                                                                        \
                for (int g = 0; g < GROUPS; g++) {                                                   \
                    V xx = _mm512_mul_##P(x[g], x[g]), yy = _mm512_mul_##P(y[g], y[g]);              \
                    V size = _mm512_add_##P(xx, yy);                                                 \
                    inside[g] = _mm512_mask_cmp_##P##_mask(inside[g], size, _mm512_set1_##P(4), _CMP_LE_OQ); \
                    turns[g] = _mm512_mask_add_##I(turns[g], inside[g], turns[g], _mm512_set1_##I(1)); \
                    any |= inside[g];                                                                \
                    y[g] = _mm512_add_##P(_mm512_mul_##P(_mm512_add_##P(x[g], x[g]), y[g]), b[g]);   \
                    x[g] = _mm512_add_##P(_mm512_sub_##P(xx, yy), a[g]);                             \
                }                                                                                    \
                if (!any) break;                                                                     \
            }                                                                                        \
            for (int g = 0; g < GROUPS; g++) CONVERT(out + first + g * LANES, turns[g]);             \
        }                                                                                            \
    }
#define NARROW(place, v) _mm256_storeu_si256((__m256i *)(place), _mm512_cvtepi64_epi32(v))
#define KEEP(place, v) _mm512_storeu_si512((place), (v))
DEFINE(f64, double, 8, __m512d, pd, __mmask8, epi64, NARROW)
DEFINE(f32, float, 16, __m512, ps, __mmask16, epi32, KEEP)
#else
const char *instructions(void) { return "AVX2"; }
#define DEFINE(NAME, REAL, LANES, V, P, I, BITS, CONVERT)                                            \
    void NAME(const REAL *re, const REAL *im, long count, int limit, int *out) {                     \
        for (long first = 0; first + GROUPS * LANES <= count; first += GROUPS * LANES) {             \
            V x[GROUPS], y[GROUPS], inside[GROUPS];                                                  \
            __m256i turns[GROUPS];                                                                   \
            for (int g = 0; g < GROUPS; g++) {                                                       \
                x[g] = y[g] = _mm256_setzero_##P();                                                  \
                turns[g] = _mm256_setzero_si256();                                                   \
                inside[g] = _mm256_cmp_##P(x[g], x[g], _CMP_EQ_OQ);                                  \
            }                                                                                        \
            for (int turn = 0; turn < limit; turn++) {                                               \
                V any = _mm256_setzero_##P();                                                        \
                for (int g = 0; g < GROUPS; g++) {                                                   \
                    V xx = _mm256_mul_##P(x[g], x[g]), yy = _mm256_mul_##P(y[g], y[g]);              \
                    V size = _mm256_add_##P(xx, yy);                                                 \
                    inside[g] = _mm256_and_##P(inside[g], _mm256_cmp_##P(size, _mm256_set1_##P(4), _CMP_LE_OQ)); \
                    turns[g] = _mm256_sub_##I(turns[g], BITS(inside[g]));                            \
                    any = _mm256_or_##P(any, inside[g]);                                             \
                    y[g] = _mm256_add_##P(_mm256_mul_##P(_mm256_add_##P(x[g], x[g]), y[g]), _mm256_loadu_##P(im + first + g * LANES)); \
                    x[g] = _mm256_add_##P(_mm256_sub_##P(xx, yy), _mm256_loadu_##P(re + first + g * LANES)); \
                }                                                                                    \
                if (!_mm256_movemask_##P(any)) break;                                                \
            }                                                                                        \
            for (int g = 0; g < GROUPS; g++) CONVERT(out + first + g * LANES, turns[g]);             \
        }                                                                                            \
    }
#define NARROW(place, v) _mm_storeu_si128((__m128i *)(place), _mm256_castsi256_si128(_mm256_permutevar8x32_epi32((v), _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6))))
#define KEEP(place, v) _mm256_storeu_si256((__m256i *)(place), (v))
DEFINE(f64, double, 4, __m256d, pd, epi64, _mm256_castpd_si256, NARROW)
DEFINE(f32, float, 8, __m256, ps, epi32, _mm256_castps_si256, KEEP)
#endif
