/* format.h: bytes of a segment file. Internal to lib/segment and core/segment.
 *
 *   Pli-Segment: 1 SALT\n                               file head, once
 *   Pli-Record: SALT HHHHHHHH BBBBBBBBBBBBBBBB\n        bytes of header and body, hexadecimal
 *   field: value\n … \n                                 header, ends with an empty line
 *   body
 *   \nPli-End: SALT CCCCCCCCCCCCCCCC\n                  XXH3-64 of everything from "Pli-Record" to the end of the body
 */
#ifndef PLI_SEGMENT_FORMAT_H
#define PLI_SEGMENT_FORMAT_H

#include <pli/record.h>

#define PLI_SALT_LEN 32
#define PLI_HEAD_BYTES (15 + PLI_SALT_LEN + 1)                  /* "Pli-Segment: 1 " */
#define PLI_LINE_BYTES (12 + PLI_SALT_LEN + 1 + 8 + 1 + 16 + 1) /* "Pli-Record: " */
#define PLI_END_BYTES (1 + 9 + PLI_SALT_LEN + 1 + 16 + 1)       /* "\nPli-End: " */
#define PLI_RECORD_HEADER_MAX (16 * 1024 * 1024)

void pli_salt_new (char out[PLI_SALT_LEN + 1]);
/* Each writes exactly the bytes named above and a NUL. */
void pli_format_head (const char *salt, char out[PLI_HEAD_BYTES + 1]);
void pli_format_line (const char *salt, gsize header_bytes, guint64 body_bytes, char out[PLI_LINE_BYTES + 1]);
void pli_format_end (const char *salt, guint64 sum, char out[PLI_END_BYTES + 1]);
/* @salt: what it must be. */
gboolean pli_parse_head (PliSpan at, char salt[PLI_SALT_LEN + 1]);
gboolean pli_parse_line (PliSpan at, const char *salt, guint64 *out_header_bytes, guint64 *out_body_bytes);
gboolean pli_parse_end (PliSpan at, const char *salt, guint64 *out_sum);

#endif
