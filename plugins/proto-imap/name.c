/* name.c: names of mailboxes between the wire (modified UTF-7, INBOX in any case) and the store (UTF-8).
 *
 * RFC 3501 5.1, 5.1.3; RFC 6154 2. */
#include "imap.h"

#define NAME_BYTES_MAX 1000

/* No empty level, no control character. */
static gboolean
is_valid (PliSpan name)
{
  if (name.len == 0 || name.len > NAME_BYTES_MAX || name.data[0] == '/' || name.data[name.len - 1] == '/')
    return FALSE;
  for (gsize i = 0; i < name.len; i++)
    if ((guchar) name.data[i] < ' ' || name.data[i] == 127
        || (name.data[i] == '/' && i + 1 < name.len && name.data[i + 1] == '/'))
      return FALSE;
  return TRUE;
}

gboolean
imap_mailbox_arg (ImapCmd *cmd, gboolean creates, const char **out)
{
  g_auto (PliBuffer) utf8 = { 0 };
  PliSpan wire, name;
  char *text;

  if (!imap_lex_astring (&cmd->lex, &wire))
    {
      imap_bad (cmd, "Mailbox name expected");
      return FALSE;
    }
  /* RFC 3501 6.3.3: the separator at the end announces children; the name is created without it. */
  if (creates && wire.len > 1 && wire.data[wire.len - 1] == '/')
    wire.len--;
  if (!pli_utf7_to_utf8 (wire, &utf8) || !is_valid (pli_buffer_span (&utf8)))
    {
      imap_no (cmd, creates ? "[CANNOT] Not a valid mailbox name" : "[NONEXISTENT] Not a valid mailbox name");
      return FALSE;
    }
  name = pli_buffer_span (&utf8);
  text = pli_arena_text (cmd->arena, name);
  if (name.len >= 5 && pli_span_is_nocase (pli_span_head (name, 5), "INBOX") && (name.len == 5 || name.data[5] == '/'))
    memcpy (text, "INBOX", 5);
  *out = text;
  return TRUE;
}

void
imap_write_mailbox (PliBuffer *out, const char *name)
{
  g_auto (PliBuffer) wire = { 0 };

  /* What is no UTF-8 in the store has no name on the wire. */
  if (!pli_utf7_from_utf8 (pli_span_from (name), &wire))
    pli_log (PLI_LOG_WARNING, "imap.bad-mailbox-name", "name", name, NULL);
  imap_write_astring (out, pli_buffer_span (&wire));
}

static const struct
{
  PliRole role;
  const char *attribute;
} roles[] = {
  { PLI_ROLE_ARCHIVE, "\\Archive" }, { PLI_ROLE_DRAFTS, "\\Drafts" }, { PLI_ROLE_JUNK, "\\Junk" },
  { PLI_ROLE_SENT, "\\Sent" },       { PLI_ROLE_TRASH, "\\Trash" },
};

const char *
imap_role_attribute (guint32 role)
{
  for (gsize i = 0; i < G_N_ELEMENTS (roles); i++)
    if (roles[i].role == role)
      return roles[i].attribute;
  return NULL;
}

PliRole
imap_role_from_attribute (PliSpan attribute)
{
  for (gsize i = 0; i < G_N_ELEMENTS (roles); i++)
    if (pli_span_is_nocase (attribute, roles[i].attribute))
      return roles[i].role;
  return PLI_ROLE_NONE;
}
