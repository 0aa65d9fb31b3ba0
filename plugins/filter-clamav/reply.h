/* reply.h: the grammar of what clamd answers to zINSTREAM, and of the addresses where it listens. No I/O. */
#ifndef CLAMAV_REPLY_H
#define CLAMAV_REPLY_H

#include <pli/base.h>

typedef enum
{
  CLAMAV_MORE, /* no end yet */
  CLAMAV_CLEAN,
  CLAMAV_INFECTED,
  CLAMAV_TOO_BIG, /* for clamd's own limit */
  CLAMAV_ERROR,   /* clamd says so */
  CLAMAV_GARBAGE,
} ClamavReply;

/**
 * clamav_reply_parse:
 * @bytes: what has come: "stream: OK", "stream: Some.Signature FOUND", "… ERROR", each with a NUL behind it
 * @out_text: (out): the signature, or the error; in @arena, printable; NULL without
 */
ClamavReply clamav_reply_parse (PliSpan bytes, PliArena *arena, const char **out_text);

/* "192.0.2.1:3310", "[2001:db8::1]:3310" or "/path". FALSE when @text is none. @out_address in @arena; a path has port 0. */
gboolean clamav_address_parse (const char *text, PliArena *arena, const char **out_address, guint *out_port);

#endif
