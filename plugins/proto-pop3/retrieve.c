/* retrieve.c: RETR and TOP: a message goes out piece by piece, as fast as the client takes it. RFC 1939 5, 7.
 *
 * The first piece is read before anything is answered, so that what cannot be read is still an -ERR. When a later one
 * fails, the session is closed: a complete answer would give the client half a message for a whole one. */
#include "pop3.h"
#include <pli/log.h>

static void ask (Pop3 *pop3);

static void
finish (Pop3 *pop3)
{
  pop3_stuff_end (&pop3->sending.stuff, pli_session_output (pop3->session));
  if (!pop3->sending.top)
    pop3_nth (pop3, pop3->sending.n)->retrieved = TRUE;
  pop3->sending_now = FALSE;
  pli_session_resume (pop3->session);
}

static void
failed (Pop3 *pop3, const GError *error)
{
  if (pop3->sending_now)
    {
      pli_log (PLI_LOG_WARNING, "pop3.cut-off", "why", error->message, "session", pli_session_id (pop3->session), NULL);
      pli_session_end (pop3->session);
      return;
    }
  pli_session_resume (pop3->session);
  if (g_error_matches (error, PLI_ERROR, PLI_ERROR_NOT_FOUND))
    pop3_error (pop3, "[SYS/PERM] Somebody else has deleted this message"); /* since the login */
  else
    pop3_fail (pop3, "read", error);
}

static void
piece_read (gpointer user, const void *result, const GError *error)
{
  Pop3 *pop3 = user;
  const PliReadResult *piece = result;
  Pop3Sending *sending = &pop3->sending;
  gboolean more;

  if (!piece)
    {
      failed (pop3, error);
      return;
    }
  if (!pop3->sending_now)
    {
      if (sending->top)
        pop3_ok (pop3, "Top of message follows");
      else
        pli_session_printf (pop3->session, "+OK %" G_GUINT64_FORMAT " octets\r\n", pop3_nth (pop3, sending->n)->bytes);
      pop3->sending_now = TRUE;
    }
  more = pop3_stuff (&sending->stuff, piece->bytes, pli_session_output (pop3->session));
  sending->offset += piece->bytes.len;
  if (!more || piece->bytes.len < pop3->set->chunk || sending->offset >= pop3_nth (pop3, sending->n)->bytes)
    finish (pop3);
  else if (!pli_session_output_full (pop3->session))
    ask (pop3);
}

static void
ask (Pop3 *pop3)
{
  const PliReadArgs args = { .mailbox = pop3->mailbox,
                             .uid = pop3_nth (pop3, pop3->sending.n)->uid,
                             .offset = pop3->sending.offset,
                             .length = (guint32) pop3->set->chunk };

  pli_store_read (pop3->session, &args, piece_read, pop3);
}

void
pop3_go_on_sending (Pop3 *pop3)
{
  if (pop3->sending_now)
    ask (pop3);
}

static void
begin (Pop3 *pop3, guint n, gboolean top, guint64 body_lines)
{
  pop3->sending = (Pop3Sending){ .n = n, .top = top };
  pop3_stuff_begin (&pop3->sending.stuff, body_lines);
  pli_session_pause (pop3->session);
  ask (pop3);
}

void
pop3_retr (Pop3 *pop3, PliSpan args)
{
  guint n;

  if (pop3_message (pop3, args, &n, NULL))
    begin (pop3, n, FALSE, G_MAXUINT64);
}

void
pop3_top (Pop3 *pop3, PliSpan args)
{
  PliSpan rest;
  guint64 lines;
  guint n;

  if (!pop3_message (pop3, args, &n, &rest))
    return;
  if (!pli_span_to_u64 (rest, G_MAXUINT32, &lines))
    pop3_refuse (pop3, "Not a number of lines");
  else
    begin (pop3, n, TRUE, lines);
}
