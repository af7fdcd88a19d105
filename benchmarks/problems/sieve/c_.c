#include <math.h>
void sieve(char *flags, long n) {
    flags[0] = flags[1] = 0;
    for (long i = 2; i <= (long)sqrt((double)n); i++)
        if (flags[i])
            for (long j = i * i; j < n; j += i) flags[j] = 0;
}
