/* harness.c: see harness.h. */
#include "harness.h"

#include "ipc/peer.h"
#include "net/session.h"
#include "service/ledger.h"
#include "service/resolved.h"
#include <glib/gstdio.h>

PliTest *
pli_test_new (const char *root, const char *const *plugins, const char *conf)
{
  PliTest *test = g_new0 (PliTest, 1);
  PliInstance *instance = pli_instance_new ();
  g_autoptr (GError) error = NULL;

  test->root = root ? g_strdup (root) : g_dir_make_tmp ("pli-test-XXXXXX", &error);
  g_assert_no_error (error);
  test->instance = instance;
  instance->root = test->root;
  instance->rooms = (1u << PLI_N_ROOMS) - 1;
  instance->config = pli_config_new ();
  if (conf)
    pli_config_add (instance->config, pli_span_from (conf), "test.conf", &error);
  g_assert_no_error (error);
  instance->store = pli_config_text (instance->config, "server", NULL, "store");
  instance->grants = pli_grants_new ();
  instance->peers = pli_peers_new (instance);
  instance->tellings = pli_tellings_new (instance);
  instance->resolved = pli_resolved_new ();
  instance->net = pli_net_new (instance);
  instance->segments = g_build_filename (test->root, "data", "segments", NULL);
  g_assert_cmpint (g_mkdir_with_parents (instance->segments, 0700), ==, 0);
  instance->registry = pli_registry_new (instance);
  for (guint i = 0; plugins && plugins[i]; i++)
    {
      g_autofree char *path = pli_registry_find_file (plugins[i]);
      PliPlugin *plugin;

      if (!path)
        g_error ("no plugin file %s.so", plugins[i]);
      plugin = pli_registry_open (instance->registry, path, &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_mkdir_with_parents (plugin->folder, 0700), ==, 0);
      pli_registry_load (instance->registry, plugin, &error);
      g_assert_no_error (error);
    }
  return test;
}

static void
remove_all (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    {
      g_autofree char *below = g_build_filename (path, name, NULL);

      if (g_file_test (below, G_FILE_TEST_IS_DIR) && !g_file_test (below, G_FILE_TEST_IS_SYMLINK))
        remove_all (below);
      else
        g_unlink (below);
    }
  g_rmdir (path);
}

void
pli_test_free (PliTest *test, gboolean keep)
{
  PliInstance *instance = test->instance;

  pli_net_free (instance->net);
  pli_registry_stop (instance->registry);
  pli_tellings_flush (instance->tellings);
  pli_peers_close (instance->peers);
  pli_loop_settle (instance, g_get_monotonic_time () + 10 * G_USEC_PER_SEC);
  pli_registry_free (instance->registry);
  pli_loop_settle (instance, g_get_monotonic_time () + 10 * G_USEC_PER_SEC);
  g_assert_cmpuint (pli_op_waiting (instance), ==, 0);
  pli_tellings_free (instance->tellings);
  pli_resolved_free (instance->resolved);
  pli_peers_free (instance->peers);
  pli_grants_free (instance->grants);
  pli_config_unref (instance->config);
  g_free ((char *) instance->segments);
  pli_instance_free (instance);
  if (!keep)
    remove_all (test->root);
  g_free (test->root);
  g_free (test);
}

void
pli_test_until (PliTest *test, const gboolean *done)
{
  gint64 until = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  while (!*done)
    {
      pli_loop_step (test->instance->loop, 10000);
      if (g_get_monotonic_time () > until)
        g_error ("nothing happened for a minute");
    }
}

typedef struct
{
  PliTestAnswer *answer;
  guint number;
} Waiting;

static void
answered (gpointer user, const void *result, const GError *error)
{
  Waiting *waiting = user;
  PliTestAnswer *answer = waiting->answer;
  const PliShape *shape = pli_method (waiting->number)->result;

  if (error)
    answer->error = g_error_copy (error);
  else
    {
      pli_shape_pack (shape, result, &answer->packed);
      answer->result = pli_arena_alloc (answer->arena, shape->size);
      if (!pli_shape_unpack (shape, pli_buffer_span (&answer->packed), answer->arena, answer->result))
        g_error ("%s: the result does not survive packing", pli_method (waiting->number)->name);
    }
  answer->done = TRUE;
  g_free (waiting);
}

PliTestAnswer *
pli_test_start (PliTest *test, guint number, guint64 session, const char *provider, const void *args)
{
  Waiting *waiting = g_new0 (Waiting, 1);
  PliBuffer packed = { 0 };
  PliIncoming in = { .session = session, .done = answered, .user = waiting, .unref = g_free };
  guint callers = pli_method (number)->callers;
  g_autoptr (GError) error = NULL;

  waiting->number = number;
  waiting->answer = g_new0 (PliTestAnswer, 1);
  waiting->answer->arena = pli_arena_new ();
  while (!(callers & PLI_ROOM_BIT (in.room)))
    in.room++;
  pli_method_pack (pli_method (number), provider, args, &packed);
  in.packed = pli_buffer_span (&packed);
  in.keep = packed.data;
  {
    PliTestAnswer *answer = waiting->answer;

    if (!pli_method_incoming (test->instance, number, &in, &error))
      {
        pli_buffer_clear (&packed);
        answered (waiting, NULL, error);
      }
    return answer;
  }
}

PliTestAnswer *
pli_test_call (PliTest *test, guint number, guint64 session, const char *provider, const void *args)
{
  PliTestAnswer *answer = pli_test_start (test, number, session, provider, args);

  pli_test_until (test, &answer->done);
  return answer;
}

void
pli_test_answer_free (PliTestAnswer *answer)
{
  if (!answer)
    return;
  g_assert_true (answer->done);
  g_clear_error (&answer->error);
  pli_buffer_clear (&answer->packed);
  pli_arena_free (answer->arena);
  g_free (answer);
}

guint64
pli_test_grant (PliTest *test, const char *account, const char *store)
{
  static guint64 number;
  guint64 session = pli_grant_session (PLI_ROOM_ACCESS, 0, ++number);
  PliGrant grant = { account, account, store, PLI_MAY_IMAP | PLI_MAY_POP3 | PLI_MAY_SUBMIT };

  pli_grants_add (test->instance->grants, session, &grant);
  return session;
}

void
pli_test_session_gone (PliTest *test, guint64 session)
{
  pli_session_ended (test->instance, session);
}
