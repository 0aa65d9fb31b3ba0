/* txn.c: the end of a transaction, and the memory that all transactions of the room may hold together. */
#include "smtp.h"

/* Bytes of message buffers. The room has one loop thread, and an engine no place of its own to hang this from. */
static guint64 in_flight;

gboolean
smtp_memory_has (Smtp *smtp, guint64 bytes)
{
  return in_flight <= smtp->set->memory_max && bytes <= smtp->set->memory_max - in_flight;
}

gboolean
smtp_memory_take (Smtp *smtp, PliBuffer *buffer, gsize more)
{
  gsize before = buffer->size;

  if (buffer->size - buffer->len >= more)
    return TRUE;
  /* pli_buffer_reserve() doubles. */
  if (!smtp_memory_has (smtp, MAX (before, more)))
    return FALSE;
  pli_buffer_reserve (buffer, more);
  smtp->mail.charged += buffer->size - before;
  in_flight += buffer->size - before;
  return TRUE;
}

gboolean
smtp_take_verdict (Smtp *smtp, const PliVerdict *verdict)
{
  SmtpTxn *mail = &smtp->mail;
  PliArena *arena = mail->txn ? pli_txn_arena (mail->txn) : pli_session_arena (smtp->session);
  const char **discarded_by = mail->txn ? &mail->discarded_by : &smtp->discarded_by;
  const char **quarantined_by = mail->txn ? &mail->quarantined_by : &smtp->quarantined_by;
  const char **quarantined_why = mail->txn ? &mail->quarantined_why : &smtp->quarantined_why;

  if (verdict->kind == PLI_REJECT || verdict->kind == PLI_DEFER)
    return FALSE;
  if (verdict->kind == PLI_DISCARD && !*discarded_by)
    {
      *discarded_by = pli_arena_strdup (arena, verdict->by);
      *(mail->txn ? &mail->discarded_why : &smtp->discarded_why) = smtp_verdict_why (arena, verdict);
    }
  if (verdict->kind == PLI_QUARANTINE && !*quarantined_by)
    {
      *quarantined_by = pli_arena_strdup (arena, verdict->by);
      *quarantined_why = smtp_verdict_why (arena, verdict);
    }
  return TRUE;
}

void
smtp_memory_drop (Smtp *smtp)
{
  in_flight -= smtp->mail.charged;
  smtp->mail.charged = 0;
  pli_buffer_clear (&smtp->mail.message);
}

typedef struct
{
  char *data;
  guint64 charged;
} Left;

static void
left_free (gpointer user)
{
  Left *left = user;

  in_flight -= left->charged;
  g_free (left->data);
  g_free (left);
}

/* The bytes of the message stay for a filter that still reads them, and count as long as they do. */
void
smtp_memory_leave (Smtp *smtp)
{
  SmtpTxn *mail = &smtp->mail;
  Left *left = g_new (Left, 1);

  *left = (Left){ mail->message.data, mail->charged };
  pli_txn_keep (mail->txn, left_free, left);
  mail->message = (PliBuffer){ 0 };
  mail->charged = 0;
}

void
smtp_txn_end (Smtp *smtp)
{
  SmtpTxn *mail = &smtp->mail;

  if (mail->txn && mail->message.data && pli_txn_is_held (mail->txn))
    smtp_memory_leave (smtp);
  smtp_memory_drop (smtp);
  g_clear_pointer (&mail->seen, g_hash_table_unref);
  pli_txn_free (mail->txn);
  memset (mail, 0, sizeof *mail);
}
