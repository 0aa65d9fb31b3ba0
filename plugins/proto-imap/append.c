/* append.c: APPEND. The message is rendered for FETCH and search once, here; a large one in the offload pool, so that
 * the other sessions of the room do not wait. RFC 3501 6.3.11; RFC 4315 3. */
#include "imap.h"

#define INLINE_MAX (256 * 1024)

typedef struct
{
  ImapCmd *cmd; /* NULL: the session has gone while the message was rendered */
  PliArena *arena;
  PliBuffer text; /* of the command; the message lies in it */
  PliBuffer repaired;
  PliSpan message;
  const char *name;
  ImapFlags flags;
  gint64 received_us;
  gboolean rendered;
  PliRenderings renderings;
  gboolean in_pool;
} Append;

static void
append_free (Append *append)
{
  pli_buffer_clear (&append->text);
  pli_buffer_clear (&append->repaired);
  pli_arena_free (append->arena);
  g_free (append);
}

static void
clear (ImapCmd *cmd)
{
  Append *append = cmd->data;

  append->cmd = NULL;
  if (!append->in_pool)
    append_free (append);
}

static void
appended (gpointer user, const void *result, const GError *error)
{
  ImapCmd *cmd = user;
  ImapBox *box = cmd->imap->box;
  const PliAppendResult *stored = result;

  if (error && g_error_matches (error, PLI_ERROR, PLI_ERROR_NOT_FOUND))
    imap_no (cmd, "[TRYCREATE] No such mailbox");
  else if (error)
    imap_fail (cmd, error);
  else
    {
      /* RFC 3501 6.3.11: "a new untagged EXISTS SHOULD be sent immediately" when it is the selected mailbox. */
      if (box && box->mailbox == stored->mailbox)
        cmd->sync = IMAP_SYNC_ALWAYS;
      imap_ok (cmd,
               pli_arena_printf (cmd->arena, "[APPENDUID %u %u] APPEND completed", stored->uidvalidity, stored->uid));
    }
}

static void
store (Append *append)
{
  PliAppendArgs args = { .name = append->name,
                         .message = append->message,
                         .renderings = append->renderings,
                         .flags = append->flags.flags,
                         .keywords = append->flags.keywords,
                         .received_us = append->received_us };

  if (append->rendered)
    pli_store_append (append->cmd->session, &args, appended, append->cmd);
  else
    imap_no (append->cmd, "[CANNOT] Header is too large");
}

/* RFC 3501 6.3.11 asks for CRLF; a line feed without CR becomes one, so that every line of the store ends alike. */
static void
repair (Append *append)
{
  const char *at = append->message.data, *end = at + append->message.len, *from = at, *lf;

  for (; (lf = memchr (at, '\n', (gsize) (end - at))); at = lf + 1)
    if (lf == append->message.data || lf[-1] != '\r')
      {
        pli_buffer_add (&append->repaired, from, (gsize) (lf - from));
        pli_buffer_add (&append->repaired, "\r\n", 2);
        from = lf + 1;
      }
  if (from == append->message.data)
    return;
  pli_buffer_add (&append->repaired, from, (gsize) (end - from));
  append->message = pli_buffer_span (&append->repaired);
}

static void
render (gpointer user)
{
  Append *append = user;

  repair (append);
  append->rendered = pli_render (append->message, NULL, append->arena, &append->renderings);
}

static void
rendered (gpointer user)
{
  Append *append = user;

  append->in_pool = FALSE;
  if (append->cmd)
    store (append);
  else
    append_free (append);
}

static gboolean
date_time (ImapCmd *cmd, gint64 *out_us)
{
  PliSpan text;

  if (imap_lex_peek (&cmd->lex) != '"')
    return TRUE;
  return imap_lex_string (&cmd->lex, &text) && pli_date_parse_imap (text, out_us, NULL) && imap_lex_space (&cmd->lex);
}

/* FALSE after an answer was sent. */
static gboolean
parse (ImapCmd *cmd, Append *append)
{
  if (!imap_mailbox_arg (cmd, FALSE, &append->name))
    return FALSE;
  if (!imap_lex_space (&cmd->lex)
      || (imap_lex_peek (&cmd->lex) == '('
          && (!imap_lex_flags (&cmd->lex, FALSE, &append->flags) || !imap_lex_space (&cmd->lex)))
      || !date_time (cmd, &append->received_us) || !imap_lex_literal (&cmd->lex, &append->message)
      || !imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "Mailbox, flags, date and one literal expected");
      return FALSE;
    }
  if (append->message.len == 0)
    {
      imap_no (cmd, "[CANNOT] Message is empty");
      return FALSE;
    }
  if (memchr (append->message.data, '\0', append->message.len))
    {
      imap_no (cmd, "[CANNOT] Message has NUL bytes");
      return FALSE;
    }
  return TRUE;
}

void
imap_append (ImapCmd *cmd)
{
  Append *append = g_new0 (Append, 1);

  append->cmd = cmd;
  append->arena = pli_arena_new ();
  cmd->data = append;
  cmd->clear = clear;
  if (!parse (cmd, append))
    return;
  append->text = cmd->text;
  cmd->text = (PliBuffer){ 0 };
  if (append->message.len <= INLINE_MAX)
    {
      render (append);
      store (append);
      return;
    }
  append->in_pool = TRUE;
  pli_offload (pli_session_instance (cmd->session), render, rendered, append);
}
