/* name.c: names of mailboxes, brought to one form: UTF-8 without control characters, no empty level, INBOX in capitals
 * whatever the client wrote. RFC 9051 5.1. */
#include "pack.h"

static const char *const role_names[] = { "none", "inbox", "archive", "drafts", "junk", "sent", "trash" };

gboolean
pack_folder_parse (const char *word, char **out_name, guint32 *out_role)
{
  const char *colon = strrchr (word, ':');

  *out_role = PLI_ROLE_NONE;
  *out_name = colon ? g_strndup (word, (gsize) (colon - word)) : g_strdup (word);
  if (!colon)
    return TRUE;
  for (guint32 role = PLI_ROLE_ARCHIVE; role < G_N_ELEMENTS (role_names); role++)
    if (g_str_equal (colon + 1, role_names[role]))
      *out_role = role;
  return *out_role != PLI_ROLE_NONE;
}

static gboolean
is_inbox (const char *name)
{
  return g_ascii_strncasecmp (name, "INBOX", 5) == 0 && (name[5] == 0 || name[5] == '/');
}

char *
pack_name (const PackSettings *settings, const char *name, GError **error)
{
  gsize len = name ? strlen (name) : 0;
  g_autofree char *normal = NULL;
  gint64 depth = 1;

  if (len > 1 && name[len - 1] == '/')
    len--;
  if (len > (gsize) settings->name_max)
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_LIMIT, "the mailbox name is too long");
      return NULL;
    }
  normal = g_strndup (name, len);
  if (len == 0 || !g_utf8_validate (normal, (gssize) len, NULL) || normal[0] == '/' || normal[len - 1] == '/'
      || strstr (normal, "//"))
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_SYNTAX, "that cannot be the name of a mailbox");
      return NULL;
    }
  for (const char *c = normal; *c; c = g_utf8_next_char (c))
    {
      if (g_unichar_iscntrl (g_utf8_get_char (c)))
        {
          g_set_error_literal (error, PLI_ERROR, PLI_ERROR_SYNTAX, "mailbox names have no control characters");
          return NULL;
        }
      depth += *c == '/';
    }
  if (depth > settings->depth_max)
    {
      g_set_error_literal (error, PLI_ERROR, PLI_ERROR_LIMIT, "the mailbox name has too many levels");
      return NULL;
    }
  if (is_inbox (normal))
    memcpy (normal, "INBOX", 5);
  return g_steal_pointer (&normal);
}

gboolean
pack_name_is_below (const char *name, const char *parent)
{
  gsize len = strlen (parent);

  return strncmp (name, parent, len) == 0 && name[len] == '/';
}
