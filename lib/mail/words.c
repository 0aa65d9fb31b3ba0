/* words.c: text that people read: charsets to UTF-8, encoded words, MIME parameters.
 *
 * UTF-8, ASCII, Latin-1, Latin-9 and Windows-1252 are converted here; iconv serves the rest, and may have to open its
 * modules at first use: a room behind walls has only those that it opened before. For search, JMAP and previews; IMAP
 * itself passes all this on as it is. Cost: linear; output is at most four times the input. RFC 2047, RFC 2231 4. */
#include "mail/token.h"

#define WORD_MAX 4096 /* RFC 2047 2 says 75; mailers differ */

/* 0x80 to 0x9f of Windows-1252, which is meant where Latin-1 has control characters; 0 is none. */
static const guint16 cp1252[32] = {
  0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
  0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
  0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178,
};

static void
from_latin (PliSpan in, gboolean latin9, PliBuffer *out)
{
  static const guint16 pairs[][2] = { { 0xa4, 0x20ac }, { 0xa6, 0x160 }, { 0xa8, 0x161 }, { 0xb4, 0x17d },
                                      { 0xb8, 0x17e },  { 0xbc, 0x152 }, { 0xbd, 0x153 }, { 0xbe, 0x178 } };
  char *at = pli_buffer_reserve (out, 3 * in.len + 1);

  for (gsize i = 0; i < in.len; i++)
    {
      gunichar c = (guint8) in.data[i];

      if (c >= 0x80 && c < 0xa0)
        c = cp1252[c - 0x80];
      for (guint k = 0; latin9 && c > 0xa0 && k < G_N_ELEMENTS (pairs); k++)
        if (c == pairs[k][0])
          {
            c = pairs[k][1];
            break;
          }
      if (c < 0x80)
        *at++ = (char) c;
      else
        at += g_unichar_to_utf8 (c, at);
    }
  out->len = (gsize) (at - out->data);
}

static gboolean
from_utf8 (PliSpan in, PliBuffer *out)
{
  gboolean clean = TRUE;

  while (in.len > 0)
    {
      const char *bad;

      if (g_utf8_validate_len (in.data, in.len, &bad))
        bad = in.data + in.len;
      pli_buffer_add (out, in.data, (gsize) (bad - in.data));
      in = pli_span_skip (in, (gsize) (bad - in.data));
      if (in.len > 0)
        {
          clean = FALSE;
          pli_buffer_add_char (out, *in.data ? '?' : ' ');
          in = pli_span_skip (in, 1);
        }
    }
  return clean;
}

static gboolean
from_iconv (const char *charset, PliSpan in, PliBuffer *out)
{
  GIConv converter = g_iconv_open ("UTF-8", charset);
  gchar *from = (gchar *) in.data;
  gsize left = in.len;
  gboolean clean = TRUE;

  if (converter == (GIConv) -1)
    return FALSE;
  while (left > 0)
    {
      gsize room = CLAMP (left * 2, 64, 65536), had = room;
      gchar *at = pli_buffer_reserve (out, room);
      gsize result = g_iconv (converter, &from, &left, &at, &room);

      out->len += had - room;
      /* The output was full, or else a byte is wrong or the last character is not complete. */
      if (result == (gsize) -1 && room >= 16 && left > 0)
        {
          clean = FALSE;
          pli_buffer_add_char (out, '?');
          from++;
          left--;
        }
    }
  g_iconv_close (converter);
  return clean;
}

gboolean
pli_charset_to_utf8 (PliSpan charset, PliSpan in, PliBuffer *out)
{
  char name[48];
  PliCursor c = pli_cursor (charset);

  if (charset.len == 0 || pli_span_is_nocase (charset, "utf-8") || pli_span_is_nocase (charset, "us-ascii")
      || pli_span_is_nocase (charset, "utf8"))
    return from_utf8 (in, out);
  if (pli_span_is_nocase (charset, "iso-8859-1") || pli_span_is_nocase (charset, "windows-1252"))
    from_latin (in, FALSE, out);
  else if (pli_span_is_nocase (charset, "iso-8859-15"))
    from_latin (in, TRUE, out);
  else
    {
      /* A token has no `/`, with which iconv's options begin. */
      if (charset.len >= sizeof name || pli_cursor_run (&c, PLI_CLASS_TOKEN).len < charset.len)
        return FALSE;
      memcpy (name, charset.data, charset.len);
      name[charset.len] = 0;
      return from_iconv (name, in, out);
    }
  return TRUE;
}

typedef struct
{
  PliSpan charset;
  char encoding;
  PliSpan text;
} Word;

/* At `=?`. RFC 2047 2: "=?" charset "?" encoding "?" encoded-text "?=" */
static gboolean
read_word (PliCursor *c, Word *out)
{
  PliCursor w = *c;
  const char *end = w.end - w.at > WORD_MAX ? w.at + WORD_MAX : w.end;
  const char *start;
  gssize star;

  if (end - w.at < 7 || w.at[1] != '?')
    return FALSE;
  w.at += 2;
  for (start = w.at; w.at < end && pli_is (*w.at, PLI_CLASS_TOKEN);)
    w.at++;
  out->charset = pli_span (start, (gsize) (w.at - start));
  if ((star = pli_span_find (out->charset, '*')) >= 0) /* RFC 2231 5: a language */
    out->charset.len = (gsize) star;
  if (end - w.at < 5 || w.at[0] != '?' || w.at[2] != '?' || out->charset.len == 0)
    return FALSE;
  out->encoding = g_ascii_tolower (w.at[1]);
  w.at += 3;
  for (start = w.at; w.at < end && *w.at != '?' && *w.at != '\r' && *w.at != '\n';)
    w.at++;
  out->text = pli_span (start, (gsize) (w.at - start));
  if (end - w.at < 2 || w.at[0] != '?' || w.at[1] != '=' || (out->encoding != 'q' && out->encoding != 'b'))
    return FALSE;
  c->at = w.at + 2;
  return TRUE;
}

static void
decode_word (const Word *word, PliBuffer *bytes)
{
  if (word->encoding == 'b')
    {
      pli_decode_base64 (word->text, bytes);
      return;
    }
  for (gsize i = 0; i < word->text.len; i++)
    {
      const char *at = word->text.data + i;

      if (*at == '=' && i + 2 < word->text.len && g_ascii_isxdigit (at[1]) && g_ascii_isxdigit (at[2]))
        {
          pli_buffer_add_char (bytes, (char) (g_ascii_xdigit_value (at[1]) << 4 | g_ascii_xdigit_value (at[2])));
          i += 2;
        }
      else
        pli_buffer_add_char (bytes, *at == '_' ? ' ' : *at);
    }
}

/* Text as it stands: UTF-8, or else taken for Windows-1252. */
static void
add_plain (PliSpan text, PliBuffer *scratch, PliBuffer *out)
{
  scratch->len = 0;
  pli_header_unfold (text, text.len, scratch);
  text = pli_buffer_span (scratch);
  if (text.len == 0)
    return;
  if (g_utf8_validate (text.data, (gssize) text.len, NULL))
    pli_buffer_add_span (out, text);
  else
    from_latin (text, FALSE, out);
}

void
pli_words_decode (PliSpan value, PliBuffer *out)
{
  g_auto (PliBuffer) bytes = { 0 };
  PliCursor c = pli_cursor (value);
  const char *plain = c.at; /* not yet written */
  gboolean after_word = FALSE;

  while (c.at < c.end)
    {
      const char *start = memchr (c.at, '=', (gsize) (c.end - c.at));
      PliSpan before, whole;
      Word word, next;
      gsize had;

      if (!start)
        break;
      c.at = start;
      if (!read_word (&c, &word))
        {
          c.at++;
          continue;
        }
      /* RFC 2047 6.2: white space between encoded words is not shown. */
      before = pli_span (plain, (gsize) (start - plain));
      if (!after_word || pli_span_trim (before).len > 0)
        add_plain (before, &bytes, out);
      bytes.len = 0;
      decode_word (&word, &bytes);
      whole.data = c.at;
      /* Mailers cut words inside of characters: what has one charset is converted together. */
      for (PliCursor ahead = c; bytes.len < WORD_MAX; c = ahead, whole.data = c.at)
        {
          while (ahead.at < ahead.end && pli_is (*ahead.at, PLI_CLASS_BLANK))
            ahead.at++;
          if (!pli_cursor_is (&ahead, '=') || !read_word (&ahead, &next)
              || !pli_span_equal_nocase (next.charset, word.charset))
            break;
          decode_word (&next, &bytes);
        }
      had = out->len;
      if (!pli_charset_to_utf8 (word.charset, pli_buffer_span (&bytes), out) && out->len == had && bytes.len > 0)
        {
          add_plain (pli_span (start, (gsize) (whole.data - start)), &bytes, out);
          after_word = FALSE;
        }
      else
        after_word = TRUE;
      /* No line ends or NULs from inside of words. */
      for (; had < out->len; had++)
        if ((guint8) out->data[had] < 32)
          out->data[had] = ' ';
      plain = c.at;
    }
  if (plain < c.end)
    add_plain (pli_span (plain, (gsize) (c.end - plain)), &bytes, out);
}

/* RFC 2231 4: charset'language'%XX… */
static void
decode_extended (PliSpan value, PliBuffer *out)
{
  g_auto (PliBuffer) bytes = { 0 };
  gssize first = pli_span_find (value, '\''), second = -1;
  PliSpan charset = { NULL, 0 }, text = value;

  if (first >= 0 && (second = pli_span_find (pli_span_skip (value, (gsize) first + 1), '\'')) >= 0)
    {
      charset = pli_span_head (value, (gsize) first);
      text = pli_span_skip (value, (gsize) first + (gsize) second + 2);
    }
  for (gsize i = 0; i < text.len; i++)
    {
      const char *at = text.data + i;

      if (*at == '%' && i + 2 < text.len && g_ascii_isxdigit (at[1]) && g_ascii_isxdigit (at[2]))
        {
          pli_buffer_add_char (&bytes, (char) (g_ascii_xdigit_value (at[1]) << 4 | g_ascii_xdigit_value (at[2])));
          i += 2;
        }
      else
        pli_buffer_add_char (&bytes, *at);
    }
  first = (gssize) out->len;
  if (!pli_charset_to_utf8 (charset, pli_buffer_span (&bytes), out) && out->len == (gsize) first)
    from_latin (pli_buffer_span (&bytes), FALSE, out);
}

gboolean
pli_mime_param (const PliMimePart *part, gboolean of_disposition, const char *name, PliBuffer *out)
{
  const PliMimeParam *params = of_disposition ? part->disposition_params : part->params;
  guint n = of_disposition ? part->n_disposition_params : part->n_params;
  const PliMimeParam *found = NULL;
  gboolean extended = FALSE;

  /* RFC 2231 says nothing of both; RFC 6266 4.3 prefers `name*`. */
  for (guint i = 0; i < n && !extended; i++)
    {
      PliSpan key = params[i].name;

      extended = key.data[key.len - 1] == '*';
      key.len -= extended;
      if (pli_span_is_nocase (key, name) && (extended || !found))
        found = &params[i];
      else
        extended = FALSE;
    }
  if (!found)
    return FALSE;
  if (extended)
    decode_extended (found->value, out);
  else
    pli_words_decode (found->value, out);
  return TRUE;
}
