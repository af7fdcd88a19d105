/* Accelerations of STEP bodies at a time, one in each lane: the loop over them is vectorised, sums over the others stay in order. */
#include <math.h>
#define STEP 16

#define GRAVITY(real, name, root)                                                                                  \
    void name(const real *p, const real *m, long n, real *out) {                                                   \
        for (long i = 0; i < n; i += STEP) {                                                                       \
            real x[STEP], y[STEP], z[STEP], ax[STEP] = {0}, ay[STEP] = {0}, az[STEP] = {0};                        \
            for (int k = 0; k < STEP; k++) {                                                                       \
                long at = i + k < n ? i + k : n - 1;                                                               \
                x[k] = p[3 * at], y[k] = p[3 * at + 1], z[k] = p[3 * at + 2];                                      \
            }                                                                                                      \
            for (long j = 0; j < n; j++)                                                                           \
                for (int k = 0; k < STEP; k++) {                                                                   \
                    real dx = p[3 * j] - x[k], dy = p[3 * j + 1] - y[k], dz = p[3 * j + 2] - z[k];                 \
                    real q = 1 / root(dx * dx + dy * dy + dz * dz), force = m[j] * q * (q * q);                    \
                    force = j == i + k ? 0 : force;                                                                \
                    ax[k] += force * dx, ay[k] += force * dy, az[k] += force * dz;                                 \
                }                                                                                                  \
            for (int k = 0; k < STEP && i + k < n; k++)                                                            \
                out[3 * (i + k)] = ax[k], out[3 * (i + k) + 1] = ay[k], out[3 * (i + k) + 2] = az[k];              \
        }                                                                                                          \
    }

GRAVITY(double, gravity_f64, sqrt)
GRAVITY(float, gravity_f32, sqrtf)
