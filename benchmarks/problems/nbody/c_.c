#include <math.h>
void nbody(double *p, double *v, const double *m, long n, long steps, double dt) {
    for (long step = 0; step < steps; step++) {
        for (long i = 0; i < n; i++)
            for (long j = i + 1; j < n; j++) {
                double dx = p[3 * i] - p[3 * j], dy = p[3 * i + 1] - p[3 * j + 1], dz = p[3 * i + 2] - p[3 * j + 2];
                double d2 = dx * dx + dy * dy + dz * dz, mag = dt / (d2 * sqrt(d2));
                v[3 * i] -= dx * m[j] * mag;
                v[3 * i + 1] -= dy * m[j] * mag;
                v[3 * i + 2] -= dz * m[j] * mag;
                v[3 * j] += dx * m[i] * mag;
                v[3 * j + 1] += dy * m[i] * mag;
                v[3 * j + 2] += dz * m[i] * mag;
            }
        for (long i = 0; i < 3 * n; i++) p[i] += dt * v[i];
    }
}
