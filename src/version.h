/* version.h - the version, nowhere else. */
#define KLING_VERSION "0.1.0"
