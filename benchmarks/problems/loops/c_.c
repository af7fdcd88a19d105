/* Six loops over arrays on THREADS threads of OpenMP. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>

#define FOR _Pragma("omp parallel for num_threads(THREADS) schedule(static)") for

void stencil(const double *x, double *out, long n, long m) {
    FOR (long i = 1; i < n - 1; i++)
        for (long j = 1; j < m - 1; j++) {
            const double *s = x + i * m + j;
            out[i * m + j] = 0.2 * (s[0] + s[-m] + s[m] + s[-1] + s[1]);
        }
}

void triad(double *a, const double *b, const double *c, double s, long n) {
    FOR (long i = 0; i < n; i++) a[i] = b[i] + s * c[i];
}

/* Each thread counts in an array of its own. */
void histogram(const long *index, long *count, long n, long bins) {
#pragma omp parallel num_threads(THREADS)
    {
        long *own = calloc(bins, sizeof(long));
#pragma omp for schedule(static)
        for (long i = 0; i < n; i++) own[index[i]] += 1;
#pragma omp critical
        for (long k = 0; k < bins; k++) count[k] += own[k];
        free(own);
    }
}

void forces(const double *p, const double *m, double *out, long n) {
    FOR (long i = 0; i < n; i++) {
        double x = 0, y = 0, z = 0;
        for (long j = 0; j < n; j++) {
            double dx = p[3 * j] - p[3 * i], dy = p[3 * j + 1] - p[3 * i + 1], dz = p[3 * j + 2] - p[3 * i + 2];
            double d2 = dx * dx + dy * dy + dz * dz + 1e-9, w = m[j] / (d2 * sqrt(d2));
            x += dx * w;
            y += dy * w;
            z += dz * w;
        }
        out[3 * i] = x;
        out[3 * i + 1] = y;
        out[3 * i + 2] = z;
    }
}

void product(const double *a, const double *b, double *out, long n, long inner, long m) {
    FOR (long i = 0; i < n; i++)
        for (long j = 0; j < m; j++) {
            out[i * m + j] = 0;
            for (long k = 0; k < inner; k++) out[i * m + j] += a[i * inner + k] * b[k * m + j];
        }
}

/* First the greatest of each thread's part, then each part again, from the greatest of those before it. */
void prefix_maximum(const double *x, double *out, long n) {
    double greatest[THREADS];
#pragma omp parallel num_threads(THREADS)
    {
        long t = omp_get_thread_num(), threads = omp_get_num_threads();
        long begin = n * t / threads, end = n * (t + 1) / threads;
        double m = -INFINITY;
        if (t < threads - 1)
#pragma omp simd reduction(max : m)
            for (long i = begin; i < end; i++) m = x[i] > m ? x[i] : m;
        greatest[t] = m;
#pragma omp barrier
        m = -INFINITY;
        for (long k = 0; k < t; k++) m = greatest[k] > m ? greatest[k] : m;
        for (long i = begin; i < end; i++) {
            m = x[i] > m ? x[i] : m;
            out[i] = m;
        }
    }
}
