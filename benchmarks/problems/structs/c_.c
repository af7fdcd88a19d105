typedef struct { double x, y, z, vx, vy, vz; } particle;

double energy(const particle *p, long n) {
    double total = 0.0;
    for (long i = 0; i < n; i++) {
        double moving = p[i].vx * p[i].vx + p[i].vy * p[i].vy + p[i].vz * p[i].vz;
        double held = p[i].x * p[i].x + p[i].y * p[i].y + p[i].z * p[i].z;
        total += 0.5 * (moving + held);
    }
    return total;
}

void move(particle *p, long n, double dt) {
    for (long i = 0; i < n; i++) {
        p[i].x += p[i].vx * dt;
        p[i].y += p[i].vy * dt;
        p[i].z += p[i].vz * dt;
    }
}
