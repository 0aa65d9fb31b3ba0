/* settled.c: the queue has logged deliveries as settled, so `taken` may forget them. Not at once: a call of a queue that
 * died since, or that gave up waiting, may still wait here for an account, and would deliver again. Nor is it worth a sync
 * or the opening of a database: what is settled is kept here, and goes with a later batch of the account. What is lost on
 * the way expires (checkpoint.c). */
#include "account.h"

#define KEPT_MOST 1000000 /* 32 bytes each */

typedef struct
{
  guint64 segment, offset;
  gint64 at_us; /* pli_clock_us() */
  guint32 child;
} Key;

struct PackSettled
{
  GHashTable *accounts; /* GArray of Key by name */
  guint kept;
};

static void
array_free (gpointer array)
{
  g_array_unref (array);
}

PackSettled *
pack_settled_new (void)
{
  PackSettled *settled = g_new0 (PackSettled, 1);

  settled->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, array_free);
  return settled;
}

void
pack_settled_free (PackSettled *settled)
{
  g_hash_table_unref (settled->accounts);
  g_free (settled);
}

static void
keep (PackSettled *settled, const PliDelivery *item, gint64 now_us)
{
  GArray *keys = g_hash_table_lookup (settled->accounts, item->account);
  Key key = { item->segment, item->offset, now_us, item->child };

  if (settled->kept >= KEPT_MOST)
    return;
  if (!keys)
    {
      keys = g_array_new (FALSE, FALSE, sizeof (Key));
      g_hash_table_insert (settled->accounts, g_strdup (item->account), keys);
    }
  g_array_append_val (keys, key);
  settled->kept++;
}

gboolean
pack_settled_apply (PackAccount *account, GError **error)
{
  PackSettled *settled = account->pack->settled;
  GArray *keys = g_hash_table_lookup (settled->accounts, account->name);
  gint64 before_us = pli_clock_us (account->pack->instance) - 2 * PACK_DELIVERY_MOST_US;
  sqlite3_stmt *statement;
  guint n;

  if (!keys || g_array_index (keys, Key, 0).at_us > before_us)
    return TRUE;
  statement = pack_statement (account, PACK_TAKEN_REMOVE, error);
  if (!statement)
    return FALSE;
  for (n = 0; n < keys->len && g_array_index (keys, Key, n).at_us <= before_us; n++)
    {
      const Key *key = &g_array_index (keys, Key, n);

      pack_bind (statement, 3, key->segment, key->offset, (gint64) key->child);
      if (!pack_step (account, statement, NULL, error))
        return FALSE;
    }
  settled->kept -= n;
  g_array_remove_range (keys, 0, n);
  if (keys->len == 0)
    g_hash_table_remove (settled->accounts, account->name);
  return TRUE;
}

PliStep
pack_slot_settled (PliOp *op, gpointer self, const PliSettledArgs *args, PliSettledResult *result)
{
  Pack *pack = self;

  (void) op;
  for (guint32 n = 0; n < args->n_items; n++)
    if (pack_account_name_ok (args->items[n].account))
      keep (pack->settled, &args->items[n], pli_clock_us (pack->instance));
  result->n = args->n_items;
  return PLI_DONE;
}
