/* utf7.c: mailbox names between UTF-8 and IMAP's modified UTF-7.
 *
 * Strict: each name has one form, so that no two names look alike to one side and different to the other. Names in
 * UTF-8 may have any characters; which ones a mailbox may have is the store's business. RFC 3501 5.1.3, RFC 2152. */
#include "mail/token.h"

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static gboolean
is_direct (char c)
{
  return c >= 32 && c < 127;
}

/* Behind `&`: base64 of UTF-16BE up to `-`. */
static gboolean
shifted_to_utf8 (PliCursor *c, PliBuffer *out)
{
  guint32 bits = 0;
  guint n_bits = 0;
  gunichar high = 0;

  for (; c->at < c->end && *c->at != '-'; c->at++)
    {
      const char *digit = *c->at ? strchr (alphabet, *c->at) : NULL;
      gunichar unit;

      if (!digit)
        return FALSE;
      bits = bits << 6 | (guint32) (digit - alphabet);
      n_bits += 6;
      if (n_bits < 16)
        continue;
      n_bits -= 16;
      unit = bits >> n_bits & 0xffff;
      if (high != 0)
        {
          if (unit < 0xdc00 || unit > 0xdfff)
            return FALSE;
          unit = 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00);
          high = 0;
        }
      else if (unit >= 0xd800 && unit <= 0xdbff)
        {
          high = unit;
          continue;
        }
      /* "&" is "&-", and printable characters stand for themselves; NUL has no place in a name. */
      if (unit == 0 || (unit < 127 && is_direct ((char) unit)) || (unit >= 0xdc00 && unit <= 0xdfff))
        return FALSE;
      out->len += (gsize) g_unichar_to_utf8 (unit, pli_buffer_reserve (out, 6));
    }
  /* What is left is padding, of zeros, shorter than one digit. */
  return c->at++ < c->end && high == 0 && n_bits < 6 && (bits & ((1u << n_bits) - 1)) == 0;
}

gboolean
pli_utf7_to_utf8 (PliSpan in, PliBuffer *out)
{
  PliCursor c = pli_cursor (in);
  gsize start = out->len;
  gboolean valid = TRUE, after_shift = FALSE;

  while (valid && c.at < c.end)
    {
      char ch = *c.at++;

      if (ch != '&')
        {
          valid = is_direct (ch);
          pli_buffer_add_char (out, ch);
          after_shift = FALSE;
        }
      else if (pli_cursor_is (&c, '-'))
        {
          c.at++;
          pli_buffer_add_char (out, '&');
          after_shift = FALSE;
        }
      else
        {
          /* RFC 3501 5.1.3: no superfluous shifts; "&…-&…-" could be one. */
          valid = !after_shift && shifted_to_utf8 (&c, out);
          after_shift = TRUE;
        }
    }
  if (!valid)
    out->len = start;
  return valid;
}

typedef struct
{
  guint32 bits;
  guint n_bits;
  PliBuffer *out;
} Shift;

static void
add_unit (Shift *shift, guint32 unit)
{
  shift->bits = shift->bits << 16 | unit;
  shift->n_bits += 16;
  while (shift->n_bits >= 6)
    {
      shift->n_bits -= 6;
      pli_buffer_add_char (shift->out, alphabet[shift->bits >> shift->n_bits & 63]);
    }
}

gboolean
pli_utf7_from_utf8 (PliSpan in, PliBuffer *out)
{
  const char *at = in.data, *end = in.len > 0 ? at + in.len : at;

  if (in.len > 0 && !g_utf8_validate_len (at, in.len, NULL)) /* which refuses NUL too */
    return FALSE;
  while (at < end)
    {
      Shift shift = { 0, 0, out };

      if (is_direct (*at))
        {
          pli_buffer_add_char (out, *at);
          if (*at++ == '&')
            pli_buffer_add_char (out, '-');
          continue;
        }
      pli_buffer_add_char (out, '&');
      for (; at < end && !is_direct (*at); at = g_utf8_next_char (at))
        {
          gunichar c = g_utf8_get_char (at);

          if (c >= 0x10000)
            {
              add_unit (&shift, 0xd800 + ((c - 0x10000) >> 10));
              c = 0xdc00 + ((c - 0x10000) & 0x3ff);
            }
          add_unit (&shift, c);
        }
      if (shift.n_bits > 0)
        pli_buffer_add_char (out, alphabet[shift.bits << (6 - shift.n_bits) & 63]);
      pli_buffer_add_char (out, '-');
    }
  return TRUE;
}
