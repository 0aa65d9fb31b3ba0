/* grant.c: a hash of grants by session. Loop thread. */
#include "ipc/grant.h"

struct PliGrants
{
  GHashTable *by_session; /* guint64 -> Entry */
};

typedef struct
{
  guint64 session;
  PliGrant grant;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free ((char *) entry->grant.account);
  g_free ((char *) entry->grant.login);
  g_free ((char *) entry->grant.store);
  g_free (entry);
}

PliGrants *
pli_grants_new (void)
{
  PliGrants *grants = g_new0 (PliGrants, 1);

  grants->by_session = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, entry_free);
  return grants;
}

void
pli_grants_free (PliGrants *grants)
{
  if (!grants)
    return;
  g_hash_table_unref (grants->by_session);
  g_free (grants);
}

guint64
pli_grant_session (PliRoomKind room, guint index, guint64 number)
{
  return ((guint64) room + 1) << 56 | (guint64) (index & 0xff) << 48 | (number & 0xffffffffffffULL);
}

PliRoomKind
pli_grant_session_room (guint64 session, guint *out_index, guint64 *out_number)
{
  *out_index = (guint) (session >> 48) & 0xff;
  *out_number = session & 0xffffffffffffULL;
  return session >> 56 ? (PliRoomKind) ((session >> 56) - 1) : PLI_N_ROOMS;
}

void
pli_grants_add (PliGrants *grants, guint64 session, const PliGrant *grant)
{
  Entry *entry = g_new0 (Entry, 1);

  entry->session = session;
  entry->grant.account = g_strdup (grant->account);
  entry->grant.login = g_strdup (grant->login);
  entry->grant.store = g_strdup (grant->store);
  entry->grant.rights = grant->rights;
  g_hash_table_replace (grants->by_session, &entry->session, entry);
}

const PliGrant *
pli_grants_find (PliGrants *grants, guint64 session)
{
  Entry *entry = g_hash_table_lookup (grants->by_session, &session);

  return entry ? &entry->grant : NULL;
}

gboolean
pli_grants_remove (PliGrants *grants, guint64 session)
{
  return g_hash_table_remove (grants->by_session, &session);
}

void
pli_grants_remove_room (PliGrants *grants, PliRoomKind room, guint index, void (*gone) (gpointer user, guint64 session),
                        gpointer user)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, grants->by_session);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      guint64 session = *(guint64 *) key, number;
      guint at;

      if (pli_grant_session_room (session, &at, &number) != room || at != index)
        continue;
      g_hash_table_iter_remove (&iter);
      gone (user, session);
    }
}

void
pli_grants_foreach (PliGrants *grants, PliGrantVisit visit, gpointer user)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, grants->by_session);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    visit (((Entry *) value)->session, &((Entry *) value)->grant, user);
}

guint
pli_grants_count (PliGrants *grants)
{
  return g_hash_table_size (grants->by_session);
}
