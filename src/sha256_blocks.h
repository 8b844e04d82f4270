/* sha256_blocks.h - SHA-256's arithmetic: what whole blocks do to its state. */
#ifndef KLING_SHA256_BLOCKS_H
#define KLING_SHA256_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/* `count` blocks of 64 bytes, by the processor's own instructions where it has
 * them: a download's digest is most of its work. */
void kling_sha256_blocks(uint32_t state[8], const unsigned char *blocks,
                         size_t count);
/* The same on any processor. */
void kling_sha256_blocks_plain(uint32_t state[8], const unsigned char *blocks,
                               size_t count);

#endif
