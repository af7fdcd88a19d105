void axpy(double a, const double *x, double *y, long n) {
    for (long i = 0; i < n; i++) y[i] = a * x[i] + y[i];
}
