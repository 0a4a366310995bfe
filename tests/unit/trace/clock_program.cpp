// Says what time it is in every way there is, and waits for moments in real time. Run by clock_test.cpp, linked statically
// and dynamically; free of the C++ library, so that it is small.
#include <pthread.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

int main() {
  timespec now{}, coarse{}, raw{}, begin{}, end{};
  timeval of_day{};
  time_t at = 0;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  clock_gettime(CLOCK_REALTIME, &now);
  clock_gettime(CLOCK_REALTIME_COARSE, &coarse);
  gettimeofday(&of_day, nullptr);
  const long returned = static_cast<long>(time(&at));
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &raw);
  std::printf("%ld %ld %ld %ld %ld %ld", static_cast<long>(now.tv_sec), static_cast<long>(coarse.tv_sec),
              static_cast<long>(of_day.tv_sec), returned, static_cast<long>(at), static_cast<long>(raw.tv_sec));
#ifdef SYS_time
  std::printf(" %ld", static_cast<long>(syscall(SYS_time, nullptr)));
#endif
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  pthread_mutex_lock(&mutex);
  clock_gettime(CLOCK_REALTIME, &now);
  now.tv_nsec += 20'000'000;
  if (now.tv_nsec >= 1'000'000'000) now.tv_sec += 1, now.tv_nsec -= 1'000'000'000;
  const bool timed_out = pthread_cond_timedwait(&condition, &mutex, &now) == ETIMEDOUT;
  clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &now, nullptr);
  clock_gettime(CLOCK_MONOTONIC, &end);
  std::printf("\n%ld\n", end.tv_sec - begin.tv_sec);
  return timed_out ? 0 : 1;
}
