/* stuff.h: a message made ready for a multi-line answer: dots stuffed, cut after some lines of the body. RFC 1939 3, 7.
 *
 * Bytes come in pieces of any length; no I/O, no allocation but the output's. LF alone counts as a line's end, too: a
 * dot too many harms nobody, a dot too few ends the message for a client that takes LF. */
#ifndef POP3_STUFF_H
#define POP3_STUFF_H

#include <pli/base.h>

typedef struct
{
  gboolean in_line;   /* the last byte was no LF */
  gboolean ended_cr;  /* the last byte was CR */
  gboolean in_body;   /* the empty line has passed */
  gboolean only_cr;   /* the line has nothing but a CR so far */
  guint64 lines_left; /* of the body; G_MAXUINT64: all */
} Pop3Stuff;

/* @body_lines: G_MAXUINT64 for the whole message. */
void pop3_stuff_begin (Pop3Stuff *stuff, guint64 body_lines);
/* FALSE when no more is wanted. */
gboolean pop3_stuff (Pop3Stuff *stuff, PliSpan piece, PliBuffer *out);
/* Completes the last line, and writes the dot. */
void pop3_stuff_end (Pop3Stuff *stuff, PliBuffer *out);

#endif
