/* name.c: names of mailboxes, brought to one form (UTF-8 without control characters, no empty level, INBOX in capitals:
 * RFC 9051 5.1), and the folders of Maildir++ that stand for them: `.A.B` for A/B, in modified UTF-7 (RFC 3501 5.1.3); a dot
 * within a level is `\2e`, as Dovecot's plugin `listescape` writes it. */
#include "maildir.h"

static const char *const role_names[] = { "none", "inbox", "archive", "drafts", "junk", "sent", "trash" };

gboolean
maildir_folder_parse (const char *word, char **out_name, guint32 *out_role)
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

static gboolean
check_characters (const char *name, gint64 depth_max, GError **error)
{
  gint64 depth = 1;

  for (const char *c = name; *c; c = g_utf8_next_char (c))
    {
      if (g_unichar_iscntrl (g_utf8_get_char (c)))
        {
          g_set_error_literal (error, PLI_ERROR, PLI_ERROR_SYNTAX, "mailbox names have no control characters");
          return FALSE;
        }
      depth += *c == '/';
    }
  if (depth <= depth_max)
    return TRUE;
  g_set_error_literal (error, PLI_ERROR, PLI_ERROR_LIMIT, "the mailbox name has too many levels");
  return FALSE;
}

char *
maildir_name (const MaildirSettings *settings, const char *name, GError **error)
{
  gsize len = name ? strlen (name) : 0;
  g_autofree char *normal = NULL;

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
  if (!check_characters (normal, settings->depth_max, error))
    return NULL;
  if (is_inbox (normal))
    memcpy (normal, "INBOX", 5);
  return g_steal_pointer (&normal);
}

gboolean
maildir_name_is_below (const char *name, const char *parent)
{
  gsize len = strlen (parent);

  return strncmp (name, parent, len) == 0 && name[len] == '/';
}

char *
maildir_dir_of (const char *name, GError **error)
{
  g_auto (PliBuffer) coded = { 0 }, dir = { 0 };

  if (g_str_equal (name, "INBOX"))
    return g_strdup ("");
  pli_utf7_from_utf8 (pli_span_from (name), &coded);
  pli_buffer_add_char (&dir, '.');
  for (gsize i = 0; i < coded.len; i++)
    if (coded.data[i] == '.')
      pli_buffer_add_text (&dir, "\\2e");
    else if (coded.data[i] == '\\')
      pli_buffer_add_text (&dir, "\\5c");
    else
      pli_buffer_add_char (&dir, coded.data[i] == '/' ? '.' : coded.data[i]);
  if (dir.len <= 255)
    return g_strndup (dir.data, dir.len);
  g_set_error_literal (error, PLI_ERROR, PLI_ERROR_LIMIT, "the mailbox name is too long for a Maildir");
  return NULL;
}

char *
maildir_name_of (const char *dir)
{
  g_auto (PliBuffer) text = { 0 }, name = { 0 };

  if (dir[0] != '.' || dir[1] == 0 || dir[1] == '.')
    return NULL;
  for (const char *c = dir + 1; *c; c++)
    if (*c == '.')
      pli_buffer_add_char (&text, '/');
    else if (g_ascii_strncasecmp (c, "\\2e", 3) == 0 || g_ascii_strncasecmp (c, "\\5c", 3) == 0)
      {
        pli_buffer_add_char (&text, c[1] == '2' ? '.' : '\\');
        c += 2;
      }
    else
      pli_buffer_add_char (&text, *c);
  /* Trees made with UTF-8 names on disk are understood too. */
  if (!pli_utf7_to_utf8 (pli_buffer_span (&text), &name))
    return g_strndup (text.data, text.len);
  return g_strndup (name.data, name.len);
}
