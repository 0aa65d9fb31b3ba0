/* verdict.c: what becomes of a message, once clamd or its size has said what it is. Mail of our own users is refused whatever the
 * settings say: they are there to read why, and a quarantine is the mailbox of a recipient, who may be anywhere. */
#include "clamav.h"

#define SUBJECT_MAX 2000

/* The notice: the recipient sees in the list of messages what this one is. */
static void
mark_subject (const ClamavEnd *end)
{
  PliSpan rest = pli_txn_message (end->txn);
  PliHeaderField field;
  g_auto (PliBuffer) subject = { 0 };

  if (!end->mark || !*end->mark)
    return;
  pli_buffer_add_text (&subject, end->mark);
  while (pli_header_next (&rest, &field))
    if (pli_span_is_nocase (field.name, "Subject"))
      {
        pli_buffer_add_char (&subject, ' ');
        pli_header_unfold (field.value, SUBJECT_MAX, &subject);
        break;
      }
  pli_txn_remove_header (end->txn, "Subject");
  pli_txn_add_header (end->txn, "Subject", pli_arena_text (end->arena, pli_buffer_span (&subject)));
}

static void
refuse (const ClamavEnd *end, guint code, const char *status, const char *text)
{
  end->verdict->kind = PLI_REJECT;
  end->verdict->code = code;
  end->verdict->status = status;
  end->verdict->text = text;
}

static void
set_apart (const ClamavEnd *end, const char *text)
{
  end->verdict->kind = PLI_QUARANTINE;
  end->verdict->text = text;
  mark_subject (end);
}

void
clamav_clean (const ClamavEnd *end)
{
  pli_txn_set_fact (end->txn, "clamav.result", "clean");
}

void
clamav_infected (const ClamavEnd *end, const char *signature)
{
  end->verdict->where = "infected";
  pli_txn_set_fact (end->txn, "clamav.result", "infected");
  pli_txn_set_fact (end->txn, "clamav.signature", signature);
  if (end->infected == CLAMAV_REJECT || end->is_submitted)
    refuse (end, 550, "5.7.1", pli_arena_printf (end->arena, "Message is infected: %s", signature));
  else
    set_apart (end, pli_arena_printf (end->arena, "infected: %s", signature));
}

void
clamav_too_big (const ClamavEnd *end)
{
  pli_txn_set_fact (end->txn, "clamav.result", "too-big");
  if (end->too_big == CLAMAV_BIG_PASS)
    return;
  end->verdict->where = "too-big";
  if (end->too_big == CLAMAV_BIG_REJECT || end->is_submitted)
    refuse (end, 552, "5.3.4", "Message is too big to be scanned");
  else
    set_apart (end, "too big to be scanned");
}
