/* command.c: the table of commands, and the life of one: parsed to tag and verb, checked against the session's state,
 * run by its verb, ended by imap_reply(), which first writes what else happened in the mailbox. RFC 3501 5.5, 6, 7.1;
 * response codes: RFC 5530. */
#include "imap.h"

#define TAG_MAX 256

#define ANY (IMAP_NOT_AUTHENTICATED | IMAP_AUTHENTICATED | IMAP_SELECTED)
#define SIGNED_IN (IMAP_AUTHENTICATED | IMAP_SELECTED)

typedef struct
{
  const char *name;
  ImapStep run;
  guint states;
  ImapSync sync;
  gboolean has_uid; /* may follow `UID` */
} Verb;

static const Verb verbs[] = {
  { "APPEND", imap_append, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "AUTHENTICATE", imap_authenticate, IMAP_NOT_AUTHENTICATED, IMAP_SYNC_NEVER, FALSE },
  { "CAPABILITY", imap_capability, ANY, IMAP_SYNC_DIRTY, FALSE },
  { "CHECK", imap_check, IMAP_SELECTED, IMAP_SYNC_ALWAYS, FALSE },
  { "CLOSE", imap_close, IMAP_SELECTED, IMAP_SYNC_NEVER, FALSE },
  { "COPY", imap_copy, IMAP_SELECTED, IMAP_SYNC_DIRTY, TRUE },
  { "CREATE", imap_create, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "DELETE", imap_delete, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "ENABLE", imap_enable, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "EXAMINE", imap_examine, SIGNED_IN, IMAP_SYNC_NEVER, FALSE },
  { "EXPUNGE", imap_expunge, IMAP_SELECTED, IMAP_SYNC_DIRTY, TRUE },
  { "FETCH", imap_fetch, IMAP_SELECTED, IMAP_SYNC_NEVER, TRUE },
  { "ID", imap_id, ANY, IMAP_SYNC_DIRTY, FALSE },
  { "IDLE", imap_idle, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "LIST", imap_list, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "LOGIN", imap_login, IMAP_NOT_AUTHENTICATED, IMAP_SYNC_NEVER, FALSE },
  { "LOGOUT", imap_logout, ANY, IMAP_SYNC_NEVER, FALSE },
  { "LSUB", imap_lsub, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "MOVE", imap_move, IMAP_SELECTED, IMAP_SYNC_DIRTY, TRUE },
  { "NAMESPACE", imap_namespace, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "NOOP", imap_noop, ANY, IMAP_SYNC_ALWAYS, FALSE },
  { "RENAME", imap_rename, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "SEARCH", imap_search, IMAP_SELECTED, IMAP_SYNC_NEVER, TRUE },
  { "SELECT", imap_select, SIGNED_IN, IMAP_SYNC_NEVER, FALSE },
  { "STARTTLS", imap_starttls, IMAP_NOT_AUTHENTICATED, IMAP_SYNC_NEVER, FALSE },
  { "STATUS", imap_status, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "STORE", imap_store, IMAP_SELECTED, IMAP_SYNC_NEVER, TRUE },
  { "SUBSCRIBE", imap_subscribe, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
  { "UNSELECT", imap_unselect, IMAP_SELECTED, IMAP_SYNC_NEVER, FALSE },
  { "UNSUBSCRIBE", imap_unsubscribe, SIGNED_IN, IMAP_SYNC_DIRTY, FALSE },
};

static const Verb *
find_verb (PliSpan word)
{
  for (gsize i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (pli_span_is_nocase (word, verbs[i].name))
      return &verbs[i];
  return NULL;
}

void
imap_cmd_free (ImapCmd *cmd)
{
  if (!cmd)
    return;
  if (cmd->clear)
    cmd->clear (cmd);
  pli_buffer_clear (&cmd->text);
  pli_arena_free (cmd->arena);
  g_free (cmd);
}

/* RFC 3501 2.2.1: a tag is what an astring may be, without `+`. */
static gboolean
take_tag (ImapLex *lex, PliSpan *out)
{
  const char *from = lex->at;

  while (lex->at < lex->end && (imap_is_atom_char (*lex->at) || *lex->at == ']') && *lex->at != '+')
    lex->at++;
  *out = pli_span (from, (gsize) (lex->at - from));
  return out->len > 0 && out->len <= TAG_MAX;
}

static void
count_bad (ImapSession *imap)
{
  if (++imap->bad >= imap->set->bad_commands_max)
    imap_bye (imap, "Too many commands that are none");
}

void
imap_command_refused (ImapSession *imap, PliSpan beginning, const char *reply)
{
  ImapLex lex = { beginning.data, beginning.data + beginning.len, NULL };
  PliSpan tag;

  if (!take_tag (&lex, &tag))
    tag = PLI_SPAN ("*");
  pli_session_write (imap->session, tag);
  pli_session_printf (imap->session, " %s\r\n", reply);
  count_bad (imap);
}

static const char *
why_not_now (const ImapSession *imap, const Verb *verb)
{
  if (imap->state == IMAP_NOT_AUTHENTICATED)
    return "Log in first";
  return verb->states == IMAP_NOT_AUTHENTICATED ? "Already logged in" : "No mailbox is selected";
}

static void
run (ImapCmd *cmd)
{
  const Verb *verb;
  PliSpan word;

  if (!imap_lex_atom (&cmd->lex, &word))
    {
      imap_bad (cmd, "Command is missing");
      return;
    }
  if (pli_span_is_nocase (word, "UID"))
    {
      cmd->by_uid = TRUE;
      if (!imap_lex_space (&cmd->lex) || !imap_lex_atom (&cmd->lex, &word))
        word = pli_span (NULL, 0);
    }
  verb = find_verb (word);
  if (!verb || (cmd->by_uid && !verb->has_uid))
    {
      imap_bad (cmd, "Unknown command");
      return;
    }
  if (!(verb->states & cmd->imap->state))
    {
      imap_bad (cmd, why_not_now (cmd->imap, verb));
      return;
    }
  cmd->name = verb->name;
  /* RFC 3501 7.4.1: "UID FETCH, UID STORE and UID SEARCH are different commands": EXPUNGE may be sent. */
  cmd->sync = cmd->by_uid ? MAX (verb->sync, IMAP_SYNC_DIRTY) : verb->sync;
  if (!imap_lex_at_end (&cmd->lex) && !imap_lex_space (&cmd->lex))
    {
      imap_bad (cmd, "Space expected behind the command");
      return;
    }
  verb->run (cmd);
}

void
imap_command (ImapSession *imap, PliSpan text, PliBuffer owned)
{
  ImapCmd *cmd;
  PliSpan tag;

  if (text.len == 0)
    {
      /* An empty line is no command, but no reason to shout. */
      pli_buffer_clear (&owned);
      pli_session_write_text (imap->session, "* BAD Empty line\r\n");
      count_bad (imap);
      return;
    }
  cmd = g_new0 (ImapCmd, 1);
  cmd->imap = imap;
  cmd->session = imap->session;
  cmd->arena = pli_arena_new ();
  cmd->text = owned;
  cmd->tag = "*";
  cmd->name = "Command";
  imap->cmd = cmd;
  if (!owned.data)
    text = pli_arena_span (cmd->arena, text);
  cmd->lex = (ImapLex){ text.data, text.data + text.len, cmd->arena };
  if (!take_tag (&cmd->lex, &tag) || (!imap_lex_at_end (&cmd->lex) && !imap_lex_space (&cmd->lex)))
    {
      imap_bad (cmd, "Tag is missing");
      return;
    }
  cmd->tag = pli_arena_text (cmd->arena, tag);
  run (cmd);
}

static void
finish (ImapCmd *cmd)
{
  static const char *const words[] = { "OK", "NO", "BAD" };
  ImapSession *imap = cmd->imap;
  ImapReplyKind kind = cmd->reply_kind;

  if (!imap->ended)
    pli_session_printf (cmd->session, "%s %s %s\r\n", cmd->tag, words[kind], cmd->reply);
  imap->cmd = NULL;
  imap_cmd_free (cmd);
  if (kind == IMAP_BAD)
    count_bad (imap);
  else if (kind == IMAP_OK)
    imap->bad = 0;
  imap_resume (imap);
}

static void
synced (ImapSession *imap, const GError *error)
{
  ImapCmd *cmd = imap->cmd;

  if (error && cmd->reply_kind == IMAP_OK && cmd->sync == IMAP_SYNC_ALWAYS)
    {
      cmd->sync = IMAP_SYNC_NEVER;
      imap_fail (cmd, error);
      return;
    }
  finish (cmd);
}

void
imap_reply (ImapCmd *cmd, ImapReplyKind kind, const char *text)
{
  ImapBox *box = cmd->imap->box;

  cmd->reply_kind = kind;
  cmd->reply = text;
  if (box && !cmd->imap->ended && kind != IMAP_BAD
      && (cmd->sync == IMAP_SYNC_ALWAYS || (cmd->sync == IMAP_SYNC_DIRTY && box->dirty)))
    imap_sync (cmd->imap, synced);
  else
    finish (cmd);
}

void
imap_ok (ImapCmd *cmd, const char *text)
{
  imap_reply (cmd, IMAP_OK, text);
}

void
imap_done (ImapCmd *cmd)
{
  imap_reply (cmd, IMAP_OK, pli_arena_printf (cmd->arena, "%s completed", cmd->name));
}

void
imap_no (ImapCmd *cmd, const char *text)
{
  imap_reply (cmd, IMAP_NO, text);
}

void
imap_bad (ImapCmd *cmd, const char *text)
{
  imap_reply (cmd, IMAP_BAD, text);
}

void
imap_fail (ImapCmd *cmd, const GError *error)
{
  static const char *const texts[] = {
    [PLI_ERROR_TRY_AGAIN] = "[UNAVAILABLE] Try again later",
    [PLI_ERROR_PERMANENT] = "[CANNOT] Not possible",
    [PLI_ERROR_QUOTA] = "[OVERQUOTA] No room left",
    [PLI_ERROR_NOT_FOUND] = "[NONEXISTENT] No such mailbox",
    [PLI_ERROR_EXISTS] = "[ALREADYEXISTS] Mailbox exists already",
    [PLI_ERROR_DENIED] = "[NOPERM] Not allowed",
    [PLI_ERROR_CORRUPT] = "[CORRUPTION] Stored data is damaged",
    [PLI_ERROR_SYNTAX] = "[CANNOT] Not possible",
    [PLI_ERROR_LIMIT] = "[LIMIT] A limit is reached",
  };
  const char *text = NULL;

  if (error->domain == PLI_ERROR && error->code > 0 && error->code < (int) G_N_ELEMENTS (texts))
    text = texts[error->code];
  if (!text || error->code == PLI_ERROR_CORRUPT)
    pli_log (PLI_LOG_WARNING, "imap.failed", "session", pli_session_id (cmd->session), "command", cmd->name, "error",
             error->message, NULL);
  imap_no (cmd, text ? text : "[SERVERBUG] Internal error");
}
