/* list.c: STAT, LIST, UIDL. RFC 1939 5, 7. Numbers stay, deleted messages are left out. */
#include "pop3.h"

static void
count (Pop3 *pop3, guint *out_n, guint64 *out_bytes)
{
  *out_n = 0;
  *out_bytes = 0;
  for (guint i = 0; i < pop3->messages->len; i++)
    if (!pop3_nth (pop3, i)->deleted)
      {
        ++*out_n;
        *out_bytes += pop3_nth (pop3, i)->bytes;
      }
}

void
pop3_stat (Pop3 *pop3, PliSpan args)
{
  guint64 bytes;
  guint n;

  if (args.len > 0)
    {
      pop3_refuse (pop3, "STAT takes no argument");
      return;
    }
  count (pop3, &n, &bytes);
  pli_session_printf (pop3->session, "+OK %u %" G_GUINT64_FORMAT "\r\n", n, bytes);
}

static void
write_size (Pop3 *pop3, PliBuffer *out, guint n)
{
  pli_buffer_add_u64 (out, n + 1);
  pli_buffer_add_char (out, ' ');
  pli_buffer_add_u64 (out, pop3_nth (pop3, n)->bytes);
  pli_buffer_add (out, "\r\n", 2);
}

/* RFC 1939 7: 1 to 70 characters from 0x21 to 0x7E, the same in all sessions, never used again. */
static void
write_unique_id (Pop3 *pop3, PliBuffer *out, guint n)
{
  pli_buffer_add_u64 (out, n + 1);
  pli_buffer_add_char (out, ' ');
  pli_buffer_add_u64 (out, pop3->uidvalidity);
  pli_buffer_add_char (out, '.');
  pli_buffer_add_u64 (out, pop3_nth (pop3, n)->uid);
  pli_buffer_add (out, "\r\n", 2);
}

static void
answer (Pop3 *pop3, PliSpan args, void (*write) (Pop3 *pop3, PliBuffer *out, guint n))
{
  PliBuffer *out;
  guint n;

  if (pli_span_trim (args).len > 0)
    {
      if (!pop3_message (pop3, args, &n, NULL))
        return;
      pli_session_write_text (pop3->session, "+OK ");
      write (pop3, pli_session_output (pop3->session), n);
      return;
    }
  pop3_ok (pop3, "Scan listing follows");
  out = pli_session_output (pop3->session);
  for (n = 0; n < pop3->messages->len; n++)
    if (!pop3_nth (pop3, n)->deleted)
      write (pop3, out, n);
  pli_session_write_text (pop3->session, ".\r\n");
}

void
pop3_list (Pop3 *pop3, PliSpan args)
{
  answer (pop3, args, write_size);
}

void
pop3_uidl (Pop3 *pop3, PliSpan args)
{
  answer (pop3, args, write_unique_id);
}
