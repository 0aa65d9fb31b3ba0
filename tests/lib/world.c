/* world.c: see world.h. */
#include "lib/world.h"

#include <pli/directory.h>
#include <pli/queue.h>

Queued queued;

static PliStep
submit (PliOp *op, gpointer self, const PliSubmitArgs *args, PliSubmitResult *result)
{
  (void) self;
  (void) result;
  if (queued.fail)
    return pli_op_error (op, queued.fail, "as the test wants it");
  g_free (queued.sender);
  g_free (queued.rcpts);
  g_free (queued.message);
  g_free (queued.message_id);
  g_free (queued.envelope);
  g_free (queued.mailbox);
  queued.n++;
  queued.sender = g_strdup (args->sender);
  queued.rcpts = g_strjoinv (" ", (char **) args->rcpts);
  queued.message = pli_span_dup (args->message);
  queued.message_id = g_strdup (args->message_id);
  queued.envelope = pli_span_dup (args->renderings.envelope);
  queued.mailbox = g_strdup (args->mailbox);
  g_assert_cmpuint (strlen (queued.message), ==, args->message.len);
  g_assert_cmpuint (args->renderings.size, ==, args->message.len);
  return PLI_DONE;
}

static PliStep
resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result)
{
  PliTarget *target = pli_arena_new0 (pli_op_arena (op), PliTarget);

  (void) self;
  if (g_str_has_prefix (args->address, "later@"))
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "as the test wants it");
  target->account = target->address = args->address;
  result->kind = g_str_has_suffix (args->address, "@example.test") ? PLI_RCPT_LOCAL : PLI_RCPT_FOREIGN;
  if (g_str_has_prefix (args->address, "loop@"))
    result->kind = PLI_RCPT_LOOP;
  if (g_str_has_prefix (args->address, "disabled@"))
    result->kind = PLI_RCPT_DISABLED;
  result->targets = target;
  result->n_targets = result->kind == PLI_RCPT_LOCAL;
  return PLI_DONE;
}

static PliStep
verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result)
{
  (void) self;
  if (!pli_span_is (args->password, "secret"))
    return pli_op_error (op, pli_span_is (args->password, "later") ? PLI_ERROR_TRY_AGAIN : PLI_ERROR_DENIED, "no");
  result->account = result->login = pli_arena_strdup (pli_op_arena (op), args->login);
  result->rights = PLI_MAY_IMAP | PLI_MAY_POP3;
  if (!g_str_has_prefix (args->login, "reader"))
    result->rights |= PLI_MAY_SUBMIT;
  return PLI_DONE;
}

static const PliDirectory directory = { .size = sizeof (PliDirectory), .resolve = resolve, .verify = verify };
static const PliQueue queue = { .size = sizeof (PliQueue), .submit = submit };
static const PliService services[] = { PLI_DIRECTORY ("test", &directory), PLI_QUEUE ("test", &queue), { 0 } };

PLI_PLUGIN (test_services, .name = "test-services", .version = "1", .summary = "For a test", .services = services);
