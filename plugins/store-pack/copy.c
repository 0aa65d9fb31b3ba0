/* copy.c: COPY and MOVE: new rows that have the same message. All or nothing. RFC 9051 6.4.7, RFC 6851. */
#include "call.h"

static const char *const *
names_of (PackMailbox *mailbox, guint64 bits, PliArena *arena)
{
  const char **names = pli_arena_array (arena, const char *, PACK_KEYWORDS_MAX + 1);
  guint n = 0;

  for (guint i = 0; i < mailbox->keywords->len; i++)
    if (bits >> i & 1)
      names[n++] = mailbox->keywords->pdata[i];
  return names;
}

/* Bits of one table as bits of another. */
static gboolean
map_keywords (PackCall *call, PackMailbox *from, PackMailbox *to, guint64 bits, guint64 map[PACK_KEYWORDS_MAX])
{
  guint64 all;

  if (!pack_keyword_bits (to, names_of (from, bits, call->arena), TRUE, &all, &call->error))
    return FALSE;
  for (guint i = 0; i < PACK_KEYWORDS_MAX; i++)
    if (bits >> i & 1)
      pack_keyword_bits (to, names_of (from, G_GUINT64_CONSTANT (1) << i, call->arena), FALSE, &map[i], NULL);
  return TRUE;
}

static guint64
mapped (guint64 bits, const guint64 map[PACK_KEYWORDS_MAX])
{
  guint64 result = 0;

  for (guint i = 0; bits >> i && i < PACK_KEYWORDS_MAX; i++)
    if (bits >> i & 1)
      result |= map[i];
  return result;
}

/* Indices of the rows in the view; the walk would meet its own copies. */
static GArray *
collect (PackWalk walk, guint64 *out_keywords)
{
  GArray *indices = g_array_new (FALSE, FALSE, sizeof (guint));
  PackRow *row;

  *out_keywords = 0;
  while ((row = pack_walk_next (&walk)))
    {
      guint index = walk.row - 1;

      *out_keywords |= row->keywords;
      g_array_append_val (indices, index);
    }
  return indices;
}

static gboolean
copy_rows (PackCall *call, PackMailbox *from, PackMailbox *to, const GArray *indices, const guint64 *map)
{
  const PliCopyArgs *args = call->args;
  PliCopyResult *result = call->result;
  PackAccount *account = call->account;
  g_autoptr (GArray) source = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) target = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (PliUidRange));
  guint64 modseq = pack_change (account, to);

  for (guint i = 0; i < indices->len; i++)
    {
      PackRow row = g_array_index (from->rows, PackRow, g_array_index (indices, guint, i));

      pack_ranges_add (source, row.uid);
      row.modseq = modseq;
      row.keywords = mapped (row.keywords, map);
      if (!pack_row_add (account, to, &row, &call->error)
          || (!args->move && !pack_copies_add (account, row.email, &call->error)))
        return FALSE;
      pack_ranges_add (target, row.uid);
    }
  if (args->move && !pack_rows_remove (account, from, indices, modseq, TRUE, gone, &call->error))
    return FALSE;
  result->from = pack_ranges_copy (source, call->arena, &result->n_from);
  result->to = pack_ranges_copy (target, call->arena, &result->n_to);
  result->modseq = modseq;
  return TRUE;
}

static PackStep
copy (PackCall *call)
{
  const PliCopyArgs *args = call->args;
  PliCopyResult *result = call->result;
  PackAccount *account = call->account;
  PackMailbox *from = pack_mailbox_by_number (account, args->mailbox, &call->error);
  g_autofree char *name = from ? pack_name (&call->pack->names, args->to, &call->error) : NULL;
  PackMailbox *to = name ? pack_mailbox_by_name (account, name) : NULL;
  g_autoptr (GArray) indices = NULL;
  guint64 map[PACK_KEYWORDS_MAX] = { 0 }, keywords;
  PackWalk walk;

  if (!name)
    return PACK_FAIL;
  if (!to)
    return pack_refuse (call, PLI_ERROR_NOT_FOUND, "there is no mailbox of this name");
  if (!pack_view_load (account, from, &call->error))
    return pack_fail (call);
  pack_walk_start (&walk, account, from, args->uids, args->n_uids);
  if (pack_walk_count (&walk) > PACK_HEAVY && !call->in_pool)
    return PACK_POOL;
  indices = collect (walk, &keywords);
  if (!map_keywords (call, from, to, keywords, map))
    return PACK_FAIL;
  result->uidvalidity = to->uidvalidity;
  result->modseq = pack_view_modseq (account, args->move ? from : to);
  if (indices->len == 0)
    return PACK_DONE;
  if (!pack_batch_begin (account, &call->error) || !copy_rows (call, from, to, indices, map))
    return pack_fail (call);
  pack_account_notice (account, to);
  if (args->move)
    pack_account_notice (account, from);
  return PACK_DURABLE;
}

PliStep
pack_slot_copy (PliOp *op, gpointer self, const PliCopyArgs *args, PliCopyResult *result)
{
  return pack_call (op, self, copy, args, result);
}
