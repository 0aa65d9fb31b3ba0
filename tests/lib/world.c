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

/* PLAIN in one step or two, and LOGIN; one conversation at a time. RFC 4616. */
static PliStep
sasl (PliOp *op, gpointer self, const PliSaslArgs *args, PliSaslResult *result)
{
  static gboolean plain;
  static char *login;
  PliVerifyArgs asked = { .service = args->service };
  PliSpan rest = args->response;
  gssize nul;

  if (args->mechanism)
    {
      plain = g_str_equal (args->mechanism, "PLAIN");
      g_clear_pointer (&login, g_free);
    }
  if (!rest.data)
    {
      result->challenge = plain ? PLI_SPAN ("") : PLI_SPAN ("User Name");
      return PLI_DONE;
    }
  if (!plain && !login)
    {
      login = pli_span_dup (rest);
      result->challenge = PLI_SPAN ("Password");
      return PLI_DONE;
    }
  if (plain
      && ((nul = pli_span_find (rest, 0)) < 0 || (rest = pli_span_skip (rest, (gsize) nul + 1), FALSE)
          || (nul = pli_span_find (rest, 0)) < 0))
    return pli_op_error (op, PLI_ERROR_SYNTAX, "not PLAIN");
  if (plain)
    {
      login = pli_span_dup (pli_span_head (rest, (gsize) nul));
      rest = pli_span_skip (rest, (gsize) nul + 1);
    }
  asked.login = pli_arena_strdup (pli_op_arena (op), login);
  asked.password = rest;
  g_clear_pointer (&login, g_free);
  result->done = TRUE;
  return verify (op, self, &asked, &result->who);
}

static const PliDirectory directory = {
  .size = sizeof (PliDirectory), .resolve = resolve, .verify = verify, .sasl = sasl
};
static const PliQueue queue = { .size = sizeof (PliQueue), .submit = submit };
static const PliService services[] = { PLI_DIRECTORY ("test", &directory), PLI_QUEUE ("test", &queue), { 0 } };

PLI_PLUGIN (test_services, .name = "test-services", .version = "1", .summary = "For a test", .services = services);
