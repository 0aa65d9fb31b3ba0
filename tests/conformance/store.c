/* store.c: what every store must do, run on each of them: `store [GLib test options]`, backends as the first part of
 * each test's path. The backends of the tree are tested; $PLI_TEST_STORES names others, by commas. */
#include "store-fixture.h"

typedef struct
{
  const char *backend;
  StoreTest test;
} Case;

static void
run (gconstpointer data)
{
  const Case *one = data;
  Store *store = store_new (one->backend, NULL);

  one->test (store);
  store_free (store);
}

static void
run_alone (gconstpointer data)
{
  const Case *one = data;
  Store store = { .backend = one->backend };

  one->test (&store);
}

static void
add (const char *backend, const char *name, StoreTest test, GTestDataFunc run_one)
{
  g_autofree char *path = g_strdup_printf ("/%s/%s", backend, name);
  Case *one = g_new (Case, 1);

  one->backend = backend;
  one->test = test;
  g_test_add_data_func_full (path, one, run_one, g_free);
}

void
store_add (const char *backend, const char *name, StoreTest test)
{
  add (backend, name, test, run);
}

void
store_add_alone (const char *backend, const char *name, StoreTest test)
{
  add (backend, name, test, run_alone);
}

int
main (int argc, char **argv)
{
  const char *named = g_getenv ("PLI_TEST_STORES");
  g_auto (GStrv) backends = g_strsplit (named ? named : "store-memory,store-pack,store-maildir", ",", -1);

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; backends[i]; i++)
    {
      store_add_deliver (backends[i]);
      store_add_message (backends[i]);
      store_add_flags (backends[i]);
      store_add_copy (backends[i]);
      store_add_changes (backends[i]);
      store_add_mailbox (backends[i]);
      store_add_durable (backends[i]);
      store_add_load (backends[i]);
      store_add_random (backends[i]);
    }
  return g_test_run ();
}
