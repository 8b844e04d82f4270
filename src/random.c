/* random.c - bytes nobody can guess. */
#define _GNU_SOURCE /* syscall */
#include "random.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"

#if defined(__linux__)
#include <sys/syscall.h>
#elif defined(__APPLE__)
#include <sys/random.h>
#endif

/* Without a file to open: a seventh of the time, and it works in a bare chroot.
 * An old kernel may not have what its headers have. */
static bool fill_from_system(void *out, size_t len) {
#if defined(SYS_getrandom) /* which C libraries have had for less long */
  return syscall(SYS_getrandom, out, len, 0) == (long)len;
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__)
  return getentropy(out, len) == 0;
#else
  (void)out;
  (void)len;
  return false;
#endif
}

static bool fill_from_device(void *out, size_t len) {
  int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  ssize_t got = -1;
  if (fd >= 0) {
    got = read(fd, out, len);
    close(fd);
  }
  return got == (ssize_t)len;
}

/* Without either: no secrets, but still no two alike. */
static void fill_from_clock(unsigned char *out, size_t len) {
  uint64_t x = (uint64_t)(kling_clock_wall() * 1e6) ^
               (uint64_t)(kling_clock_now() * 1e9) << 20 ^
               (uint64_t)getpid() << 40;
  size_t i;
  for (i = 0; i < len; i++) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;
    out[i] ^= (unsigned char)(x >> 56);
  }
}

void kling_random_bytes(void *out, size_t len) {
  memset(out, 0, len);
  if (!fill_from_system(out, len) && !fill_from_device(out, len)) {
    fill_from_clock(out, len);
  }
}

void kling_random_uuid(char out[UUID_SIZE]) {
  static const char digits[] = "0123456789abcdef";
  unsigned char bytes[16];
  int i;
  kling_random_bytes(bytes, sizeof(bytes));
  bytes[6] = (unsigned char)((bytes[6] & 0x0F) | 0x40); /* version */
  bytes[8] = (unsigned char)((bytes[8] & 0x3F) | 0x80); /* variant */
  for (i = 0; i < 16; i++) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      *out++ = '-';
    }
    *out++ = digits[bytes[i] >> 4];
    *out++ = digits[bytes[i] & 15];
  }
  *out = '\0';
}
