/* envelope.c: addresses in headers, and the IMAP ENVELOPE made of them.
 *
 * Lenient: any text gives addresses of some kind, since a client must be shown something. What the envelope of SMTP
 * accepts is address.c. RFC 5322 3.4 and 4.4; RFC 3501 7.4.2. */
#include "mail/token.h"

#define NAME_MAX_BYTES 16384 /* of one name or address, raw */

/* Ends an unquoted word in a phrase or a local part. */
static gboolean
ends_word (char c)
{
  return pli_is (c, PLI_CLASS_BLANK) || c == '"' || c == '(' || c == '<' || c == '>' || c == '@' || c == ',' || c == ';'
         || c == ':';
}

/* Copies the words of @raw without comments and quotes; one space between words if @spaced. */
static PliSpan
join_words (PliSpan raw, gboolean spaced, PliArena *arena)
{
  PliCursor c = pli_cursor (raw);
  char *text = pli_arena_alloc (arena, raw.len + 1);
  gsize len = 0;

  while (c.at < c.end)
    {
      const char *before = c.at, *start;
      PliSpan word;

      pli_cursor_skip (&c, NULL);
      start = c.at;
      if (c.at == c.end)
        break;
      if (spaced && start > before && len > 0)
        text[len++] = ' ';
      if (pli_cursor_is (&c, '"'))
        word = pli_unquote (pli_cursor_quoted (&c), arena);
      else
        {
          /* Behind its first byte, which may be any. */
          for (c.at++; c.at < c.end && !pli_is (*c.at, PLI_CLASS_BLANK) && *c.at != '"' && *c.at != '(';)
            c.at++;
          word = pli_span (start, (gsize) (c.at - start));
        }
      memcpy (text + len, word.data, word.len);
      len += word.len;
    }
  return pli_span (text, len);
}

/* The text of raw words, which mostly is the raw words. */
static PliSpan
words (PliSpan raw, gboolean spaced, PliArena *arena)
{
  raw = pli_span_head (pli_span_trim (raw), NAME_MAX_BYTES);
  for (gsize i = 0; i < raw.len; i++)
    {
      char c = raw.data[i];

      if (c == '"' && i == 0)
        {
          PliCursor cursor = pli_cursor (raw);
          PliSpan inside = pli_cursor_quoted (&cursor);

          if (cursor.at == cursor.end)
            return pli_unquote (inside, arena);
        }
      if (c == '"' || c == '(' || c == '\r' || c == '\n' || c == '\t'
          || (c == ' ' && (!spaced || raw.data[i + 1] == ' ')))
        return join_words (raw, spaced, arena);
    }
  return raw;
}

/* Steps over words, quoted strings and comments up to a special character that is not one of theirs. */
static PliSpan
skip_phrase (PliCursor *c, PliSpan *out_comment)
{
  const char *start, *end;

  pli_cursor_skip (c, out_comment);
  start = end = c->at;
  while (c->at < c->end)
    {
      if (*c->at == '"')
        pli_cursor_quoted (c);
      else if (!ends_word (*c->at))
        {
          while (c->at < c->end && !ends_word (*c->at))
            c->at++;
        }
      else
        break;
      end = c->at;
      pli_cursor_skip (c, out_comment);
    }
  return pli_span (start, (gsize) (end - start));
}

/* Behind `@`: dot-atom or literal, raw. Lenient: a second `@` belongs to it. */
static PliSpan
skip_domain (PliCursor *c, PliSpan *out_comment)
{
  const char *start, *end;

  pli_cursor_skip (c, out_comment);
  start = end = c->at;
  while (c->at < c->end && *c->at != ',' && *c->at != ';' && *c->at != '<' && *c->at != '>')
    {
      const char *close = *c->at == '[' ? memchr (c->at, ']', (gsize) MIN (c->end - c->at, 256)) : NULL;

      /* A blank or a comment is inside of a domain beside a dot only; other words are not its. */
      if (end > start && c->at > end && *c->at != '.' && end[-1] != '.')
        break;
      c->at = close ? close + 1 : c->at + 1;
      end = c->at;
      if (c->at < c->end && (pli_is (*c->at, PLI_CLASS_BLANK) || *c->at == '('))
        pli_cursor_skip (c, out_comment);
    }
  return pli_span (start, (gsize) (end - start));
}

static PliSpan
or_missing (PliSpan text, const char *missing)
{
  return text.len > 0 ? text : pli_span_from (missing);
}

/* Behind `<`. */
static void
read_angle (PliCursor *c, PliArena *arena, PliMailbox *out)
{
  PliSpan local, domain = { NULL, 0 };

  pli_cursor_skip (c, NULL);
  if (pli_cursor_is (c, '@'))
    {
      const char *start = c->at, *colon = start;

      while (colon < c->end && *colon != ':' && *colon != '>' && *colon != '<')
        colon++;
      if (colon < c->end && *colon == ':')
        {
          out->route = words (pli_span (start, (gsize) (colon - start)), FALSE, arena);
          c->at = colon + 1;
        }
    }
  local = skip_phrase (c, NULL);
  if (pli_cursor_is (c, ':') && local.len > 0) /* `<mailto:user@domain>` */
    {
      PliSpan more;

      c->at++;
      more = skip_phrase (c, NULL);
      local.len = (gsize) (more.data + more.len - local.data);
    }
  if (pli_cursor_is (c, '@'))
    {
      c->at++;
      domain = skip_domain (c, NULL);
    }
  out->local = or_missing (words (local, FALSE, arena), "MISSING_MAILBOX");
  out->domain = or_missing (words (domain, FALSE, arena), "MISSING_DOMAIN");
  while (c->at < c->end && *c->at != '>' && *c->at != ',')
    c->at++;
  if (pli_cursor_is (c, '>'))
    c->at++;
}

/* Up to the separator behind an address. */
static void
skip_rest (PliCursor *c, gboolean in_group)
{
  while (c->at < c->end && *c->at != ',' && !(in_group && *c->at == ';'))
    {
      if (*c->at == '"')
        pli_cursor_quoted (c);
      else if (*c->at == '(')
        pli_cursor_skip (c, NULL);
      else
        c->at++;
    }
}

/* At something other than blanks and separators. FALSE when it is nothing. */
static gboolean
read_mailbox (PliCursor *c, gboolean *in_group, PliArena *arena, PliMailbox *out)
{
  PliSpan comment = { NULL, 0 }, phrase;

  phrase = skip_phrase (c, &comment);
  if (pli_cursor_is (c, '<'))
    {
      c->at++;
      if (phrase.len > 0)
        out->name = words (phrase, TRUE, arena);
      read_angle (c, arena, out);
      pli_cursor_skip (c, &comment);
    }
  else if (pli_cursor_is (c, ':') && !*in_group)
    {
      c->at++;
      out->local = words (phrase, TRUE, arena);
      *in_group = TRUE;
      return TRUE;
    }
  else
    {
      PliSpan domain = { NULL, 0 };

      if (pli_cursor_is (c, '@'))
        {
          c->at++;
          domain = skip_domain (c, &comment);
        }
      else if (c->at < c->end && *c->at != ',' && *c->at != ';')
        c->at++;
      if (phrase.len == 0 && domain.len == 0)
        return FALSE;
      out->local = or_missing (words (phrase, FALSE, arena), "MISSING_MAILBOX");
      out->domain = or_missing (words (domain, FALSE, arena), "MISSING_DOMAIN");
    }
  if (out->name.len == 0)
    out->name = comment.len > 0 ? pli_unquote (comment, arena) : pli_span (NULL, 0);
  skip_rest (c, *in_group);
  return TRUE;
}

gboolean
pli_mailbox_next (PliMailboxIter *iter, PliArena *arena, PliMailbox *out_mailbox)
{
  PliCursor c = pli_cursor (iter->rest);
  gboolean found = FALSE;

  memset (out_mailbox, 0, sizeof *out_mailbox);
  while (!found)
    {
      /* Comments that stand alone are nobody's name, but one before an address may be its. */
      while (c.at < c.end && (pli_is (*c.at, PLI_CLASS_BLANK) || *c.at == ',' || (*c.at == ';' && !iter->in_group)))
        c.at++;
      if (c.at == c.end || *c.at == ';')
        {
          found = iter->in_group;
          iter->in_group = FALSE;
          c.at += c.at < c.end;
          break;
        }
      found = read_mailbox (&c, &iter->in_group, arena, out_mailbox);
    }
  iter->rest = pli_span (c.at, (gsize) (c.end - c.at));
  return found;
}

void
pli_render_nstring (PliSpan text, gsize max, PliBuffer *out)
{
  gboolean literal = FALSE;
  gsize escapes = 0, drops = 0;
  char *at;

  if (!text.data)
    {
      pli_buffer_add (out, "NIL", 3);
      return;
    }
  text = pli_span_head (text, max);
  for (gsize i = 0; i < text.len; i++)
    {
      guint8 c = (guint8) text.data[i];

      escapes += c == '"' || c == '\\';
      drops += c == 0 || c == '\r' || c == '\n';
      literal |= (c < 32 && c != '\t' && c != 0 && c != '\r' && c != '\n') || c >= 127;
    }
  if (literal)
    pli_buffer_printf (out, "{%" G_GSIZE_FORMAT "}\r\n", text.len - drops);
  at = pli_buffer_reserve (out, text.len + escapes + 2);
  if (!literal)
    *at++ = '"';
  if (literal ? drops == 0 : escapes + drops == 0)
    {
      memcpy (at, text.data, text.len);
      at += text.len;
    }
  else
    for (gsize i = 0; i < text.len; i++)
      {
        char c = text.data[i];

        if (c == 0 || c == '\r' || c == '\n')
          continue;
        if (!literal && (c == '"' || c == '\\'))
          *at++ = '\\';
        *at++ = c;
      }
  if (!literal)
    *at++ = '"';
  out->len = (gsize) (at - out->data);
}

/* FALSE, and nothing written, when there is no address. */
static gboolean
write_addresses (PliSpan value, gsize max, gsize *left, PliArena *arena, PliBuffer *out)
{
  PliMailboxIter iter = { value, FALSE };
  PliMailbox box;
  gsize start = out->len;

  while (value.data && pli_mailbox_next (&iter, arena, &box))
    {
      gsize before = out->len, cost;

      pli_buffer_add_text (out, before == start ? "((" : "(");
      pli_render_nstring (box.name, max, out);
      pli_buffer_add_char (out, ' ');
      pli_render_nstring (box.route, max, out);
      pli_buffer_add_char (out, ' ');
      pli_render_nstring (box.local, max, out);
      pli_buffer_add_char (out, ' ');
      pli_render_nstring (box.domain, max, out);
      pli_buffer_add_char (out, ')');
      cost = out->len - before;
      if (cost > *left)
        {
          out->len = before;
          break;
        }
      *left -= cost;
    }
  if (out->len == start)
    return FALSE;
  pli_buffer_add_char (out, ')');
  return TRUE;
}

static void
write_or_nil (PliSpan value, gsize max, gsize *left, PliArena *arena, PliBuffer *out)
{
  if (!write_addresses (value, max, left, arena, out))
    pli_buffer_add (out, "NIL", 3);
}

/* RFC 3501 7.4.2: sender and reply-to that are missing or empty are set to from. */
static void
write_or_from (PliSpan value, gsize from, gsize from_len, gsize max, gsize *left, PliArena *arena, PliBuffer *out)
{
  if (write_addresses (value, max, left, arena, out))
    return;
  pli_buffer_reserve (out, from_len);
  memcpy (out->data + out->len, out->data + from, from_len);
  out->len += from_len;
}

void
pli_envelope_write (const PliEnvelope *e, gsize max, gsize *left, PliArena *arena, PliBuffer *out)
{
  gsize from, from_len;

  pli_buffer_add_char (out, '(');
  pli_render_nstring (e->date, max, out);
  pli_buffer_add_char (out, ' ');
  pli_render_nstring (e->subject, max, out);
  pli_buffer_add_char (out, ' ');
  from = out->len;
  write_or_nil (e->from, max, left, arena, out);
  from_len = out->len - from;
  pli_buffer_add_char (out, ' ');
  write_or_from (e->sender, from, from_len, max, left, arena, out);
  pli_buffer_add_char (out, ' ');
  write_or_from (e->reply_to, from, from_len, max, left, arena, out);
  pli_buffer_add_char (out, ' ');
  write_or_nil (e->to, max, left, arena, out);
  pli_buffer_add_char (out, ' ');
  write_or_nil (e->cc, max, left, arena, out);
  pli_buffer_add_char (out, ' ');
  write_or_nil (e->bcc, max, left, arena, out);
  pli_buffer_add_char (out, ' ');
  pli_render_nstring (e->in_reply_to, max, out);
  pli_buffer_add_char (out, ' ');
  pli_render_nstring (e->message_id, max, out);
  pli_buffer_add_char (out, ')');
}
