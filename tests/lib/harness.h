/* harness.h: what the tests of this tree know of the harness besides <pli/test.h>: its parts, calls by their number, and
 * sessions that are granted by hand. */
#ifndef PLI_TEST_HARNESS_H
#define PLI_TEST_HARNESS_H

#include "loop/op.h"
#include "plugin/registry.h"
#include <pli/test.h>

struct PliTest
{
  PliInstance *instance; /* all rooms in this process; registry, grants, peers, net, tellings are there */
  char *root;            /* fresh folder below $TMPDIR */
};

/* Answer of pli_test_call(): free with pli_test_answer_free(). */
typedef struct
{
  gboolean done;
  GError *error;
  gpointer result; /* deep copy of the result struct by its shape; NULL on error */
  PliArena *arena;
  PliBuffer packed;
} PliTestAnswer;

/**
 * pli_test_call:
 * @number: service/method.h
 * @session: whole session name for a call of a session (give it a grant with pli_test_grant()), 0 for a room's own
 * @provider: name of the implementation for system calls, NULL for the default
 *
 * Runs a method of the loaded provider, and the loop until it is answered.
 */
PliTestAnswer *pli_test_call (PliTest *test, guint number, guint64 session, const char *provider, const void *args);
/* The same without waiting: the answer is filled in while the loop runs. */
PliTestAnswer *pli_test_start (PliTest *test, guint number, guint64 session, const char *provider, const void *args);
void pli_test_answer_free (PliTestAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PliTestAnswer, pli_test_answer_free)
/* A signed-in session; @store as in PliVerifyResult. Returns its name. */
guint64 pli_test_grant (PliTest *test, const char *account, const char *store);
void pli_test_session_gone (PliTest *test, guint64 session);

#endif
