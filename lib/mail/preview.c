/* preview.c: the first words of a message, for lists: RFC 8970, JMAP's `preview`.
 *
 * Best effort and bounded: the first text part that is no attachment, a few KiB of it, plain before HTML. Tags are
 * dropped, not understood: the text is shown as text. */
#include "mail/token.h"

#define CHARS_MAX 200 /* RFC 8970 3.1 */
#define PLAIN_MAX 3072
#define HTML_MAX 16384

static const PliMimePart *
find_text (const PliMimePart *part, const char *subtype)
{
  const PliMimePart *found = NULL;

  if (part->kind == PLI_MIME_LEAF)
    return pli_span_is_nocase (part->type, "text") && pli_span_is_nocase (part->subtype, subtype)
                   && !pli_span_is_nocase (part->disposition, "attachment") && part->body_len > 0
               ? part
               : NULL;
  for (part = part->children; part && !found; part = part->next)
    found = find_text (part, subtype);
  return found;
}

/* Behind `&`: the character, and how long its name is; 0 for none. */
static gunichar
entity (PliSpan s, gsize *out_len)
{
  static const struct
  {
    const char *name;
    gunichar c;
  } names[] = {
    { "amp;", '&' }, { "lt;", '<' }, { "gt;", '>' }, { "quot;", '"' }, { "nbsp;", ' ' }, { "apos;", '\'' }
  };
  gboolean hex = s.len > 1 && s.data[0] == '#' && (s.data[1] | 0x20) == 'x';
  gunichar c = 0;
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (names); i++)
    if (pli_span_starts (s, names[i].name))
      {
        *out_len = strlen (names[i].name);
        return names[i].c;
      }
  if (s.len == 0 || s.data[0] != '#')
    return 0;
  for (i = hex ? 2 : 1; i < s.len && i < 9 && s.data[i] != ';'; i++)
    {
      int digit = hex ? g_ascii_xdigit_value (s.data[i]) : g_ascii_digit_value (s.data[i]);

      if (digit < 0)
        return 0;
      c = c * (hex ? 16 : 10) + (gunichar) digit;
    }
  *out_len = i + 1;
  return i < s.len && s.data[i] == ';' && g_unichar_validate (c) ? c : 0;
}

/* Drops tags, comments, and what is inside of style, script and title, in place. */
static gsize
strip_tags (char *text, gsize len)
{
  static const char *const hidden[] = { "style", "script", "title" };
  const char *end = text + len, *at = text;
  char *to = text;

  while (at < end)
    {
      PliSpan rest = pli_span (at + 1, (gsize) (end - at - 1));
      gsize name_len;
      gunichar c;

      if (*at == '&' && (c = entity (rest, &name_len)) != 0)
        {
          to += g_unichar_to_utf8 (c, to); /* at most four bytes for five or more */
          at += 1 + name_len;
        }
      else if (*at == '<')
        {
          const char *close = memchr (at, '>', (gsize) (end - at));

          for (guint i = 0; i < G_N_ELEMENTS (hidden); i++)
            if (pli_span_starts_nocase (rest, hidden[i]))
              {
                const char *stop = g_strstr_len (at, end - at, "</");

                close = stop ? memchr (stop, '>', (gsize) (end - stop)) : NULL;
              }
          at = close ? close + 1 : end;
          *to++ = ' ';
        }
      else
        *to++ = *at++;
    }
  return (gsize) (to - text);
}

/* Collapses white space and cuts. @text is UTF-8. */
static PliSpan
collapse (PliSpan text, PliArena *arena)
{
  char *out = pli_arena_alloc (arena, MIN (text.len, 4 * CHARS_MAX) + 1);
  gsize len = 0;
  guint chars = 0;
  gboolean space = FALSE;

  for (gsize i = 0; i < text.len && len < 4 * CHARS_MAX; i++)
    {
      guint8 c = (guint8) text.data[i];

      if (c <= 32 || c == 127)
        {
          space = len > 0;
          continue;
        }
      if ((c & 0xc0) != 0x80)
        {
          if (chars + space >= CHARS_MAX)
            break;
          chars += 1 + space;
          if (space)
            out[len++] = ' ';
          space = FALSE;
        }
      out[len++] = (char) c;
    }
  return pli_span (out, len);
}

PliSpan
pli_preview (PliSpan message, const PliMimePart *root, PliArena *arena)
{
  g_auto (PliBuffer) bytes = { 0 }, text = { 0 };
  const PliMimePart *part = find_text (root, "plain");
  gboolean html = FALSE;
  PliSpan charset = { NULL, 0 }, body;
  PliDecoder decoder;

  if (!part)
    html = (part = find_text (root, "html")) != NULL;
  if (!part)
    return PLI_SPAN ("");
  body =
      pli_span_skip (pli_span_head (message, (gsize) (part->body_offset + part->body_len)), (gsize) part->body_offset);
  pli_decoder_init (&decoder, part->encoding);
  pli_decoder_feed (&decoder, pli_span_head (body, html ? HTML_MAX : PLAIN_MAX), &bytes);
  if (body.len <= (html ? HTML_MAX : PLAIN_MAX))
    pli_decoder_end (&decoder, &bytes);
  for (guint i = 0; i < part->n_params; i++)
    if (pli_span_is_nocase (part->params[i].name, "charset"))
      charset = part->params[i].value;
  if (!pli_charset_to_utf8 (charset, pli_buffer_span (&bytes), &text) && text.len == 0)
    pli_charset_to_utf8 (PLI_SPAN ("iso-8859-1"), pli_buffer_span (&bytes), &text);
  if (html && text.len > 0)
    text.len = strip_tags (text.data, text.len);
  return collapse (pli_buffer_span (&text), arena);
}
