/* throttle.c: counts wrong logins by login and by client (an IPv6 client is its /64), and says how long an answer is held
 * back. Only failures are delayed: nobody can keep the owner of a login out. Loop thread. */
#include "auth-local.h"

#include <arpa/inet.h>

#define ENTRIES_MAX 50000

typedef struct
{
  guint count;
  gint64 over_us; /* forgotten then */
} Failures;

struct LocalThrottle
{
  GHashTable *by_name; /* "l:login", "p:client" → Failures */
};

LocalThrottle *
local_throttle_new (void)
{
  LocalThrottle *throttle = g_new0 (LocalThrottle, 1);

  throttle->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return throttle;
}

void
local_throttle_free (LocalThrottle *throttle)
{
  g_hash_table_unref (throttle->by_name);
  g_free (throttle);
}

static char *
client_name (const char *peer)
{
  guint8 bytes[16];
  char text[INET6_ADDRSTRLEN];

  if (inet_pton (AF_INET6, peer, bytes) != 1)
    return g_strconcat ("p:", peer, NULL);
  memset (bytes + 8, 0, 8);
  inet_ntop (AF_INET6, bytes, text, sizeof text);
  return g_strconcat ("p:", text, NULL);
}

static gboolean
is_over (gpointer name, gpointer data, gpointer now_us)
{
  (void) name;
  return ((const Failures *) data)->over_us <= *(const gint64 *) now_us;
}

/* @name: (transfer full). Returns how many there are now. */
static guint
count (LocalThrottle *throttle, char *name, gint64 memory, gint64 now_us)
{
  Failures *failures = g_hash_table_lookup (throttle->by_name, name);

  if (!failures)
    {
      if (g_hash_table_size (throttle->by_name) >= ENTRIES_MAX
          && g_hash_table_foreach_remove (throttle->by_name, is_over, &now_us) == 0)
        g_hash_table_remove_all (throttle->by_name);
      failures = g_new0 (Failures, 1);
      g_hash_table_insert (throttle->by_name, g_strdup (name), failures);
    }
  g_free (name);
  if (failures->over_us <= now_us)
    failures->count = 0;
  failures->over_us = now_us + memory;
  return ++failures->count;
}

gint64
local_throttle_failed (LocalThrottle *throttle, const LocalSettings *set, const char *login, const char *peer,
                       gint64 now_us)
{
  guint by_login = count (throttle, g_strconcat ("l:", login, NULL), set->failure_memory, now_us);
  guint by_client = peer ? count (throttle, client_name (peer), set->failure_memory, now_us) : 0;
  gint64 delay = MIN (set->failure_delay, set->failure_delay_max);

  for (guint n = MAX (by_login, by_client); n > 1 && delay < set->failure_delay_max && delay > 0; n--)
    delay = MIN (delay * 2, set->failure_delay_max);
  return delay;
}

void
local_throttle_succeeded (LocalThrottle *throttle, const char *login)
{
  g_autofree char *name = g_strconcat ("l:", login, NULL);

  g_hash_table_remove (throttle->by_name, name);
}
