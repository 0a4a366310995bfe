static void *resolve(void) { return has_avx2() ? fast : slow; }
int f(void) __attribute__((ifunc("resolve")));
