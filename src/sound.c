/* sound.c - MP3 (ISO/IEC 11172-3 and 13818-3, layer III, with ID3v2 in front)
 * and WAV (RIFF, RF64), as far as their kind and their length need it. */
#include "sound.h"

#include <string.h>

enum {
  /* An MP3 may begin with bytes that are no frame; a page is no MP3. */
  STRAYS_MAX = 4096,
  MP3_HEADER = 4,
  ID3_HEADER = 10,
  RIFF_HEADER = 12,
  CHUNK_HEADER = 8,
  FORMAT_SIZE = 16,
  BOX_HEADER = 8
};

enum stage { AT_FRAME, AT_TAG, AT_RIFF, AT_CHUNK, AT_FORMAT, AT_BOX, AT_REST };

static void look_for(struct sound *s, enum stage stage, unsigned want,
                     uint64_t skip) {
  s->stage = stage;
  s->want = want;
  s->have = 0;
  s->skip = skip;
}

static void rest(struct sound *s) {
  look_for(s, AT_REST, 1, UINT64_MAX);
}

void kling_sound_start(struct sound *s, enum sound_kind kind) {
  memset(s, 0, sizeof(*s));
  s->kind = kind;
  switch (kind) {
  case SOUND_MP3:
    look_for(s, AT_FRAME, MP3_HEADER, 0);
    break;
  case SOUND_WAV:
    look_for(s, AT_RIFF, RIFF_HEADER, 0);
    break;
  case SOUND_MOVIE:
    look_for(s, AT_BOX, BOX_HEADER, 0);
    break;
  default:
    rest(s);
  }
}

/* --- MP3 --- */

struct frame {
  uint32_t shape;
  uint32_t bytes;
  double seconds;
};

/* Bit rates in kbit/s by index; 0: none that tells how long the frame is. */
static const uint16_t rates_1[16] = {0,   32,  40,  48,  56,  64,  80,  96,
                                     112, 128, 160, 192, 224, 256, 320, 0};
static const uint16_t rates_2[16] = {0,  8,  16, 24,  32,  40,  48,  56,
                                     64, 80, 96, 112, 128, 144, 160, 0};
static const uint32_t sample_rates[3] = {44100, 48000, 32000};

static bool read_frame(const unsigned char *b, struct frame *f) {
  unsigned version = b[1] >> 3 & 3; /* 3: MPEG 1, 2: MPEG 2, 0: MPEG 2.5 */
  unsigned layer = b[1] >> 1 & 3;   /* 1: layer III */
  unsigned rate = b[2] >> 2 & 3;
  uint32_t kbits = version == 3 ? rates_1[b[2] >> 4] : rates_2[b[2] >> 4];
  uint32_t padding = b[2] >> 1 & 1;
  uint32_t hertz;
  if (b[0] != 0xff || (b[1] & 0xe0) != 0xe0 || version == 1 || layer != 1 ||
      rate == 3 || kbits == 0) {
    return false;
  }
  hertz = sample_rates[rate] >> (version == 3 ? 0 : version == 2 ? 1 : 2);
  f->bytes = (version == 3 ? 144000 : 72000) * kbits / hertz + padding;
  f->seconds = (version == 3 ? 1152.0 : 576.0) / (double)hertz;
  f->shape = version << 2 | rate;
  return true;
}

static void stray(struct sound *s, uint64_t bytes) {
  s->strays += bytes;
  s->is_wrong = s->frames < 2 && s->strays > STRAYS_MAX;
}

/* Four bytes that look like a frame are one when another follows them. */
static void drop_false_start(struct sound *s) {
  if (s->frames == 1) {
    s->frames = 0;
    stray(s, s->frame_bytes);
  }
}

static void take_frame(struct sound *s, const struct frame *f) {
  s->frames++;
  s->shape = f->shape;
  s->frame_bytes = f->bytes;
  s->frame_seconds = f->seconds;
  look_for(s, AT_FRAME, MP3_HEADER, f->bytes - MP3_HEADER);
}

static void at_frame(struct sound *s) {
  struct frame f;
  if (memcmp(s->head, "ID3", 3) == 0) {
    s->stage = AT_TAG;
    s->want = ID3_HEADER;
    return;
  }
  if (read_frame(s->head, &f)) {
    if (f.shape != s->shape) {
      drop_false_start(s);
    }
    if (s->frames == 0 || f.shape == s->shape) {
      take_frame(s, &f);
      return;
    }
  } else {
    drop_false_start(s);
  }
  memmove(s->head, s->head + 1, MP3_HEADER - 1);
  s->have = MP3_HEADER - 1;
  stray(s, 1);
}

/* Seven bits a byte, so that a size never looks like a frame. */
static void at_tag(struct sound *s) {
  const unsigned char *b = s->head + 6;
  uint32_t size = (uint32_t)(b[0] & 0x7f) << 21 |
                  (uint32_t)(b[1] & 0x7f) << 14 | (uint32_t)(b[2] & 0x7f) << 7 |
                  (b[3] & 0x7f);
  bool has_footer = (s->head[5] & 0x10) != 0;
  look_for(s, AT_FRAME, MP3_HEADER, size + (has_footer ? ID3_HEADER : 0));
}

/* --- WAV --- */

static uint32_t u32(const unsigned char *b) {
  return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 |
         (uint32_t)b[3] << 24;
}

static void at_riff(struct sound *s) {
  s->is_wrong =
      (memcmp(s->head, "RIFF", 4) != 0 && memcmp(s->head, "RF64", 4) != 0) ||
      memcmp(s->head + 8, "WAVE", 4) != 0;
  look_for(s, AT_CHUNK, CHUNK_HEADER, 0);
}

static uint64_t padded(uint64_t size) {
  return size + (size & 1);
}

static void at_chunk(struct sound *s) {
  uint32_t size = u32(s->head + 4);
  if (memcmp(s->head, "data", 4) == 0) {
    s->data_at = s->at;
    s->data_size = size;
    rest(s);
  } else if (memcmp(s->head, "fmt ", 4) == 0 && size >= FORMAT_SIZE) {
    s->chunk = size;
    look_for(s, AT_FORMAT, FORMAT_SIZE, 0);
  } else {
    look_for(s, AT_CHUNK, CHUNK_HEADER, padded(size));
  }
}

static void at_format(struct sound *s) {
  s->bytes_a_second = (double)u32(s->head + 8);
  look_for(s, AT_CHUNK, CHUNK_HEADER, padded(s->chunk) - FORMAT_SIZE);
}

/* Who writes to a pipe states 0 or all ones for what it cannot know, and more
 * than there is when the file was cut: what came counts. */
static double wav_seconds(const struct sound *s) {
  uint64_t came = s->at - s->data_at;
  if (s->data_at == 0 || s->bytes_a_second <= 0.0) {
    return -1.0;
  }
  if (s->data_size > 0 && s->data_size < came) {
    came = s->data_size;
  }
  return (double)came / s->bytes_a_second;
}

/* --- movies --- */

/* QuickTime movies may begin without ftyp. */
static void at_box(struct sound *s) {
  static const char starts[][5] = {"ftyp", "moov", "mdat", "wide",
                                   "free", "skip", "pnot"};
  size_t i;
  s->is_wrong = true;
  for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
    if (memcmp(s->head + 4, starts[i], 4) == 0) {
      s->is_wrong = false;
    }
  }
  rest(s);
}

/* --- doors --- */

static void look(struct sound *s) {
  switch ((enum stage)s->stage) {
  case AT_FRAME:
    at_frame(s);
    break;
  case AT_TAG:
    at_tag(s);
    break;
  case AT_RIFF:
    at_riff(s);
    break;
  case AT_CHUNK:
    at_chunk(s);
    break;
  case AT_FORMAT:
    at_format(s);
    break;
  case AT_BOX:
    at_box(s);
    break;
  case AT_REST:
    rest(s);
  }
}

bool kling_sound_feed(struct sound *s, const void *bytes, size_t len) {
  const unsigned char *b = bytes;
  size_t i = 0;
  if (s->at == 0 && len > 0 && b[0] == '<' && s->kind != SOUND_ANY) {
    s->is_page = s->is_wrong = true;
  }
  while (i < len && !s->is_wrong) {
    if (s->skip > 0) {
      size_t passed = s->skip < len - i ? (size_t)s->skip : len - i;
      s->skip -= passed;
      s->at += passed;
      i += passed;
      continue;
    }
    s->head[s->have++] = b[i++];
    s->at++;
    if (s->have == s->want) {
      look(s);
    }
  }
  return !s->is_wrong;
}

bool kling_sound_end(const struct sound *s) {
  switch (s->kind) {
  case SOUND_MP3:
    return !s->is_wrong && s->frames > 0;
  case SOUND_WAV:
    return !s->is_wrong && s->stage != AT_RIFF;
  case SOUND_MOVIE:
    return !s->is_wrong && s->stage == AT_REST;
  default:
    return true;
  }
}

double kling_sound_duration(const struct sound *s) {
  if (s->kind == SOUND_MP3 && s->frames > 0) {
    return (double)s->frames * s->frame_seconds;
  }
  return s->kind == SOUND_WAV ? wav_seconds(s) : -1.0;
}

const char *kling_sound_problem(const struct sound *s) {
  static const char *const names[] = {"", "it is not an MP3", "it is not a WAV",
                                      "it is not an MP4"};
  return s->is_page ? "a page came in its place" : names[s->kind];
}
