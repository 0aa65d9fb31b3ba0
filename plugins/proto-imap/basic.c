/* basic.c: the commands that need no mail: CAPABILITY, ID, ENABLE, NAMESPACE, NOOP, CHECK, LOGOUT.
 *
 * RFC 3501 6.1, 6.4.1; RFC 2971; RFC 5161; RFC 2342. */
#include "imap.h"

#define ID_PAIRS_MAX 30 /* RFC 2971 3.3 */

static void
add_mechanisms (PliSession *session, PliBuffer *out)
{
  g_auto (GStrv) names = g_strsplit (pli_session_mechanisms (session), " ", -1);

  for (guint i = 0; names[i]; i++)
    if (*names[i])
      pli_buffer_printf (out, " AUTH=%s", names[i]);
}

void
imap_add_capabilities (ImapSession *imap, PliBuffer *out)
{
  PliSession *session = imap->session;

  pli_buffer_add_text (out, "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE");
  if (imap->state != IMAP_NOT_AUTHENTICATED)
    {
      pli_buffer_add_text (out, " IDLE NAMESPACE UIDPLUS UNSELECT MOVE CHILDREN SPECIAL-USE CREATE-SPECIAL-USE"
                                " LIST-EXTENDED LIST-STATUS STATUS=SIZE CONDSTORE");
      return;
    }
  if (pli_session_may_start_tls (session))
    pli_buffer_add_text (out, " STARTTLS");
  if (pli_session_may_login (session))
    add_mechanisms (session, out);
  else
    pli_buffer_add_text (out, " LOGINDISABLED");
}

const char *
imap_with_capabilities (ImapCmd *cmd, const char *words)
{
  g_auto (PliBuffer) text = { 0 };

  pli_buffer_add_text (&text, "[CAPABILITY ");
  imap_add_capabilities (cmd->imap, &text);
  pli_buffer_printf (&text, "] %s", words);
  return pli_arena_text (cmd->arena, pli_buffer_span (&text));
}

void
imap_capability (ImapCmd *cmd)
{
  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "No arguments expected");
      return;
    }
  pli_session_write_text (cmd->session, "* CAPABILITY ");
  imap_add_capabilities (cmd->imap, pli_session_output (cmd->session));
  pli_session_write_text (cmd->session, "\r\n");
  imap_done (cmd);
}

void
imap_id (ImapCmd *cmd)
{
  PliSpan value;
  gboolean good;

  if (imap_lex_char (&cmd->lex, '('))
    {
      guint n = 0;

      good = TRUE;
      while (good && !imap_lex_char (&cmd->lex, ')'))
        good = n++ < ID_PAIRS_MAX && imap_lex_string (&cmd->lex, &value) && imap_lex_space (&cmd->lex)
               && imap_lex_nstring (&cmd->lex, &value)
               && (imap_lex_space (&cmd->lex) || imap_lex_peek (&cmd->lex) == ')');
    }
  else
    good = imap_lex_is_word (&cmd->lex, "NIL");
  if (!good || !imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "List of parameters or NIL expected");
      return;
    }
  pli_session_write_text (cmd->session, "* ID (\"name\" \"Pli\")\r\n");
  imap_done (cmd);
}

void
imap_enable (ImapCmd *cmd)
{
  gboolean condstore = FALSE;
  PliSpan name;

  do
    {
      if (!imap_lex_atom (&cmd->lex, &name))
        {
          imap_bad (cmd, "Names of capabilities expected");
          return;
        }
      condstore |= pli_span_is_nocase (name, "CONDSTORE");
    }
  while (imap_lex_space (&cmd->lex) && !imap_lex_at_end (&cmd->lex));
  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "Names of capabilities expected");
      return;
    }
  if (condstore)
    cmd->imap->condstore = TRUE;
  pli_session_printf (cmd->session, "* ENABLED%s\r\n", condstore ? " CONDSTORE" : "");
  imap_done (cmd);
}

void
imap_namespace (ImapCmd *cmd)
{
  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "No arguments expected");
      return;
    }
  pli_session_write_text (cmd->session, "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
  imap_done (cmd);
}

void
imap_noop (ImapCmd *cmd)
{
  if (imap_lex_finish (&cmd->lex))
    imap_done (cmd);
  else
    imap_bad (cmd, "No arguments expected");
}

void
imap_check (ImapCmd *cmd)
{
  /* Flags and messages are durable when they are answered: there is nothing left to do. */
  imap_noop (cmd);
}

void
imap_logout (ImapCmd *cmd)
{
  PliSession *session = cmd->session;

  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "No arguments expected");
      return;
    }
  pli_session_write_text (session, "* BYE Logging out\r\n");
  pli_session_printf (session, "%s OK LOGOUT completed\r\n", cmd->tag);
  cmd->imap->ended = TRUE;
  pli_session_end (session);
  imap_done (cmd);
}
