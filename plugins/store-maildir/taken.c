/* taken.c: which deliveries an account has taken: told to the store that the account moves to, which must not take them again. */
#include "maildir.h"

static gboolean
list (MaildirCall *call, GArray *items)
{
  sqlite3_stmt *statement = maildir_sql (call->account, MAILDIR_TAKEN_LIST, &call->error);
  gboolean row = TRUE;

  while (statement && row)
    {
      if (!maildir_step (call->account, statement, &row, &call->error))
        return FALSE;
      if (row)
        {
          PliDelivery item = { .segment = (guint64) sqlite3_column_int64 (statement, 0),
                               .offset = (guint64) sqlite3_column_int64 (statement, 1),
                               .child = (guint32) sqlite3_column_int64 (statement, 2) };

          g_array_append_val (items, item);
        }
    }
  return statement != NULL;
}

static gboolean
taken (MaildirCall *call)
{
  const PliTakenArgs *args = call->args;
  PliTakenResult *result = call->result;
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (PliDelivery));

  for (guint32 i = 0; i < args->n_items; i++)
    if (!maildir_run (call->account, &call->error, MAILDIR_TAKEN_ADD, 4, args->items[i].segment, args->items[i].offset,
                      (gint64) args->items[i].child, call->now_us / G_USEC_PER_SEC))
      return FALSE;
  if (!list (call, items))
    return FALSE;
  result->n_items = items->len;
  result->items =
      (PliDelivery *) pli_arena_span (call->arena, pli_span (items->data, items->len * sizeof (PliDelivery))).data;
  return TRUE;
}

PliStep
maildir_slot_taken (PliOp *op, gpointer self, const PliTakenArgs *args, PliTakenResult *result)
{
  return maildir_call (op, self, taken, args, result);
}
