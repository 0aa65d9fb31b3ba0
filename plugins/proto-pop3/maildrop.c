/* maildrop.c: the snapshot of INBOX that a session works on: UIDs and sizes, taken page by page after the login.
 *
 * RFC 1939 asks for a lock; others who deliver, read and expunge go on here, and the session keeps its numbers. What
 * was expunged meanwhile is answered when it is asked for. */
#include "pop3.h"

static void fetch_page (Pop3 *pop3, guint32 cursor);

static void
not_opened (Pop3 *pop3, const GError *error)
{
  pop3_fail (pop3, "maildrop", error);
  /* The session is signed in and has no maildrop: it cannot go on, nor go back. */
  pli_session_end (pop3->session);
}

static void
ready (Pop3 *pop3)
{
  pop3->state = POP3_TRANSACTION;
  pop3->errors = 0;
  pli_session_resume (pop3->session);
  pli_session_printf (pop3->session, "+OK %u messages\r\n", pop3->messages->len);
}

static void
page_fetched (gpointer user, const void *result, const GError *error)
{
  Pop3 *pop3 = user;
  const PliFetchResult *page = result;

  if (!page)
    {
      not_opened (pop3, error);
      return;
    }
  for (guint32 i = 0; i < page->n_rows && pop3->messages->len < pop3->set->messages_max; i++)
    {
      Pop3Message message = { .uid = page->rows[i].uid, .bytes = page->rows[i].bytes };

      g_array_append_val (pop3->messages, message);
    }
  if (page->cursor == 0 || pop3->messages->len >= pop3->set->messages_max)
    ready (pop3);
  else
    fetch_page (pop3, page->cursor);
}

static void
fetch_page (Pop3 *pop3, guint32 cursor)
{
  const PliUidRange all = { 1, pop3->uidnext - 1 };
  const PliFetchArgs args = {
    .mailbox = pop3->mailbox, .uids = &all, .n_uids = 1, .want = PLI_WANT_META, .cursor = cursor
  };

  pli_store_fetch (pop3->session, &args, page_fetched, pop3);
}

static void
opened (gpointer user, const void *result, const GError *error)
{
  Pop3 *pop3 = user;
  const PliOpenResult *inbox = result;

  if (!inbox)
    {
      not_opened (pop3, error);
      return;
    }
  pop3->mailbox = inbox->mailbox;
  pop3->uidvalidity = inbox->uidvalidity;
  pop3->uidnext = inbox->uidnext;
  pop3->messages = g_array_new (FALSE, FALSE, sizeof (Pop3Message));
  if (inbox->n_uids == 0)
    ready (pop3);
  else
    fetch_page (pop3, 0);
}

void
pop3_open_maildrop (Pop3 *pop3)
{
  /* \Recent is IMAP's: it stays for an IMAP session to take. */
  const PliOpenArgs args = { .name = "INBOX", .read_only = TRUE };

  pli_store_open (pop3->session, &args, opened, pop3);
}
