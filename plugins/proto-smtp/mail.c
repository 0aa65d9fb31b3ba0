/* mail.c: MAIL FROM: begins a transaction. RFC 5321 4.1.1.2, RFC 1870, RFC 6409 6.1 (who may use which sender). */
#include "smtp.h"

static void
accept_sender (Smtp *smtp)
{
  smtp_reply (smtp, 250, "2.1.0", "Ok");
}

/* The transaction that was begun is not to be. */
static void
refuse (Smtp *smtp, guint code, const char *status, const char *text, const char *where)
{
  smtp_tell_reply (smtp, NULL, &(SmtpRefusal){ code, status, text, where });
  smtp_txn_end (smtp);
  smtp_error (smtp, code, status, text);
}

static void
mail_asked (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;
  const PliVerdict *verdict = result;

  g_assert (!error); /* filter.h: never */
  smtp_go_on (smtp);
  if (smtp_take_verdict (smtp, verdict))
    {
      accept_sender (smtp);
      return;
    }
  smtp_refuse_verdict (smtp, NULL, verdict);
  smtp_txn_end (smtp);
}

static void
ask_filters (Smtp *smtp)
{
  if (pli_filters_any (pli_session_instance (smtp->session), PLI_STAGE_MAIL))
    smtp_wait (smtp, pli_filters_run (smtp->session, smtp->mail.txn, PLI_STAGE_MAIL, NULL, mail_asked, smtp));
  else
    accept_sender (smtp);
}

/* May the one who is signed in write as @found? */
static gboolean
is_own (Smtp *smtp, const PliResolveResult *found)
{
  const char *account = pli_session_account (smtp->session), *login = pli_session_login (smtp->session);

  if (login && g_ascii_strcasecmp (login, smtp->mail.address) == 0)
    return TRUE;
  for (guint32 i = 0; found->kind == PLI_RCPT_LOCAL && i < found->n_targets; i++)
    if (found->targets[i].account && g_str_equal (found->targets[i].account, account))
      return TRUE;
  return FALSE;
}

static void
sender_resolved (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;

  smtp_go_on (smtp);
  if (error)
    refuse (smtp, 451, "4.3.0", "Cannot look up the sender now, try again later", "directory");
  else if (!is_own (smtp, result))
    refuse (smtp, 553, "5.7.1", "This sender address is not yours", "sender-must-match");
  else
    ask_filters (smtp);
}

static void
begin (Smtp *smtp, const SmtpPath *path, const char *sender)
{
  PliTxn *txn = pli_txn_new (smtp->session, sender);

  smtp->mail.txn = txn;
  smtp->mail.discarded_by = smtp->discarded_by;
  smtp->mail.discarded_why = smtp->discarded_why;
  smtp->mail.quarantined_by = smtp->quarantined_by;
  smtp->mail.quarantined_why = smtp->quarantined_why;
  pli_txn_set_announced (txn, path->size);
  pli_txn_set_helo (txn, smtp->helo);
  if (path->size > smtp->set->size_max) /* RFC 1870 6.1 */
    refuse (smtp, 552, "5.3.4", "Message too big", "size-max");
  else if (smtp->role == SMTP_ROLE_SUBMISSION && smtp->set->sender_must_match && !path->address.null_path)
    {
      const PliResolveArgs args = { smtp->mail.address = pli_txn_sender (txn) };

      smtp_wait (smtp, pli_directory_resolve (pli_session_instance (smtp->session), &args, sender_resolved, smtp));
    }
  else
    ask_filters (smtp);
}

static gboolean
may_mail (Smtp *smtp)
{
  if (!smtp->helo[0])
    smtp_error (smtp, 503, "5.5.1", smtp_is_lmtp (smtp) ? "Say LHLO first" : "Say EHLO first");
  else if (smtp->mail.txn)
    smtp_error (smtp, 503, "5.5.1", "There is a sender already");
  else if (smtp->role == SMTP_ROLE_SUBMISSION && !smtp->signed_in)
    smtp_error (smtp, 530, "5.7.0",
                pli_session_may_login (smtp->session) ? "Authentication required" : "Start TLS, then sign in");
  else
    return TRUE;
  return FALSE;
}

void
smtp_mail (Smtp *smtp, PliSpan args)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  SmtpPath path;

  if (!may_mail (smtp))
    return;
  switch (smtp_mail_parse (args, smtp->role == SMTP_ROLE_SUBMISSION, arena, &path))
    {
    case SMTP_PATH_SYNTAX:
      smtp_error (smtp, 501, "5.5.4", "MAIL FROM:<address> [SIZE=n] [BODY=8BITMIME]");
      return;
    case SMTP_PATH_ADDRESS:
      smtp_error (smtp, 501, "5.1.7", "Not an address");
      return;
    case SMTP_PATH_PARAM:
      smtp_error (smtp, 555, "5.5.4", "Parameter not recognized");
      return;
    case SMTP_PATH_TOO_BIG:
      path.size = G_MAXUINT64;
      break;
    case SMTP_PATH_OK:
      break;
    }
  if (path.size <= smtp->set->size_max && !smtp_memory_has (smtp, path.size))
    smtp_reply (smtp, 452, "4.3.1", "No room for the message now, try again later");
  else
    begin (smtp, &path, pli_address_text (arena, &path.address));
}
