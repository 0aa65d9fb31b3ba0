/* keywords.c: a mailbox's table of keywords: names for the bits of a mask. It only grows. */
#include "account.h"

#define NAME_MAX 255

const char *const *
pack_keywords (PackMailbox *mailbox, PliArena *arena)
{
  const char **names = pli_arena_array (arena, const char *, mailbox->keywords->len + 1);

  for (guint i = 0; i < mailbox->keywords->len; i++)
    names[i] = pli_arena_strdup (arena, mailbox->keywords->pdata[i]);
  return names;
}

static gint
find (PackMailbox *mailbox, const char *name)
{
  for (guint i = 0; i < mailbox->keywords->len; i++)
    if (g_ascii_strcasecmp (mailbox->keywords->pdata[i], name) == 0)
      return (gint) i;
  return -1;
}

/* The table is kept as lines. */
static gboolean
name_ok (const char *name)
{
  for (const guchar *c = (const guchar *) name; *c; c++)
    if (*c < 0x20 || *c == 0x7f)
      return FALSE;
  return *name && strlen (name) <= NAME_MAX;
}

gboolean
pack_keyword_bits (PackMailbox *mailbox, const char *const *names, gboolean make, guint64 *out_bits, GError **error)
{
  guint before = mailbox->keywords->len;

  *out_bits = 0;
  for (; names && *names; names++)
    {
      gint bit = find (mailbox, *names);

      if (bit < 0 && make)
        {
          if (mailbox->keywords->len == PACK_KEYWORDS_MAX || !name_ok (*names))
            {
              g_ptr_array_set_size (mailbox->keywords, (gint) before);
              g_set_error_literal (error, PLI_ERROR, PLI_ERROR_LIMIT,
                                   "the mailbox has too many keywords, or this cannot be one");
              return FALSE;
            }
          bit = (gint) mailbox->keywords->len;
          g_ptr_array_add (mailbox->keywords, g_strdup (*names));
        }
      if (bit >= 0)
        *out_bits |= G_GUINT64_CONSTANT (1) << bit;
    }
  mailbox->changed |= mailbox->keywords->len > before;
  return TRUE;
}
