/* rcpt.c: RCPT TO: one recipient. RFC 5321 4.1.1.3, 4.5.3.1.8.
 *
 * Nobody relays: on mx and lmtp a recipient must be local; only who is signed in on submission, or a host of the relay
 * networks on a listener of its own, may write elsewhere.
 * `<postmaster>` without a domain (RFC 5321 4.5.1) is the first that exists of: what the directory calls "postmaster",
 * postmaster at our hostname, postmaster at its parent domain. */
#include "smtp.h"

static void
refuse (Smtp *smtp, guint code, const char *status, const char *text, const char *where)
{
  smtp_tell_reply (smtp, smtp->mail.address, &(SmtpRefusal){ code, status, text, where });
  smtp_error (smtp, code, status, text);
}

/* Is this recipient new? Notes that it is there. */
static gboolean
note (SmtpTxn *mail)
{
  const char *const *rcpts = pli_txn_rcpts (mail->txn);

  if (!mail->seen && pli_txn_n_rcpts (mail->txn) == 0)
    return TRUE;
  if (!mail->seen)
    {
      mail->seen = g_hash_table_new (g_str_hash, g_str_equal);
      for (guint i = 0; rcpts[i]; i++)
        g_hash_table_add (mail->seen, (gpointer) rcpts[i]);
    }
  return g_hash_table_add (mail->seen, (gpointer) mail->address);
}

static void
accept_rcpt (Smtp *smtp, gboolean discard)
{
  SmtpTxn *mail = &smtp->mail;

  mail->rcpts++;
  if (!discard && note (mail))
    pli_txn_add_rcpt (mail->txn, mail->address);
  smtp_reply (smtp, 250, "2.1.5", "Ok");
}

static void
rcpt_asked (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;
  const PliVerdict *verdict = result;

  g_assert (!error); /* filter.h: never */
  smtp_go_on (smtp);
  if (verdict->kind == PLI_DISCARD)
    {
      smtp_tell (smtp, "discarded", verdict->by, smtp->mail.address,
                 smtp_verdict_why (pli_txn_arena (smtp->mail.txn), verdict));
      accept_rcpt (smtp, TRUE);
    }
  else if (smtp_take_verdict (smtp, verdict))
    accept_rcpt (smtp, FALSE);
  else
    smtp_refuse_verdict (smtp, smtp->mail.address, verdict);
}

static void
ask_filters (Smtp *smtp)
{
  const PliRcptArgs args = { smtp->mail.address };

  if (pli_filters_any (pli_session_instance (smtp->session), PLI_STAGE_RCPT))
    smtp_wait (smtp, pli_filters_run (smtp->session, smtp->mail.txn, PLI_STAGE_RCPT, &args, rcpt_asked, smtp));
  else
    accept_rcpt (smtp, FALSE);
}

static void resolve (Smtp *smtp);

/* Goes on to the next name that `<postmaster>` may have; FALSE when there is none left. */
static gboolean
next_postmaster (Smtp *smtp)
{
  const char *host = pli_session_hostname (smtp->session), *dot = strchr (host, '.');
  PliArena *arena = pli_txn_arena (smtp->mail.txn);

  if (smtp->mail.candidate == 1)
    smtp->mail.address = pli_arena_printf (arena, "postmaster@%s", host);
  else if (smtp->mail.candidate == 2 && dot && strchr (dot + 1, '.'))
    smtp->mail.address = pli_arena_printf (arena, "postmaster@%s", dot + 1);
  else
    return FALSE;
  smtp->mail.candidate++;
  resolve (smtp);
  return TRUE;
}

static gboolean
may_send_elsewhere (Smtp *smtp)
{
  return smtp->role == SMTP_ROLE_SUBMISSION
         || (smtp->role == SMTP_ROLE_RELAY
             && smtp_may_relay (smtp->set->relay_networks, pli_session_peer (smtp->session)));
}

static void
rcpt_resolved (gpointer user, const void *result, const GError *error)
{
  Smtp *smtp = user;
  SmtpTxn *mail = &smtp->mail;
  const PliResolveResult *found = result;

  smtp_go_on (smtp);
  if (error)
    {
      refuse (smtp, 451, "4.3.0", "Cannot look up the recipient now, try again later", "directory");
      return;
    }
  if (mail->candidate > 0 && found->kind != PLI_RCPT_LOCAL && next_postmaster (smtp))
    return;
  switch ((PliRcptKind) found->kind)
    {
    case PLI_RCPT_LOCAL:
      /* The bare name is no address that the queue could route. */
      if (mail->candidate == 1 && found->n_targets > 0)
        mail->address = pli_arena_strdup (pli_txn_arena (mail->txn), found->targets[0].address);
      ask_filters (smtp);
      return;
    case PLI_RCPT_FOREIGN:
      if (may_send_elsewhere (smtp) && mail->candidate == 0)
        ask_filters (smtp);
      else
        refuse (smtp, smtp_is_lmtp (smtp) ? 550 : 554, "5.7.1", "Relay access denied",
                smtp->role == SMTP_ROLE_RELAY ? "relay-networks" : "directory");
      return;
    case PLI_RCPT_UNKNOWN:
      refuse (smtp, 550, "5.1.1", "No such user here", "directory");
      return;
    case PLI_RCPT_DISABLED:
      refuse (smtp, 550, "5.2.1", "Mailbox disabled", "directory");
      return;
    case PLI_RCPT_LOOP:
      refuse (smtp, 550, "5.4.6", "Alias loop", "directory");
      return;
    }
  refuse (smtp, 451, "4.3.0", "The directory gave no sense", "directory");
}

static void
resolve (Smtp *smtp)
{
  const PliResolveArgs args = { smtp->mail.address };

  smtp_wait (smtp, pli_directory_resolve (pli_session_instance (smtp->session), &args, rcpt_resolved, smtp));
}

static gboolean
may_rcpt (Smtp *smtp)
{
  if (!smtp->mail.txn)
    {
      smtp_error (smtp, 503, "5.5.1", "Say MAIL first");
      return FALSE;
    }
  if (smtp->mail.rcpts < smtp->set->rcpts_max)
    return TRUE;
  /* RFC 5321 4.5.3.1.10; no error of the client's, who will send the rest in another transaction */
  smtp_reply (smtp, 452, "4.5.3", "Too many recipients");
  return FALSE;
}

void
smtp_rcpt (Smtp *smtp, PliSpan args)
{
  SmtpPath path;

  if (!may_rcpt (smtp))
    return;
  switch (smtp_rcpt_parse (args, pli_txn_arena (smtp->mail.txn), &path))
    {
    case SMTP_PATH_SYNTAX:
    case SMTP_PATH_TOO_BIG:
      smtp_error (smtp, 501, "5.5.4", "RCPT TO:<address>");
      return;
    case SMTP_PATH_ADDRESS:
      smtp_error (smtp, 501, "5.1.3", "Not an address");
      return;
    case SMTP_PATH_PARAM:
      smtp_error (smtp, 555, "5.5.4", "Parameter not recognized");
      return;
    case SMTP_PATH_OK:
      break;
    }
  smtp->mail.candidate = path.address.domain.len == 0;
  smtp->mail.address =
      smtp->mail.candidate ? "postmaster" : pli_address_text (pli_txn_arena (smtp->mail.txn), &path.address);
  resolve (smtp);
}
