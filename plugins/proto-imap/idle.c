/* idle.c: IDLE: news as they come, until DONE. Nothing of the command but its tag is kept meanwhile. RFC 2177. */
#include "imap.h"

static void
end (ImapSession *imap)
{
  g_autofree char *tag = g_steal_pointer (&imap->idle_tag);

  pli_session_printf (imap->session, "%s %s\r\n", tag, imap->idle_reply);
  imap_resume (imap);
}

static void
synced (ImapSession *imap, const GError *error)
{
  if (imap->ended || !imap->idle_tag)
    return;
  /* News are lost for now; the next hint, or the next command, asks again. */
  if (error)
    pli_log (PLI_LOG_WARNING, "imap.idle-failed", "session", pli_session_id (imap->session), "error", error->message,
             NULL);
  if (!imap->line)
    end (imap);
  else if (imap->box && imap->box->dirty && !error)
    imap_idle_notice (imap);
}

void
imap_idle_notice (ImapSession *imap)
{
  if (!imap->sync)
    imap_sync (imap, synced);
}

static void
got_line (ImapSession *imap, PliSpan line)
{
  imap->line = NULL;
  imap->idle_reply = pli_span_is_nocase (line, "DONE") ? "OK IDLE completed" : "BAD Expected DONE";
  /* What is being asked for is written first. */
  if (imap->sync)
    imap_pause (imap);
  else
    end (imap);
}

void
imap_idle (ImapCmd *cmd)
{
  ImapSession *imap = cmd->imap;

  if (!imap_lex_finish (&cmd->lex))
    {
      imap_bad (cmd, "No arguments expected");
      return;
    }
  pli_session_write_text (imap->session, "+ idling\r\n");
  imap->idle_tag = g_strdup (cmd->tag);
  imap->line = got_line;
  imap->cmd = NULL;
  imap_cmd_free (cmd);
  if (imap->box)
    imap_idle_notice (imap);
}
