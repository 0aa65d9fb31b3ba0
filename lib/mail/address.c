/* address.c: addresses of the SMTP envelope: paths, local parts, domains, address literals.
 *
 * Strict: what is refused here cannot be written back, compared or sent on safely. The lenient grammar of addresses in
 * headers is envelope.c. No IDNA: labels in UTF-8 stay as they are. Called by proto-smtp, the queue, rules and aliases.
 * RFC 5321 4.1.2, 4.1.3, 4.5.3.1; RFC 6531 3.3. */
#include "mail/token.h"

/* Both parts are collected here first, so that nothing of the wire's length is ever allocated. */
typedef struct
{
  PliCursor c;
  guint flags;
  gboolean utf8;
  char local[PLI_LOCAL_MAX];
  gsize local_len;
  char domain[PLI_DOMAIN_MAX];
  gsize domain_len;
  GError **error;
} Parser;

static gboolean
refuse (Parser *p, PliErrorCode code, const char *why)
{
  g_set_error_literal (p->error, PLI_ERROR, code, why);
  return FALSE;
}

static gboolean
add_local (Parser *p, char ch)
{
  if (p->local_len == PLI_LOCAL_MAX)
    return refuse (p, PLI_ERROR_LIMIT, "local part too long");
  p->local[p->local_len++] = ch;
  return TRUE;
}

static gboolean
high_byte (Parser *p, char ch)
{
  if ((guint8) ch < 128 || !(p->flags & PLI_PATH_UTF8))
    return FALSE;
  p->utf8 = TRUE;
  return TRUE;
}

/* RFC 5321: Dot-string = Atom *("." Atom) */
static gboolean
parse_dot_string (Parser *p)
{
  gboolean need_atom = TRUE;

  for (; p->c.at < p->c.end; p->c.at++)
    {
      char ch = *p->c.at;

      if (ch == '.')
        {
          if (need_atom)
            return refuse (p, PLI_ERROR_SYNTAX, "misplaced dot in local part");
          need_atom = TRUE;
        }
      else if (pli_is (ch, PLI_CLASS_ATEXT) || high_byte (p, ch))
        need_atom = FALSE;
      else
        break;
      if (!add_local (p, ch))
        return FALSE;
    }
  if (need_atom)
    return refuse (p, PLI_ERROR_SYNTAX, p->local_len ? "misplaced dot in local part" : "local part missing");
  return TRUE;
}

/* RFC 5321: Quoted-string = DQUOTE *QcontentSMTP DQUOTE; no control characters, no folding. */
static gboolean
parse_quoted (Parser *p)
{
  const char *start = p->c.at;

  for (p->c.at++; p->c.at < p->c.end; p->c.at++)
    {
      char ch = *p->c.at;

      if (ch == '"')
        {
          /* RFC 5321 4.5.3.1.1 counts what is written, quotes too. */
          if (++p->c.at - start > PLI_LOCAL_MAX)
            return refuse (p, PLI_ERROR_LIMIT, "local part too long");
          return TRUE;
        }
      if (ch == '\\' && ++p->c.at < p->c.end)
        ch = *p->c.at;
      else if (ch == '\\')
        break;
      if (!((ch >= 32 && ch < 127) || high_byte (p, ch)))
        return refuse (p, PLI_ERROR_SYNTAX, "character not allowed in quoted local part");
      if (!add_local (p, ch))
        return FALSE;
    }
  return refuse (p, PLI_ERROR_SYNTAX, "quoted local part not closed");
}

gboolean
pli_domain_valid (PliSpan domain, gboolean utf8)
{
  gsize label = 0;
  gboolean high = FALSE;

  if (domain.len == 0 || domain.len > PLI_DOMAIN_MAX)
    return FALSE;
  for (gsize i = 0; i < domain.len; i++)
    {
      char ch = domain.data[i];

      if (ch == '.')
        {
          if (label == 0 || domain.data[i - 1] == '-')
            return FALSE;
          label = 0;
          continue;
        }
      if ((guint8) ch >= 128)
        high = TRUE;
      else if (!pli_is (ch, PLI_CLASS_LETDIG) && (ch != '-' || label == 0))
        return FALSE;
      if (++label > 63)
        return FALSE;
    }
  if (label == 0 || domain.data[domain.len - 1] == '-')
    return FALSE;
  return !high || (utf8 && g_utf8_validate (domain.data, (gssize) domain.len, NULL));
}

static gboolean
ipv4_valid (PliCursor *c)
{
  for (guint i = 0; i < 4; i++)
    {
      guint number, digits;

      if (i > 0)
        {
          if (!pli_cursor_is (c, '.'))
            return FALSE;
          c->at++;
        }
      if (!pli_cursor_number (c, &number, &digits) || digits > 3 || number > 255)
        return FALSE;
    }
  return c->at == c->end;
}

/* RFC 5321 4.1.3: groups of hexadecimal digits, one "::", an IPv4 address in place of the last two groups. */
static gboolean
ipv6_valid (PliCursor *c)
{
  guint groups = 0;
  gboolean gap = FALSE;

  while (c->at < c->end)
    {
      const char *start = c->at;

      if (c->end - start >= 2 && start[0] == ':' && start[1] == ':')
        {
          if (gap)
            return FALSE;
          gap = TRUE;
          c->at += 2;
          if (c->at == c->end)
            break;
        }
      else if (groups > 0)
        {
          if (*start != ':')
            return FALSE;
          c->at++;
        }
      start = c->at;
      while (c->at < c->end && g_ascii_isxdigit (*c->at))
        c->at++;
      if (c->at == start || c->at - start > 4)
        return FALSE;
      if (pli_cursor_is (c, '.'))
        {
          c->at = start;
          groups += 2;
          if (!ipv4_valid (c))
            return FALSE;
          break;
        }
      if (++groups > 8)
        return FALSE;
    }
  /* RFC 4291 allows "::" for a single group, which RFC 5321 does not; both are understood everywhere. */
  return gap ? groups <= 7 : groups == 8;
}

gboolean
pli_address_literal_valid (PliSpan literal)
{
  PliCursor c;

  if (literal.len < 3 || literal.data[0] != '[' || literal.data[literal.len - 1] != ']')
    return FALSE;
  literal = pli_span (literal.data + 1, literal.len - 2);
  if (pli_span_starts_nocase (literal, "IPv6:"))
    {
      c = pli_cursor (pli_span_skip (literal, 5));
      return ipv6_valid (&c);
    }
  c = pli_cursor (literal);
  return ipv4_valid (&c);
}

/* At the domain; @keep is FALSE in a source route. */
static gboolean
parse_domain (Parser *p, gboolean keep)
{
  const char *start = p->c.at;
  PliSpan domain;

  if (pli_cursor_is (&p->c, '['))
    {
      const char *close = memchr (start, ']', (gsize) (p->c.end - start));

      domain = pli_span (start, close ? (gsize) (close + 1 - start) : 0);
      if (!pli_address_literal_valid (domain))
        return refuse (p, PLI_ERROR_SYNTAX, "address literal not valid");
      p->c.at = close + 1;
    }
  else
    {
      while (p->c.at < p->c.end
             && (pli_is (*p->c.at, PLI_CLASS_LETDIG) || *p->c.at == '.' || *p->c.at == '-' || (guint8) *p->c.at >= 128))
        p->c.at++;
      domain = pli_span (start, (gsize) (p->c.at - start));
      if (domain.len > PLI_DOMAIN_MAX)
        return refuse (p, PLI_ERROR_LIMIT, "domain too long");
      if (!pli_domain_valid (domain, (p->flags & PLI_PATH_UTF8) != 0))
        return refuse (p, PLI_ERROR_SYNTAX, domain.len ? "domain not valid" : "domain missing");
    }
  if (domain.len > PLI_DOMAIN_MAX)
    return refuse (p, PLI_ERROR_LIMIT, "domain too long");
  for (gsize i = 0; keep && i < domain.len; i++)
    {
      p->domain[i] = g_ascii_tolower (domain.data[i]);
      high_byte (p, domain.data[i]);
      p->domain_len = i + 1;
    }
  return TRUE;
}

/* RFC 5321: A-d-l ":"; "MUST be accepted, SHOULD NOT be generated, and SHOULD be ignored". */
static gboolean
parse_route (Parser *p)
{
  while (pli_cursor_is (&p->c, '@'))
    {
      p->c.at++;
      if (!parse_domain (p, FALSE))
        return FALSE;
      if (pli_cursor_is (&p->c, ':'))
        {
          p->c.at++;
          return TRUE;
        }
      if (!pli_cursor_is (&p->c, ','))
        break;
      p->c.at++;
    }
  return refuse (p, PLI_ERROR_SYNTAX, "source route not valid");
}

/* Up to @stop, 0 for the end of the text. */
static gboolean
parse_mailbox (Parser *p, char stop)
{
  gboolean quoted = pli_cursor_is (&p->c, '"');

  if (!(quoted ? parse_quoted (p) : parse_dot_string (p)))
    return FALSE;
  if (p->utf8 && !g_utf8_validate (p->local, (gssize) p->local_len, NULL))
    return refuse (p, PLI_ERROR_SYNTAX, "local part is not UTF-8");
  if (pli_cursor_is (&p->c, '@'))
    {
      p->c.at++;
      if (!parse_domain (p, TRUE))
        return FALSE;
      if (p->local_len + 1 + p->domain_len > PLI_PATH_MAX - 2)
        return refuse (p, PLI_ERROR_LIMIT, "address too long");
    }
  else if (!(p->flags & PLI_PATH_POSTMASTER) || !pli_span_is_nocase (pli_span (p->local, p->local_len), "postmaster"))
    return refuse (p, PLI_ERROR_SYNTAX, "domain missing");
  if (stop ? !pli_cursor_is (&p->c, stop) : p->c.at < p->c.end)
    return refuse (p, PLI_ERROR_SYNTAX, stop ? "\">\" expected" : "text behind the address");
  return TRUE;
}

static void
give (const Parser *p, PliArena *arena, PliAddress *out)
{
  char *text = pli_arena_alloc (arena, p->local_len + p->domain_len + 1);

  memcpy (text, p->local, p->local_len);
  memcpy (text + p->local_len, p->domain, p->domain_len);
  out->local = pli_span (text, p->local_len);
  out->domain = pli_span (text + p->local_len, p->domain_len);
  out->null_path = FALSE;
  out->utf8 = p->utf8;
}

static void
give_null (PliAddress *out)
{
  out->local = out->domain = PLI_SPAN ("");
  out->null_path = TRUE;
  out->utf8 = FALSE;
}

gboolean
pli_address_parse_path (PliSpan in, guint flags, PliArena *arena, PliAddress *out_address, gsize *out_consumed,
                        GError **error)
{
  Parser p;

  p.c = pli_cursor (in);
  p.flags = flags;
  p.error = error;
  p.utf8 = FALSE;
  p.local_len = p.domain_len = 0;
  if (!pli_cursor_is (&p.c, '<'))
    return refuse (&p, PLI_ERROR_SYNTAX, "\"<\" expected");
  p.c.at++;
  if (pli_cursor_is (&p.c, '>') && (flags & PLI_PATH_NULL))
    give_null (out_address);
  else
    {
      if (pli_cursor_is (&p.c, '@') && !parse_route (&p))
        return FALSE;
      if (!parse_mailbox (&p, '>'))
        return FALSE;
      give (&p, arena, out_address);
    }
  if (out_consumed)
    *out_consumed = (gsize) (p.c.at + 1 - in.data);
  return TRUE;
}

gboolean
pli_address_parse (PliSpan in, guint flags, PliArena *arena, PliAddress *out_address, GError **error)
{
  Parser p;

  if (in.len == 0 && (flags & PLI_PATH_NULL))
    {
      give_null (out_address);
      return TRUE;
    }
  p.c = pli_cursor (in);
  p.flags = flags;
  p.error = error;
  p.utf8 = FALSE;
  p.local_len = p.domain_len = 0;
  if (!parse_mailbox (&p, 0))
    return FALSE;
  give (&p, arena, out_address);
  return TRUE;
}

static gboolean
needs_quotes (PliSpan local)
{
  gboolean need_atom = TRUE;

  for (gsize i = 0; i < local.len; i++)
    {
      char ch = local.data[i];

      if (ch == '.' ? need_atom : !pli_is (ch, PLI_CLASS_ATEXT) && (guint8) ch < 128)
        return TRUE;
      need_atom = ch == '.';
    }
  return need_atom;
}

char *
pli_address_text (PliArena *arena, const PliAddress *address)
{
  PliSpan local = address->local;
  char *text, *at;

  if (address->null_path)
    return pli_arena_strdup (arena, "");
  at = text = pli_arena_alloc (arena, 2 * local.len + address->domain.len + 4);
  if (needs_quotes (local))
    {
      *at++ = '"';
      for (gsize i = 0; i < local.len; i++)
        {
          if (local.data[i] == '"' || local.data[i] == '\\')
            *at++ = '\\';
          *at++ = local.data[i];
        }
      *at++ = '"';
    }
  else
    {
      memcpy (at, local.data, local.len);
      at += local.len;
    }
  if (address->domain.len > 0)
    {
      *at++ = '@';
      memcpy (at, address->domain.data, address->domain.len);
    }
  return text;
}

gboolean
pli_address_split_detail (PliSpan local, char separator, PliSpan *out_user, PliSpan *out_detail)
{
  gssize at = local.len > 1 ? pli_span_find (pli_span_skip (local, 1), separator) : -1;

  *out_user = at < 0 ? local : pli_span_head (local, (gsize) at + 1);
  *out_detail = at < 0 ? pli_span (NULL, 0) : pli_span_skip (local, (gsize) at + 2);
  return at >= 0;
}
