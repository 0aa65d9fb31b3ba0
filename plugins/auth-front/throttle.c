/* throttle.c: counts wrong logins by login and by client (an IPv6 client is its /64): the answer to each is held back longer,
 * and after many of them a login or a client is not let try any more for a while. Who signed in with a login from a
 * client before is known there and is let try all the same, so that nobody can lock the owner of a login out. Loop thread. */
#include "auth-front.h"

#include <arpa/inet.h>

#define ENTRIES_MAX 50000

typedef struct
{
  guint count;
  gint64 over_us;    /* forgotten then */
  gint64 blocked_us; /* until; 0: is not */
} Failures;

struct FrontThrottle
{
  GHashTable *by_name; /* "l:login", "p:client" → Failures */
  GHashTable *known;   /* "client login" → gint64, µs */
};

FrontThrottle *
front_throttle_new (void)
{
  FrontThrottle *throttle = g_new0 (FrontThrottle, 1);

  throttle->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  throttle->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return throttle;
}

void
front_throttle_free (FrontThrottle *throttle)
{
  g_hash_table_unref (throttle->by_name);
  g_hash_table_unref (throttle->known);
  g_free (throttle);
}

static char *
client_name (const char *prefix, const char *peer, const char *login)
{
  guint8 bytes[16];
  char text[INET6_ADDRSTRLEN];

  if (inet_pton (AF_INET6, peer, bytes) != 1)
    return g_strconcat (prefix, peer, login, NULL);
  memset (bytes + 8, 0, 8);
  inet_ntop (AF_INET6, bytes, text, sizeof text);
  return g_strconcat (prefix, text, login, NULL);
}

static gboolean
is_over (gpointer name, gpointer data, gpointer now_us)
{
  const Failures *failures = data;

  (void) name;
  return MAX (failures->over_us, failures->blocked_us) <= *(const gint64 *) now_us;
}

static gboolean
is_unknown (gpointer name, gpointer until, gpointer now_us)
{
  (void) name;
  return *(const gint64 *) until <= *(const gint64 *) now_us;
}

static void
make_room (GHashTable *table, GHRFunc old, gint64 now_us)
{
  if (g_hash_table_size (table) >= ENTRIES_MAX && g_hash_table_foreach_remove (table, old, &now_us) == 0)
    g_hash_table_remove_all (table);
}

/* @most: failures that block, 0 for never. Returns how many there are now. */
static guint
count (FrontThrottle *throttle, const char *name, const FrontSettings *set, gint64 most, gint64 now_us,
       gboolean *out_blocked)
{
  Failures *failures = g_hash_table_lookup (throttle->by_name, name);

  if (!failures)
    {
      make_room (throttle->by_name, is_over, now_us);
      failures = g_new0 (Failures, 1);
      g_hash_table_insert (throttle->by_name, g_strdup (name), failures);
    }
  if (failures->over_us <= now_us)
    failures->count = 0;
  failures->over_us = now_us + set->failure_memory;
  failures->count++;
  *out_blocked = most > 0 && failures->count >= most && failures->blocked_us <= now_us && set->block_time > 0;
  if (*out_blocked)
    failures->blocked_us = now_us + set->block_time;
  return failures->count;
}

gint64
front_throttle_failed (FrontThrottle *throttle, const FrontSettings *set, const char *login, const char *peer,
                       gint64 now_us, const char **out_blocked)
{
  g_autofree char *login_name = g_strconcat ("l:", login, NULL);
  g_autofree char *peer_name = peer ? client_name ("p:", peer, NULL) : NULL;
  gboolean login_blocked, peer_blocked = FALSE;
  guint by_login = count (throttle, login_name, set, set->login_failures_max, now_us, &login_blocked);
  guint by_client = peer_name ? count (throttle, peer_name, set, set->client_failures_max, now_us, &peer_blocked) : 0;
  gint64 delay = MIN (set->failure_delay, set->failure_delay_max);

  *out_blocked = peer_blocked ? "client" : login_blocked ? "login" : NULL;
  for (guint n = MAX (by_login, by_client); n > 1 && delay < set->failure_delay_max && delay > 0; n--)
    delay = MIN (delay * 2, set->failure_delay_max);
  return delay;
}

static gboolean
is_blocked (FrontThrottle *throttle, const char *name, gint64 now_us)
{
  const Failures *failures = g_hash_table_lookup (throttle->by_name, name);

  return failures && failures->blocked_us > now_us;
}

const char *
front_throttle_blocked (FrontThrottle *throttle, const char *login, const char *peer, gint64 now_us)
{
  g_autofree char *login_name = g_strconcat ("l:", login, NULL);
  g_autofree char *peer_name = peer ? client_name ("p:", peer, NULL) : NULL;
  g_autofree char *pair = peer ? client_name ("", peer, login) : NULL;
  const gint64 *known = pair ? g_hash_table_lookup (throttle->known, pair) : NULL;

  if (known && *known > now_us)
    return NULL;
  if (peer_name && is_blocked (throttle, peer_name, now_us))
    return "the client is blocked";
  return is_blocked (throttle, login_name, now_us) ? "the login is blocked" : NULL;
}

void
front_throttle_succeeded (FrontThrottle *throttle, const FrontSettings *set, const char *login, const char *peer,
                          gint64 now_us)
{
  g_autofree char *name = g_strconcat ("l:", login, NULL);
  gint64 until = now_us + set->known_client_memory;

  /* A block ends with its time, or the one who guessed right at last would let all others in again. */
  if (!is_blocked (throttle, name, now_us))
    g_hash_table_remove (throttle->by_name, name);
  if (!peer)
    return;
  make_room (throttle->known, is_unknown, now_us);
  g_hash_table_replace (throttle->known, client_name ("", peer, login), g_memdup2 (&until, sizeof until));
}

gboolean
front_throttle_forget (FrontThrottle *throttle, const char *name)
{
  g_autofree char *login_name = g_strconcat ("l:", name, NULL);
  g_autofree char *peer_name = client_name ("p:", name, NULL);
  gboolean login = g_hash_table_remove (throttle->by_name, login_name);

  return g_hash_table_remove (throttle->by_name, peer_name) || login;
}
