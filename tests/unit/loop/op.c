/* op.c: one ticket, two lives: done at once, later, from another thread, never; deadlines, cancelling, stale tickets. */
#include "loop/op.h"

#include "log/event.h"

typedef struct
{
  int calls;
  int value;
  int code;
} Answer;

typedef struct
{
  PliTicket ticket;
  int *result;
  int cancelled, kept_freed;
} Provider;

static void
done (gpointer user, const void *result, const GError *error)
{
  Answer *answer = user;

  answer->calls++;
  answer->value = result ? *(const int *) result : -1;
  answer->code = error ? error->code : 0;
}

static PliStep
at_once (PliOp *op, gpointer self, const void *args, void *result)
{
  (void) op;
  (void) self;
  *(int *) result = *(const int *) args + 1;
  return PLI_DONE;
}

static PliStep
refuses (PliOp *op, gpointer self, const void *args, void *result)
{
  (void) self;
  (void) args;
  (void) result;
  return pli_op_error (op, PLI_ERROR_QUOTA, "no room for %d", 1);
}

static void
on_cancel (PliOp *op, gpointer user)
{
  (void) op;
  ((Provider *) user)->cancelled++;
}

static void
kept_freed (gpointer user)
{
  ((Provider *) user)->kept_freed++;
}

static PliStep
waits (PliOp *op, gpointer self, const void *args, void *result)
{
  Provider *provider = self;

  (void) args;
  provider->result = result;
  pli_op_on_cancel (op, on_cancel, provider);
  pli_op_keep (op, kept_freed, provider);
  provider->ticket = pli_op_wait (op);
  return PLI_WAIT;
}

static PliOp *
start (PliInstance *instance, PliSlot slot, gpointer self, Answer *answer, gint64 deadline_us)
{
  static const int seven = 7;
  PliOpSpec spec = {
    .label = "test", .self = self, .result_size = sizeof (int), .done = done, .user = answer, .deadline_us = deadline_us
  };
  PliOp *op = pli_op_new (instance, &spec);

  pli_op_start (op, slot, &seven);
  return op;
}

static void
test_done_at_once_is_not_reentrant (void)
{
  PliInstance *instance = pli_instance_new ();
  Answer answer = { 0 };

  start (instance, at_once, NULL, &answer, 0);
  g_assert_cmpint (answer.calls, ==, 0);
  pli_loop_step (instance->loop, 0);
  g_assert_cmpint (answer.calls, ==, 1);
  g_assert_cmpint (answer.value, ==, 8);
  start (instance, refuses, NULL, &answer, 0);
  pli_loop_step (instance->loop, 0);
  g_assert_cmpint (answer.calls, ==, 2);
  g_assert_cmpint (answer.code, ==, PLI_ERROR_QUOTA);
  g_assert_cmpuint (pli_op_waiting (instance), ==, 0);
  pli_instance_free (instance);
}

static gpointer
complete (gpointer user)
{
  Provider *provider = user;

  *provider->result = 42;
  g_assert_true (pli_op_done (provider->ticket));
  return NULL;
}

static void
test_completed_from_a_thread (void)
{
  PliInstance *instance = pli_instance_new ();
  Answer answer = { 0 };
  Provider provider = { 0 };

  start (instance, waits, &provider, &answer, 0);
  g_thread_join (g_thread_new ("provider", complete, &provider));
  g_assert_cmpint (answer.calls, ==, 0);
  pli_loop_step (instance->loop, 0);
  g_assert_cmpint (answer.value, ==, 42);
  g_assert_cmpint (provider.kept_freed, ==, 1);
  pli_instance_free (instance);
}

static void
test_deadline_answers_and_late_completion_is_harmless (void)
{
  PliInstance *instance = pli_instance_new ();
  Answer answer = { 0 };
  Provider provider = { 0 };

  pli_loop_fake_clock (instance->loop, 1000000);
  start (instance, waits, &provider, &answer, 500);
  pli_loop_move_clock (instance->loop, 499);
  g_assert_cmpint (answer.calls, ==, 0);
  pli_loop_move_clock (instance->loop, 1);
  g_assert_cmpint (answer.calls, ==, 1);
  g_assert_cmpint (answer.code, ==, PLI_ERROR_TRY_AGAIN);
  g_assert_cmpint (provider.cancelled, ==, 1);
  /* The provider's life goes on: its memory is there until it lets go. */
  g_assert_cmpuint (pli_op_waiting (instance), ==, 1);
  *provider.result = 9;
  g_assert_true (pli_op_done (provider.ticket));
  pli_loop_step (instance->loop, 0);
  g_assert_cmpint (answer.calls, ==, 1);
  g_assert_cmpuint (pli_op_waiting (instance), ==, 0);
  pli_instance_free (instance);
}

static void
test_second_completion_is_stale (void)
{
  PliInstance *instance = pli_instance_new ();
  Answer answer = { 0 };
  Provider provider = { 0 };

  start (instance, waits, &provider, &answer, 0);
  *provider.result = 1;
  g_assert_true (pli_op_done (provider.ticket));
  g_assert_false (pli_op_done (provider.ticket));
  g_assert_false (pli_op_fail (provider.ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_PERMANENT, "twice")));
  pli_loop_step (instance->loop, 0);
  g_assert_cmpint (answer.calls, ==, 1);
  g_assert_cmpint (answer.value, ==, 1);
  /* Nor does it hit whoever has the slot of the table next. */
  {
    PliTicket old = provider.ticket;

    start (instance, waits, &provider, &answer, 0);
    g_assert_false (pli_op_done (old));
    *provider.result = 2;
    g_assert_true (pli_op_done (provider.ticket));
  }
  pli_loop_step (instance->loop, 0);
  g_assert_cmpint (answer.calls, ==, 2);
  pli_instance_free (instance);
}

static void
test_cancel_is_silent (void)
{
  PliInstance *instance = pli_instance_new ();
  Answer answer = { 0 };
  Provider provider = { 0 };
  PliOp *op = start (instance, waits, &provider, &answer, 0);

  pli_call_cancel ((PliCall *) op);
  g_assert_cmpint (provider.cancelled, ==, 1);
  *provider.result = 1;
  pli_op_done (provider.ticket);
  pli_loop_step (instance->loop, 0);
  g_assert_cmpint (answer.calls, ==, 0);
  g_assert_cmpuint (pli_op_waiting (instance), ==, 0);
  pli_instance_free (instance);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pli_log_setup (2, FALSE, PLI_LOG_ERROR + 1, "test");
  g_test_add_func ("/op/done-at-once-is-not-reentrant", test_done_at_once_is_not_reentrant);
  g_test_add_func ("/op/completed-from-a-thread", test_completed_from_a_thread);
  g_test_add_func ("/op/deadline-answers", test_deadline_answers_and_late_completion_is_harmless);
  g_test_add_func ("/op/second-completion-is-stale", test_second_completion_is_stale);
  g_test_add_func ("/op/cancel-is-silent", test_cancel_is_silent);
  return g_test_run ();
}
