/* mp4.c - the boxes of an ISO base media file (ISO/IEC 14496-12) or QuickTime
 * movie, as far as a clip's length, picture size and sound need them. */
#include "mp4.h"

#include <string.h>

/* A hostile file of empty boxes must not keep us busy: real clips of 20 s have
 * a few dozen boxes, fragmented ones a few hundred. */
#define MAX_BOXES 20000

#define TYPE(a, b, c, d)                                                       \
  ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 |            \
   (uint32_t)(d))

#define FTYP TYPE('f', 't', 'y', 'p')
#define MOOV TYPE('m', 'o', 'o', 'v')
#define MVHD TYPE('m', 'v', 'h', 'd')
#define MVEX TYPE('m', 'v', 'e', 'x')
#define MEHD TYPE('m', 'e', 'h', 'd')
#define TRAK TYPE('t', 'r', 'a', 'k')
#define TKHD TYPE('t', 'k', 'h', 'd')
#define MDIA TYPE('m', 'd', 'i', 'a')
#define MDHD TYPE('m', 'd', 'h', 'd')
#define HDLR TYPE('h', 'd', 'l', 'r')
#define MINF TYPE('m', 'i', 'n', 'f')
#define STBL TYPE('s', 't', 'b', 'l')
#define STSD TYPE('s', 't', 's', 'd')
#define VIDE TYPE('v', 'i', 'd', 'e')
#define SOUN TYPE('s', 'o', 'u', 'n')

#define TOP 0 /* the parent of the outermost boxes */

struct box {
  uint32_t type;
  uint64_t at; /* of the payload */
  uint64_t end;
};

struct track {
  uint32_t kind;
  uint32_t codec;
  unsigned width, height;             /* of the sample entry */
  unsigned shown_width, shown_height; /* of the track header */
  double duration;
};

struct parser {
  const struct mp4_source *source;
  const char *problem;
  unsigned boxes;
  int has_moov;
  uint32_t timescale;
  uint64_t movie_length, fragments_length; /* in units of timescale */
  struct track track;                      /* the one being read */
  struct track video;
  int has_video, has_audio;
  const char *format;
};

static uint32_t u32(const unsigned char *b) {
  return TYPE(b[0], b[1], b[2], b[3]);
}

static uint64_t u64(const unsigned char *b) {
  return (uint64_t)u32(b) << 32 | u32(b + 4);
}

static unsigned u16(const unsigned char *b) {
  return (unsigned)b[0] << 8 | b[1];
}

static int fail(struct parser *p, const char *problem) {
  p->problem = problem;
  return 0;
}

/* The only door to the bytes: `n` of them from `at`, inside `end`. */
static int read_at(struct parser *p, uint64_t at, uint64_t end,
                   unsigned char *to, size_t n) {
  if (at > end || end - at < n) {
    return fail(p, "the file is damaged: a box is too short for its content");
  }
  if (!p->source->read(p->source->arg, at, to, n)) {
    return fail(p, "the file cannot be read");
  }
  return 1;
}

/* The box at `at`; its payload is inside [at, limit] when this returns 1. */
static int read_box(struct parser *p, uint64_t at, uint64_t limit,
                    struct box *box) {
  unsigned char head[8], large[8];
  uint64_t size, head_size = sizeof(head);
  if (++p->boxes > MAX_BOXES) {
    return fail(p, "the file is made of too many boxes");
  }
  if (!read_at(p, at, limit, head, sizeof(head))) {
    return 0;
  }
  size = u32(head);
  box->type = u32(head + 4);
  if (size == 1) { /* the true size follows in 64 bits */
    if (!read_at(p, at + head_size, limit, large, sizeof(large))) {
      return 0;
    }
    size = u64(large);
    head_size += sizeof(large);
  } else if (size == 0) { /* up to the end */
    size = limit - at;
  }
  if (size < head_size) {
    return fail(p, "the file is damaged: a box is smaller than its header");
  }
  if (size > limit - at) {
    return fail(p, "the file is cut short or damaged");
  }
  box->at = at + head_size;
  box->end = at + size;
  return 1;
}

/* mvhd, mdhd and mehd keep a length in 32 bits (version 0) or 64 (version 1);
 * all ones means unknown. */
static uint64_t read_length(const unsigned char *b, int version) {
  uint64_t length = version == 1 ? u64(b) : u32(b);
  uint64_t unknown = version == 1 ? UINT64_MAX : UINT32_MAX;
  return length == unknown ? 0 : length;
}

/* mvhd and mdhd begin alike: version, flags, two times, timescale, length. */
static int read_clock(struct parser *p, const struct box *box,
                      uint32_t *timescale, uint64_t *length) {
  unsigned char b[32];
  int version;
  if (!read_at(p, box->at, box->end, b, 1)) {
    return 0;
  }
  version = b[0];
  if (!read_at(p, box->at, box->end, b, version == 1 ? 32 : 20)) {
    return 0;
  }
  *timescale = u32(b + (version == 1 ? 20 : 12));
  *length = read_length(b + (version == 1 ? 24 : 16), version);
  return 1;
}

static double seconds(uint64_t length, uint32_t timescale) {
  return timescale ? (double)length / (double)timescale : 0.0;
}

static int on_mvhd(struct parser *p, const struct box *box) {
  return read_clock(p, box, &p->timescale, &p->movie_length);
}

static int on_mdhd(struct parser *p, const struct box *box) {
  uint32_t timescale;
  uint64_t length;
  if (!read_clock(p, box, &timescale, &length)) {
    return 0;
  }
  p->track.duration = seconds(length, timescale);
  return 1;
}

static int on_mehd(struct parser *p, const struct box *box) {
  unsigned char b[12];
  if (!read_at(p, box->at, box->end, b, 8)) {
    return 0;
  }
  if (b[0] == 1 && !read_at(p, box->at, box->end, b, 12)) {
    return 0;
  }
  p->fragments_length = read_length(b + 4, b[0]);
  return 1;
}

static int on_tkhd(struct parser *p, const struct box *box) {
  unsigned char b[8];
  uint64_t to_size;
  if (!read_at(p, box->at, box->end, b, 1)) {
    return 0;
  }
  to_size = b[0] == 1 ? 88 : 76; /* three of the fields are wider */
  if (box->end - box->at < to_size) {
    return fail(p, "the file is damaged: a track header is too short");
  }
  if (!read_at(p, box->at + to_size, box->end, b, sizeof(b))) {
    return 0;
  }
  p->track.shown_width = u32(b) >> 16; /* 16.16 fixed point */
  p->track.shown_height = u32(b + 4) >> 16;
  return 1;
}

static int on_hdlr(struct parser *p, const struct box *box) {
  unsigned char b[12];
  if (!read_at(p, box->at, box->end, b, sizeof(b))) {
    return 0;
  }
  p->track.kind = u32(b + 8);
  return 1;
}

static int on_stsd(struct parser *p, const struct box *box) {
  unsigned char count[8], size[4];
  struct box entry;
  if (!read_at(p, box->at, box->end, count, sizeof(count))) {
    return 0;
  }
  if (u32(count + 4) == 0) {
    return 1;
  }
  if (!read_box(p, box->at + sizeof(count), box->end, &entry)) {
    return 0;
  }
  p->track.codec = entry.type;
  if (entry.end - entry.at < 28) { /* a sound's entry may be that short */
    return 1;
  }
  if (!read_at(p, entry.at + 24, entry.end, size, sizeof(size))) {
    return 0;
  }
  p->track.width = u16(size);
  p->track.height = u16(size + 2);
  return 1;
}

static int walk(struct parser *p, uint32_t parent, uint64_t at, uint64_t end);

static int on_trak(struct parser *p, const struct box *box) {
  memset(&p->track, 0, sizeof(p->track));
  if (!walk(p, TRAK, box->at, box->end)) {
    return 0;
  }
  if (p->track.kind == VIDE && !p->has_video) {
    p->video = p->track;
    p->has_video = 1;
  } else if (p->track.kind == SOUN) {
    p->has_audio = 1;
  }
  return 1;
}

static int on_moov(struct parser *p, const struct box *box) {
  if (p->has_moov) {
    return 1;
  }
  p->has_moov = 1;
  return walk(p, MOOV, box->at, box->end);
}

/* Only QuickTime's brand stands apart; every other one (isom, mp42, M4V, ...)
 * is MP4, or a still picture or a song, and those have no picture track. */
static int on_ftyp(struct parser *p, const struct box *box) {
  unsigned char brand[4];
  if (!read_at(p, box->at, box->end, brand, sizeof(brand))) {
    return 0;
  }
  p->format = u32(brand) == TYPE('q', 't', ' ', ' ') ? "mov" : "mp4";
  return 1;
}

static int on_container(struct parser *p, const struct box *box) {
  return walk(p, box->type, box->at, box->end);
}

/* Everything we look into. The table has no cycle, so it bounds the depth. */
static const struct rule {
  uint32_t parent, type;
  int (*act)(struct parser *p, const struct box *box);
} rules[] = {
    {TOP,  FTYP, on_ftyp     },
    {TOP,  MOOV, on_moov     },
    {MOOV, MVHD, on_mvhd     },
    {MOOV, MVEX, on_container},
    {MVEX, MEHD, on_mehd     },
    {MOOV, TRAK, on_trak     },
    {TRAK, TKHD, on_tkhd     },
    {TRAK, MDIA, on_container},
    {MDIA, MDHD, on_mdhd     },
    {MDIA, HDLR, on_hdlr     },
    {MDIA, MINF, on_container},
    {MINF, STBL, on_container},
    {STBL, STSD, on_stsd     },
};

static int act_on(struct parser *p, uint32_t parent, const struct box *box) {
  size_t i;
  for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
    if (rules[i].parent == parent && rules[i].type == box->type) {
      return rules[i].act(p, box);
    }
  }
  return 1;
}

static int walk(struct parser *p, uint32_t parent, uint64_t at, uint64_t end) {
  struct box box;
  /* QuickTime ends some containers with four zero bytes. */
  while (at < end && end - at >= 8) {
    if (!read_box(p, at, end, &box) || !act_on(p, parent, &box)) {
      return 0;
    }
    at = box.end;
  }
  return 1;
}

/* Does the file begin as an ISO or QuickTime file may? Movies older than
 * ftyp begin with one of the other boxes. */
static int check_start(struct parser *p) {
  static const char starts[][5] = {"ftyp", "moov", "mdat", "wide",
                                   "free", "skip", "pnot"};
  unsigned char head[8];
  size_t i;
  if (p->source->size < sizeof(head)) {
    return fail(p, "the file is not an MP4 or MOV");
  }
  if (!read_at(p, 0, p->source->size, head, sizeof(head))) {
    return 0;
  }
  for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
    if (memcmp(head + 4, starts[i], 4) == 0) {
      return 1;
    }
  }
  return fail(p, "the file is not an MP4 or MOV");
}

static const char *check_movie(const struct parser *p) {
  if (!p->has_moov) {
    return "the file is cut short: it has no movie header";
  }
  if (!p->has_video) {
    return "the file has no picture track";
  }
  return NULL;
}

static void copy_codec(char *to, uint32_t codec) {
  int i;
  for (i = 0; i < 4; i++) {
    unsigned char c = (unsigned char)(codec >> (24 - 8 * i));
    to[i] = (char)(c >= 0x20 && c < 0x7f ? c : '?');
  }
  to[4] = '\0';
}

static const char *summarise(const struct parser *p, struct mp4_clip *clip) {
  const struct track *video = &p->video;
  double duration = seconds(p->movie_length, p->timescale);
  if (duration <= 0.0) {
    duration = seconds(p->fragments_length, p->timescale);
  }
  if (duration <= 0.0) {
    duration = video->duration;
  }
  if (duration <= 0.0) {
    return "the file does not say how long it is";
  }
  clip->format = p->format ? p->format : "mov";
  clip->duration = duration;
  clip->width = video->width ? video->width : video->shown_width;
  clip->height = video->height ? video->height : video->shown_height;
  clip->has_audio = p->has_audio;
  copy_codec(clip->codec, video->codec);
  if (clip->width == 0 || clip->height == 0) {
    return "the file does not say how large its picture is";
  }
  return NULL;
}

const char *kling_mp4_inspect(const struct mp4_source *source,
                              struct mp4_clip *clip) {
  struct parser p;
  const char *problem;
  memset(&p, 0, sizeof(p));
  p.source = source;
  memset(clip, 0, sizeof(*clip));
  if (!check_start(&p) || !walk(&p, TOP, 0, source->size)) {
    return p.problem;
  }
  problem = check_movie(&p);
  return problem ? problem : summarise(&p, clip);
}
