/* private.c - a file that only its owner may read. */
#define _POSIX_C_SOURCE 200809L
#include "private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

bool kling_private_create(const char *path) {
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  int fd = open(path, flags, S_IRUSR | S_IWUSR);
  if (fd < 0) {
    return errno == EEXIST;
  }
  return close(fd) == 0;
}
