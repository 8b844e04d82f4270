/* private.c - a file that only its owner may read. */
#define _POSIX_C_SOURCE 200809L
#include "private.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Not O_EXCL: where a link leads to nothing, SQLite would make the file there,
 * for everybody to read. */
bool kling_private_create(const char *path) {
  struct stat there;
  int fd;
  if (stat(path, &there) == 0) {
    return true;
  }
  fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  return fd >= 0 && close(fd) == 0;
}
