/* filename.c: names of files in a Maildir: BASE:2,FLAGS, the flags being D F R S T, letters for keywords, and what other
 * programs have there (P). A base may tell the size of the file (,S=) and of the message with CRLF (,W=), as Dovecot's does.
 *
 * A local delivery has a base made of its place in the queue's segment: after a crash the file itself says that it was
 * taken. https://cr.yp.to/proto/maildir.html */
#include "maildir.h"

static const struct
{
  char letter;
  guint32 flag;
} flags[] = { { 'D', PLI_FLAG_DRAFT },
              { 'F', PLI_FLAG_FLAGGED },
              { 'R', PLI_FLAG_ANSWERED },
              { 'S', PLI_FLAG_SEEN },
              { 'T', PLI_FLAG_DELETED } };

static gboolean
take_flag (char c, MaildirFileName *out)
{
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    if (flags[i].letter == c)
      {
        out->flags |= flags[i].flag;
        return TRUE;
      }
  if (c < 'a' || c > 'z')
    return FALSE;
  out->letters |= 1u << (c - 'a');
  return TRUE;
}

void
maildir_filename_parse (const char *file, MaildirFileName *out)
{
  const char *colon = strchr (file, ':');
  guint n = 0;

  memset (out, 0, sizeof *out);
  out->base = pli_span (file, colon ? (gsize) (colon - file) : strlen (file));
  if (!colon || strncmp (colon, ":2,", 3) != 0)
    return;
  for (const char *c = colon + 3; *c && *c != ','; c++)
    if (!take_flag (*c, out) && n + 1 < sizeof out->other && !strchr (out->other, *c))
      out->other[n++] = *c;
}

static gint
compare_chars (gconstpointer a, gconstpointer b)
{
  return *(const char *) a - *(const char *) b;
}

/* Letters rise, as the format asks. */
char *
maildir_filename_make (const MaildirFileName *name)
{
  char info[sizeof name->other + MAILDIR_LETTERS + G_N_ELEMENTS (flags)];
  gsize n = strlen (name->other);

  memcpy (info, name->other, n);
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    if (name->flags & flags[i].flag)
      info[n++] = flags[i].letter;
  for (guint i = 0; i < MAILDIR_LETTERS; i++)
    if (name->letters >> i & 1)
      info[n++] = (char) ('a' + i);
  qsort (info, n, 1, compare_chars);
  return g_strdup_printf ("%.*s:2,%.*s", (int) name->base.len, name->base.data, (int) n, info);
}

gboolean
maildir_filename_same (const char *a, const char *b)
{
  gsize n = strcspn (a, ":");

  return n == strcspn (b, ":") && memcmp (a, b, n) == 0;
}

gboolean
maildir_filename_size (PliSpan base, char key, guint64 *out)
{
  for (gsize i = 0; i + 3 < base.len; i++)
    if (base.data[i] == ',' && base.data[i + 1] == key && base.data[i + 2] == '=')
      {
        PliSpan digits = pli_span_skip (base, i + 3);
        gssize comma = pli_span_find (digits, ',');

        return pli_span_to_u64 (comma < 0 ? digits : pli_span_head (digits, (gsize) comma), G_MAXUINT32, out);
      }
  return FALSE;
}

#define HEX G_GINT64_MODIFIER "x"

char *
maildir_filename_delivery (const PliDelivery *item, gsize physical, gsize virtual_bytes)
{
  gint64 at = MAX (item->received_us, 0);

  return g_strdup_printf (
      "%" G_GINT64_FORMAT ".M%" G_GINT64_FORMAT "P%" HEX "Q%" HEX "N%x.pli,S=%" G_GSIZE_FORMAT ",W=%" G_GSIZE_FORMAT,
      at / G_USEC_PER_SEC, at % G_USEC_PER_SEC, item->segment, item->offset, item->child, physical, virtual_bytes);
}

char *
maildir_filename_unique (gint64 now_us, gsize physical, gsize virtual_bytes)
{
  return g_strdup_printf (
      "%" G_GINT64_FORMAT ".M%" G_GINT64_FORMAT "R%08x%08x.pli,S=%" G_GSIZE_FORMAT ",W=%" G_GSIZE_FORMAT,
      now_us / G_USEC_PER_SEC, now_us % G_USEC_PER_SEC, g_random_int (), g_random_int (), physical, virtual_bytes);
}

static gboolean
take_hex (const char **at, char key, guint64 *out)
{
  char *end;

  if (**at != key || !g_ascii_isxdigit ((*at)[1]))
    return FALSE;
  *out = g_ascii_strtoull (*at + 1, &end, 16);
  *at = end;
  return TRUE;
}

gboolean
maildir_filename_is_delivery (PliSpan base, guint64 *out_segment, guint64 *out_offset, guint32 *out_child)
{
  g_autofree char *text = g_strndup (base.data, base.len);
  const char *at = text + strspn (text, "0123456789");
  guint64 child;

  if (at == text || strncmp (at, ".M", 2) != 0)
    return FALSE;
  at += 2;
  at += strspn (at, "0123456789");
  if (!take_hex (&at, 'P', out_segment) || !take_hex (&at, 'Q', out_offset) || !take_hex (&at, 'N', &child)
      || !g_str_has_prefix (at, ".pli,") || child > G_MAXUINT32)
    return FALSE;
  *out_child = (guint32) child;
  return TRUE;
}
