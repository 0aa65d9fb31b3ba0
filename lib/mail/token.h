/* token.h: the small change of header grammar: character classes, a cursor, comments, quoted strings, and the budget
 * that bounds what a message's headers may cost.
 *
 * Private to lib/mail. Everything here takes any bytes and never reads behind the end. RFC 5322 3.2, RFC 2045 5.1. */
#ifndef PLI_MAIL_TOKEN_H
#define PLI_MAIL_TOKEN_H

#include <pli/mail.h>

enum
{
  PLI_CLASS_ATEXT = 1, /* RFC 5322 atext, ASCII only */
  PLI_CLASS_TOKEN = 2, /* RFC 2045 token */
  PLI_CLASS_FIELD = 4, /* RFC 5322 ftext: in a field name */
  PLI_CLASS_BLANK = 8, /* SP HTAB CR LF */
  PLI_CLASS_LETDIG = 16,
  PLI_CLASS_DIGIT = 32,
};

extern const guint8 pli_classes[256];

static inline gboolean
pli_is (char c, guint8 mask)
{
  return (pli_classes[(guint8) c] & mask) != 0;
}

typedef struct
{
  const char *at;
  const char *end;
} PliCursor;

static inline PliCursor
pli_cursor (PliSpan s)
{
  PliCursor c = { s.data, s.len > 0 ? s.data + s.len : s.data };

  return c;
}

static inline gboolean
pli_cursor_is (const PliCursor *c, char what)
{
  return c->at < c->end && *c->at == what;
}

/* Skips white space and comments (nested, quoted pairs); @out_comment, nullable: inside of the last one if there is. */
void pli_cursor_skip (PliCursor *c, PliSpan *out_comment);
/* At `"`: skips the quoted string, and its inside is returned raw; an open one goes to the end. */
PliSpan pli_cursor_quoted (PliCursor *c);
/* Longest run of bytes in class @mask; may be empty. */
PliSpan pli_cursor_run (PliCursor *c, guint8 mask);
/* The run is digits of a number below 10^9; @out_digits: how many. */
gboolean pli_cursor_number (PliCursor *c, guint *out_number, guint *out_digits);

/* Without quoted pairs' backslashes and without CR, LF, NUL; @raw itself when it has none of them. */
PliSpan pli_unquote (PliSpan raw, PliArena *arena);

/* What texts from headers may still cost. */
typedef struct
{
  PliArena *arena;
  gsize string_max;
  gsize text_left;
} PliTexts;

/* @raw cut to string_max and charged; {NULL, 0} when the budget is used up. */
PliSpan pli_texts_take (PliTexts *texts, PliSpan raw);

/* `; a=b; …`: cursor after the subtype or the disposition. At most 64 parameters; RFC 2231 pieces are joined. */
PliMimeParam *pli_params_parse (PliCursor *c, PliTexts *texts, guint *out_n);

/* Writers shared by render.c, envelope.c and parts.c. @left: bytes that addresses may still cost. */
void pli_envelope_write (const PliEnvelope *envelope, gsize string_max, gsize *left, PliArena *arena, PliBuffer *out);
void pli_parts_write (const PliMimePart *message, PliBuffer *out);
/* In @arena; see PliRenderings. */
PliSpan pli_preview (PliSpan message, const PliMimePart *root, PliArena *arena);

#endif
