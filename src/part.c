/* part.c - what is known of a NAME.part, kept in NAME.part.info. */
#define _POSIX_C_SOURCE 200809L
#include "part.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

enum { BOOT_SIZE = 48, TEXT_SIZE = 1024 };

#define FORMAT                                                                 \
  "kling 1\nboot %s\nsource %s\nvalidator %s\ntotal %" PRId64                  \
  "\nsha256 %s\nend\n"

/* A descriptor to be read and closed. */
static ssize_t read_all(int fd, char *to, size_t size) {
  ssize_t n = fd < 0 ? -1 : read(fd, to, size - 1);
  to[n > 0 ? n : 0] = '\0';
  if (fd >= 0) {
    close(fd);
  }
  return n;
}

/* Where the system has no name for this run of it, none is ever the same. */
static void name_boot(char name[BOOT_SIZE]) {
  int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (read_all(fd, name, BOOT_SIZE) > 0) {
    name[strcspn(name, "\n")] = '\0';
  }
}

/* Always of the same length: what is written later takes the place of what was
 * there in one call, and nobody can be killed in between. */
bool kling_part_write(const char *path, const struct part *p) {
  char text[TEXT_SIZE];
  char boot[BOOT_SIZE];
  ssize_t written;
  int len;
  int fd;
  name_boot(boot);
  len = snprintf(text, sizeof(text), FORMAT, boot, p->source, p->validator,
                 p->total, p->digest);
  memset(text + len, '\n', sizeof(text) - (size_t)len);
  fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
            0666);
  if (fd < 0) {
    return false;
  }
  written = write(fd, text, sizeof(text));
  return close(fd) == 0 && written == sizeof(text);
}

/* The rest of a line that begins with this word. */
static bool take_line(char **at, const char *word, char *to, size_t size) {
  size_t word_len = strlen(word);
  size_t len = strcspn(*at, "\n");
  if (strncmp(*at, word, word_len) != 0 || (*at)[len] != '\n' ||
      len - word_len >= size) {
    return false;
  }
  memcpy(to, *at + word_len, len - word_len);
  to[len - word_len] = '\0';
  *at += len + 1;
  return true;
}

static bool parse(char *text, struct part *p, char boot[BOOT_SIZE]) {
  char total[24];
  char nothing[1];
  char *end;
  if (!take_line(&text, "kling 1", nothing, sizeof(nothing)) ||
      !take_line(&text, "boot ", boot, BOOT_SIZE) ||
      !take_line(&text, "source ", p->source, sizeof(p->source)) ||
      !take_line(&text, "validator ", p->validator, sizeof(p->validator)) ||
      !take_line(&text, "total ", total, sizeof(total)) ||
      !take_line(&text, "sha256 ", p->digest, sizeof(p->digest)) ||
      !take_line(&text, "end", nothing, sizeof(nothing))) {
    return false;
  }
  errno = 0;
  p->total = strtoll(total, &end, 10);
  return errno == 0 && end > total && !*end && !text[strspn(text, "\n")];
}

bool kling_part_read(const char *path, struct part *p) {
  char text[TEXT_SIZE + 2]; /* one more is too many */
  char boot[BOOT_SIZE];
  char boot_now[BOOT_SIZE];
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  memset(p, 0, sizeof(*p));
  if (read_all(fd, text, sizeof(text)) != TEXT_SIZE || !parse(text, p, boot)) {
    return false;
  }
  name_boot(boot_now);
  return p->digest[0] || (boot[0] && strcmp(boot, boot_now) == 0);
}
