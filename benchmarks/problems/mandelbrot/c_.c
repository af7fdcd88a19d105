long escape(double cr, double ci, long limit) {
    double x = 0.0, y = 0.0;
    long n = 0;
    while (n < limit && x * x + y * y <= 4.0) {
        double next = x * x - y * y + cr;
        y = 2.0 * x * y + ci;
        x = next;
        n++;
    }
    return n;
}
void picture(const double *xs, const double *ys, long columns, long rows, long limit, long *counts) {
    for (long row = 0; row < rows; row++)
        for (long column = 0; column < columns; column++) counts[row * columns + column] = escape(xs[column], ys[row], limit);
}
