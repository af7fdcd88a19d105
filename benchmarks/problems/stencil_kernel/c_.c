/* Weighted sums with weights known while compiling, one function for each pattern; elements beside which some are missing are left as they are. */
#define AT(p, r, c) s[(p) * rows * n + (r) * n + (c)]
#define LINE(w0, w1, w2, p, r) (real)w0 * AT(p, r, -1) + (real)w1 * AT(p, r, 0) + (real)w2 * AT(p, r, 1)
#define CROSS (real).125 * AT(0, -1, 0) + (LINE(.125, .5, .125, 0, 0)) + (real).125 * AT(0, 1, 0)
#define SQUARE(p) (LINE(.02, .04, .03, p, -1)) + (LINE(.05, .07, .06, p, 0)) + (LINE(.01, .08, .09, p, 1))
#define WIDE(r) (real).01 * AT(0, r, -2) + (LINE(.05, .03, .04, 0, r)) + (real).02 * AT(0, r, 2)
#define STAR (real).125 * AT(-1, 0, 0) + (CROSS) + (real).125 * AT(1, 0, 0)

#define STENCIL(name, type, depth, high, wide, sum)                                                                \
    void name(const type *x, type *out, long planes, long rows, long n) {                                          \
        typedef type real;                                                                                         \
        for (long p = depth; p < planes - depth; p++)                                                              \
            for (long r = high; r < rows - high; r++)                                                              \
                for (long c = wide; c < n - wide; c++) {                                                           \
                    const type *s = x + (p * rows + r) * n + c;                                                    \
                    out[(p * rows + r) * n + c] = sum;                                                             \
                }                                                                                                  \
    }

#define STENCILS(type, suffix)                                                                                     \
    STENCIL(three##suffix, type, 0, 0, 1, LINE(.25, .5, .25, 0, 0))                                                \
    STENCIL(five##suffix, type, 0, 1, 1, CROSS)                                                                    \
    STENCIL(nine##suffix, type, 0, 1, 1, SQUARE(0))                                                                \
    STENCIL(wide##suffix, type, 0, 2, 2, (WIDE(-2)) + (WIDE(-1)) + (WIDE(0)) + (WIDE(1)) + (WIDE(2)))              \
    STENCIL(star##suffix, type, 1, 1, 1, STAR)                                                                     \
    STENCIL(cube##suffix, type, 1, 1, 1, (SQUARE(-1)) + (SQUARE(0)) + (SQUARE(1)))

STENCILS(float, _f32)
STENCILS(double, _f64)
