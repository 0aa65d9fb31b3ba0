/* memo.c: logins that were right a while ago. Kept is only a keyed digest of login, stored hash and password, under a
 * key that dies with the process; a changed password changes the hash, and so nothing has to be forgotten. */
#include "auth-local.h"

#include <errno.h>
#include <sys/random.h>

#define ENTRIES_MAX 20000
#define DIGEST 32

struct LocalMemo
{
  GHashTable *until; /* digest → gint64, µs */
  guint8 key[32];
};

static guint
digest_hash (gconstpointer digest)
{
  guint hash;

  memcpy (&hash, digest, sizeof hash);
  return hash;
}

static gboolean
digest_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, DIGEST) == 0;
}

LocalMemo *
local_memo_new (void)
{
  LocalMemo *memo = g_new0 (LocalMemo, 1);

  while (getrandom (memo->key, sizeof memo->key, 0) != sizeof memo->key)
    g_assert (errno == EINTR);
  memo->until = g_hash_table_new_full (digest_hash, digest_equal, g_free, g_free);
  return memo;
}

void
local_memo_free (LocalMemo *memo)
{
  g_hash_table_unref (memo->until);
  explicit_bzero (memo->key, sizeof memo->key);
  g_free (memo);
}

static void
make_digest (LocalMemo *memo, const char *login, PliSpan password, const char *hash, guint8 out[DIGEST])
{
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA256, memo->key, sizeof memo->key);
  gsize len = DIGEST;

  /* With their NULs, so that no two triples read the same. */
  g_hmac_update (hmac, (const guchar *) login, (gssize) strlen (login) + 1);
  g_hmac_update (hmac, (const guchar *) hash, (gssize) strlen (hash) + 1);
  g_hmac_update (hmac, (const guchar *) password.data, (gssize) password.len);
  g_hmac_get_digest (hmac, out, &len);
  g_hmac_unref (hmac);
}

gboolean
local_memo_has (LocalMemo *memo, const char *login, PliSpan password, const char *hash, gint64 now_us)
{
  guint8 digest[DIGEST];
  const gint64 *until;

  make_digest (memo, login, password, hash, digest);
  until = g_hash_table_lookup (memo->until, digest);
  return until && *until > now_us;
}

static gboolean
is_over (gpointer digest, gpointer until, gpointer now_us)
{
  (void) digest;
  return *(const gint64 *) until <= *(const gint64 *) now_us;
}

void
local_memo_add (LocalMemo *memo, const char *login, PliSpan password, const char *hash, gint64 now_us, gint64 until_us)
{
  guint8 digest[DIGEST];

  if (until_us <= now_us)
    return;
  if (g_hash_table_size (memo->until) >= ENTRIES_MAX
      && g_hash_table_foreach_remove (memo->until, is_over, &now_us) == 0)
    g_hash_table_remove_all (memo->until);
  make_digest (memo, login, password, hash, digest);
  g_hash_table_insert (memo->until, g_memdup2 (digest, sizeof digest), g_memdup2 (&until_us, sizeof until_us));
}
