/* decode.c: content-transfer-encodings, in pieces of any size.
 *
 * Decoders are lenient in what they give and honest in what they answer: IMAP BINARY must refuse what search may use.
 * A decoder never needs more output than it got input and holds. RFC 2045 6.7 and 6.8. */
#include "mail/token.h"

enum
{
  KIND_COPY,
  KIND_BASE64,
  KIND_QP,
};

#define SKIP 64
#define PAD 65
#define BAD 66

/* Values plus 1, so that 0 is "not in the alphabet". */
/* clang-format off */
static const guint8 base64_values[256] = {
  ['\t'] = SKIP + 1, ['\n'] = SKIP + 1, ['\r'] = SKIP + 1, [' '] = SKIP + 1, ['='] = PAD + 1,
  ['A'] = 1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
  ['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
  ['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, ['+'] = 63, ['/'] = 64,
};
/* clang-format on */

gboolean
pli_decoder_init (PliDecoder *decoder, PliSpan encoding)
{
  memset (decoder, 0, sizeof *decoder);
  if (pli_span_is_nocase (encoding, "base64"))
    decoder->kind = KIND_BASE64;
  else if (pli_span_is_nocase (encoding, "quoted-printable"))
    decoder->kind = KIND_QP;
  else
    return encoding.len == 0 || pli_span_is_nocase (encoding, "7bit") || pli_span_is_nocase (encoding, "8bit")
           || pli_span_is_nocase (encoding, "binary");
  return TRUE;
}

static guint
base64_value (char c)
{
  guint8 value = base64_values[(guint8) c];

  return value == 0 ? BAD : value - 1u;
}

/* The bytes of an incomplete group. */
static char *
flush_base64 (PliDecoder *d, char *at)
{
  if (d->n >= 2)
    *at++ = (char) (d->bits >> (d->n == 2 ? 4 : 10));
  if (d->n == 3)
    *at++ = (char) (d->bits >> 2);
  if (d->n == 1)
    d->broken = TRUE;
  d->n = 0;
  d->bits = 0;
  return at;
}

static void
feed_base64 (PliDecoder *d, PliSpan in, PliBuffer *out)
{
  const char *from = in.data, *end = from + in.len;
  char *at = pli_buffer_reserve (out, in.len + 3);

  while (from < end)
    {
      guint value;

      while (d->n == 0 && end - from >= 4)
        {
          guint a = base64_value (from[0]), b = base64_value (from[1]), c = base64_value (from[2]);
          guint e = base64_value (from[3]);

          if ((a | b | c | e) >= SKIP)
            break;
          at[0] = (char) (a << 2 | b >> 4);
          at[1] = (char) (b << 4 | c >> 2);
          at[2] = (char) (c << 6 | e);
          at += 3;
          from += 4;
        }
      if (from == end)
        break;
      value = base64_value (*from++);
      if (value < SKIP)
        {
          d->bits = d->bits << 6 | value;
          if (++d->n == 4)
            {
              *at++ = (char) (d->bits >> 16);
              *at++ = (char) (d->bits >> 8);
              *at++ = (char) d->bits;
              d->n = 0;
              d->bits = 0;
            }
        }
      else if (value == PAD)
        at = flush_base64 (d, at);
      else if (value == BAD)
        d->broken = TRUE;
    }
  out->len = (gsize) (at - out->data);
}

static void
flush_held (PliDecoder *d, PliBuffer *out)
{
  pli_buffer_add (out, d->held, d->n);
  d->n = 0;
}

/* One byte behind what is held: white space that may be trailing, or the beginning of `=XX` or of `= \r\n`. TRUE when
 * the byte is used up. */
static gboolean
feed_held (PliDecoder *d, char c, PliBuffer *out)
{
  gboolean is_blank = c == ' ' || c == '\t';
  char last = d->held[d->n - 1];

  if (d->held[0] != '=')
    {
      /* RFC 2045 6.7 (3): white space at the end of a line was added on the way. */
      if (c == '\r' || c == '\n')
        d->n = 0;
      else if (!is_blank || d->n == sizeof d->held)
        flush_held (d, out);
      else
        d->held[d->n++] = c;
      return d->n > 1;
    }
  if (d->n == 1 && g_ascii_isxdigit (c))
    {
      d->held[d->n++] = c;
      return TRUE;
    }
  if (d->n == 2 && g_ascii_isxdigit (last) && g_ascii_isxdigit (c))
    {
      pli_buffer_add_char (out, (char) (g_ascii_xdigit_value (last) << 4 | g_ascii_xdigit_value (c)));
      d->n = 0;
      return TRUE;
    }
  if (!g_ascii_isxdigit (last) && last != '\r' && (is_blank || c == '\r') && d->n < sizeof d->held)
    {
      d->held[d->n++] = c;
      return TRUE;
    }
  if (!g_ascii_isxdigit (last) && c == '\n')
    {
      d->n = 0;
      return TRUE;
    }
  d->broken = TRUE;
  flush_held (d, out);
  return FALSE;
}

static void
feed_qp (PliDecoder *d, PliSpan in, PliBuffer *out)
{
  const char *at = in.data, *end = at + in.len;

  while (at < end)
    {
      const char *start = at;

      if (d->n > 0)
        {
          at += feed_held (d, *at, out);
          continue;
        }
      while (at < end && *at != '=' && *at != ' ' && *at != '\t')
        at++;
      pli_buffer_add (out, start, (gsize) (at - start));
      if (at < end)
        d->held[d->n++] = *at++;
    }
}

gboolean
pli_decoder_feed (PliDecoder *decoder, PliSpan in, PliBuffer *out)
{
  if (in.len == 0)
    return !decoder->broken;
  if (decoder->kind == KIND_BASE64)
    feed_base64 (decoder, in, out);
  else if (decoder->kind == KIND_QP)
    feed_qp (decoder, in, out);
  else
    pli_buffer_add_span (out, in);
  return !decoder->broken;
}

gboolean
pli_decoder_end (PliDecoder *decoder, PliBuffer *out)
{
  if (decoder->kind == KIND_BASE64 && decoder->n > 0)
    {
      char *at = pli_buffer_reserve (out, 3);

      out->len += (gsize) (flush_base64 (decoder, at) - at);
      decoder->broken = TRUE;
    }
  else if (decoder->kind == KIND_QP && decoder->n > 0)
    {
      /* A soft line break may end a part; half an `=XX` may not. */
      if (decoder->held[0] == '=' && g_ascii_isxdigit (decoder->held[decoder->n - 1]))
        {
          decoder->broken = TRUE;
          flush_held (decoder, out);
        }
      decoder->n = 0;
    }
  return !decoder->broken;
}

static gboolean
decode (int kind, PliSpan in, PliBuffer *out)
{
  PliDecoder decoder = { .kind = kind };

  pli_decoder_feed (&decoder, in, out);
  return pli_decoder_end (&decoder, out);
}

gboolean
pli_decode_base64 (PliSpan in, PliBuffer *out)
{
  return decode (KIND_BASE64, in, out);
}

gboolean
pli_decode_qp (PliSpan in, PliBuffer *out)
{
  return decode (KIND_QP, in, out);
}
