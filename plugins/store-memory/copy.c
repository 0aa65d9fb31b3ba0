/* copy.c: COPY and MOVE: new rows that hold the same message. All or nothing. RFC 9051 6.4.7, RFC 6851. */
#include "memory.h"

static const char *const *
names_of (MemoryMailbox *mailbox, guint64 bits, PliArena *arena)
{
  const char **names = pli_arena_array (arena, const char *, MEMORY_KEYWORDS_MAX + 1);
  guint n = 0;

  for (guint i = 0; i < mailbox->keywords->len; i++)
    if (bits >> i & 1)
      names[n++] = mailbox->keywords->pdata[i];
  return names;
}

/* Rows as they were; the walk would meet its own copies. */
static GArray *
collect (MemoryMailbox *mailbox, const PliUidRange *uids, guint32 n, guint64 *out_keywords)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (MemoryRow));
  MemoryWalk walk;
  MemoryRow *row;

  *out_keywords = 0;
  memory_walk_start (&walk, mailbox, uids, n);
  while ((row = memory_walk_next (&walk)))
    {
      *out_keywords |= row->keywords;
      g_array_append_val (rows, *row);
    }
  return rows;
}

static void
copy_rows (MemoryMailbox *from, MemoryMailbox *to, GArray *rows, guint64 modseq, PliOp *op, PliCopyResult *result)
{
  g_autoptr (GArray) source = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) target = g_array_new (FALSE, FALSE, sizeof (PliUidRange));

  for (guint i = 0; i < rows->len; i++)
    {
      const MemoryRow *row = &g_array_index (rows, MemoryRow, i);
      guint64 keywords = 0;

      memory_keyword_bits (to, names_of (from, row->keywords, pli_op_arena (op)), FALSE, &keywords, NULL);
      memory_ranges_add (source, row->uid);
      memory_ranges_add (target, memory_mailbox_add (to, row->message, row->flags, keywords, modseq));
    }
  result->from = memory_ranges_copy (source, pli_op_arena (op), &result->n_from);
  result->to = memory_ranges_copy (target, pli_op_arena (op), &result->n_to);
}

PliStep
memory_copy (PliOp *op, gpointer self, const PliCopyArgs *args, PliCopyResult *result)
{
  Memory *memory = self;
  GError *error = NULL;
  MemoryAccount *account = memory_account (memory, pli_op_account (op), &error);
  MemoryMailbox *from = account ? memory_mailbox_by_number (account, args->mailbox, &error) : NULL;
  g_autofree char *name = from ? memory_name (pli_plugin_settings (memory->plugin), args->to, &error) : NULL;
  g_autoptr (GArray) rows = NULL, gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  MemoryMailbox *to = name ? memory_mailbox_by_name (account, name) : NULL;
  guint64 keywords, unused;

  if (!name)
    return pli_op_take_error (op, error);
  if (!to)
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  rows = collect (from, args->uids, args->n_uids, &keywords);
  if (!memory_keyword_bits (to, names_of (from, keywords, pli_op_arena (op)), TRUE, &unused, &error))
    return pli_op_take_error (op, error);
  result->uidvalidity = to->uidvalidity;
  if (rows->len > 0)
    {
      copy_rows (from, to, rows, memory_change (account, to), op, result);
      if (args->move)
        {
          memory_remove_rows (from, result->from, result->n_from, TRUE, to->modseq, gone);
          from->modseq = to->modseq;
          memory_notify (memory, account, from->number);
        }
      memory_notify (memory, account, to->number);
    }
  result->modseq = args->move ? from->modseq : to->modseq;
  return PLI_DONE;
}
