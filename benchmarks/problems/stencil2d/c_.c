void stencil2d(const double *src, double *dst, long n, long m) {
    for (long i = 1; i < n - 1; i++)
        for (long j = 1; j < m - 1; j++) {
            const double *s = src + i * m + j;
            dst[i * m + j] = 0.2 * (s[0] + s[-m] + s[m] + s[-1] + s[1]);
        }
}
