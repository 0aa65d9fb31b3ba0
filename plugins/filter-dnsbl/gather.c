/* gather.c: what is known, by what it is about. A spammer that connects a hundred times asks the lists once; a session needs no
 * memory of its own, since what it asked for at connect is found again by the client's address. What is
 * being waited for is referred to, so that it may go from the table at any time. */
#include "dnsbl.h"

#include <pli/log.h>

#define FAILED_US (15 * G_USEC_PER_SEC) /* until a list that did not answer is asked again */
#define LOOK_MAX 64                     /* gatherings that are looked at for one that may go */

typedef struct
{
  DnsblReady func;
  gpointer user;
} Waiter;

Dnsbl *
dnsbl_new (PliPlugin *plugin)
{
  Dnsbl *dnsbl = g_new0 (Dnsbl, 1);

  dnsbl->plugin = plugin;
  dnsbl->instance = pli_plugin_instance (plugin);
  dnsbl->gatherings = g_hash_table_new (g_str_hash, g_str_equal);
  return dnsbl;
}

DnsblGathering *
dnsbl_ref (DnsblGathering *gathering)
{
  gathering->refs++;
  return gathering;
}

void
dnsbl_unref (DnsblGathering *gathering)
{
  if (!gathering || --gathering->refs > 0)
    return;
  dnsbl_questions_cancel (gathering);
  g_ptr_array_unref (gathering->questions);
  g_ptr_array_unref (gathering->waiters);
  g_ptr_array_unref (gathering->zones);
  g_free (gathering->key);
  pli_arena_free (gathering->arena);
  g_free (gathering);
}

static void
forget (Dnsbl *dnsbl, DnsblGathering *gathering)
{
  g_hash_table_remove (dnsbl->gatherings, gathering->key);
  g_queue_unlink (&dnsbl->order, &gathering->link);
  dnsbl_unref (gathering);
}

void
dnsbl_free (Dnsbl *dnsbl)
{
  while (dnsbl->order.head)
    forget (dnsbl, dnsbl->order.head->data);
  g_hash_table_unref (dnsbl->gatherings);
  g_free (dnsbl);
}

static guint
hash_of (const char *const *words)
{
  guint hash = 5381;

  for (; *words; words++)
    hash = hash * 33 + g_str_hash (*words);
  return hash;
}

static gboolean
is_old (const DnsblGathering *gathering, gint64 now_us)
{
  return dnsbl_is_ready (gathering) && gathering->expires_us <= now_us;
}

/* Makes room for one more: what is over goes, the oldest first, and what is ready when that is not enough. */
static gboolean
make_room (Dnsbl *dnsbl, const DnsblSettings *set)
{
  gint64 now_us = pli_now_us (dnsbl->instance);
  guint looked = 0;

  while (dnsbl->order.head && is_old (dnsbl->order.head->data, now_us))
    forget (dnsbl, dnsbl->order.head->data);
  for (GList *at = dnsbl->order.head; at && dnsbl->order.length >= (guint64) set->clients_max && looked < LOOK_MAX;
       at = at->next, looked++)
    if (dnsbl_is_ready (at->data))
      {
        forget (dnsbl, at->data);
        break;
      }
  return dnsbl->order.length < (guint64) set->clients_max;
}

static DnsblGathering *
gathering_new (Dnsbl *dnsbl, DnsblKind kind, const char *what, const char *key, const char *const *lists)
{
  const DnsblSettings *set = pli_plugin_settings (dnsbl->plugin);
  DnsblGathering *gathering = g_new0 (DnsblGathering, 1);

  gathering->refs = 1; /* the table's */
  gathering->dnsbl = dnsbl;
  gathering->arena = pli_arena_new ();
  gathering->key = g_strdup (key);
  gathering->kind = kind;
  gathering->what = pli_arena_strdup (gathering->arena, what);
  gathering->lists_hash = hash_of (lists);
  gathering->waiters = g_ptr_array_new_with_free_func (g_free);
  gathering->zones = g_ptr_array_new ();
  gathering->link.data = gathering;
  gathering->expires_us = pli_now_us (dnsbl->instance) + set->cache;
  g_hash_table_insert (dnsbl->gatherings, gathering->key, gathering);
  g_queue_push_tail_link (&dnsbl->order, &gathering->link);
  dnsbl_questions_ask (gathering, lists, set->reason);
  return gathering;
}

DnsblGathering *
dnsbl_gather (Dnsbl *dnsbl, DnsblKind kind, const char *what, gboolean *out_full)
{
  const DnsblSettings *set = pli_plugin_settings (dnsbl->plugin);
  const char *const *lists[DNSBL_KINDS] = { set->lists, set->helo_lists, set->sender_lists };
  g_autofree char *key = NULL;
  DnsblGathering *gathering;

  *out_full = FALSE;
  if (!*lists[kind])
    return NULL;
  key = g_strdup_printf ("%c %s", 'a' + (char) kind, what);
  pli_ascii_lower (key);
  gathering = g_hash_table_lookup (dnsbl->gatherings, key);
  if (gathering && (is_old (gathering, pli_now_us (dnsbl->instance)) || gathering->lists_hash != hash_of (lists[kind])))
    {
      forget (dnsbl, gathering);
      gathering = NULL;
    }
  if (gathering)
    return gathering;
  if (make_room (dnsbl, set))
    return gathering_new (dnsbl, kind, what, key, lists[kind]);
  *out_full = TRUE;
  return NULL;
}

gboolean
dnsbl_is_ready (const DnsblGathering *gathering)
{
  return gathering->open == 0;
}

void
dnsbl_wait (DnsblGathering *gathering, DnsblReady func, gpointer user)
{
  Waiter *waiter = g_new (Waiter, 1);

  *waiter = (Waiter){ func, user };
  g_ptr_array_add (gathering->waiters, waiter);
}

void
dnsbl_wait_cancel (DnsblGathering *gathering, gpointer user)
{
  for (guint i = gathering->waiters->len; i > 0; i--)
    if (((Waiter *) gathering->waiters->pdata[i - 1])->user == user)
      g_ptr_array_remove_index (gathering->waiters, i - 1);
}

void
dnsbl_ready (DnsblGathering *gathering)
{
  g_autoptr (GPtrArray) waiters = g_steal_pointer (&gathering->waiters);

  gathering->waiters = g_ptr_array_new_with_free_func (g_free);
  if (gathering->failed > 0)
    gathering->expires_us = MIN (gathering->expires_us, pli_now_us (gathering->dnsbl->instance) + FAILED_US);
  dnsbl_ref (gathering);
  for (guint i = 0; i < waiters->len; i++)
    {
      Waiter *waiter = waiters->pdata[i];

      waiter->func (waiter->user);
    }
  dnsbl_unref (gathering);
}
