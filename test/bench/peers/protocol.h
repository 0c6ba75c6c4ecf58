// What every peer in C shares: the line protocol of the benchmark (see ../racer.ts) and how time is taken.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static inline double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static inline double cpu_now(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return (double)usage.ru_utime.tv_sec + (double)usage.ru_stime.tv_sec +
         ((double)usage.ru_utime.tv_usec + (double)usage.ru_stime.tv_usec) / 1e6;
}

static inline void die(const char *what) {
  perror(what);
  exit(1);
}

// Runs `work` for each line "COUNT" of the input; it leaves what it found in `answer`, as members of a JSON object.
static inline int serve(void (*work)(long count, char *answer)) {
  char line[64];
  char answer[256];
  puts("ready");
  fflush(stdout);
  while (fgets(line, sizeof line, stdin) != NULL) {
    answer[0] = '\0';
    double cpu = cpu_now(), start = seconds_now();
    work(atol(line), answer);
    double end = seconds_now();
    printf("{\"value\":%.0f,\"cpu\":%.0f,\"answer\":{%s}}\n", (end - start) * 1e9, (cpu_now() - cpu) * 1e9, answer);
    fflush(stdout);
  }
  return 0;
}
