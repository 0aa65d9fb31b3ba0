/* What becomes of filters' verdicts in proto-smtp, stage by stage, and of a filter that is late. */
#include "smtp-scene.h"

#include <pli/filter.h>

/* A filter that says what the test wants, where the test wants it. */
static struct
{
  PliStage stage;
  PliVerdict verdict;
  guint ends;       /* saw_end() calls */
  guint32 end_code; /* of the last one */
  gboolean asynchronous;
} wanted;

static PliStep
answer (PliOp *op, PliStage stage, PliVerdict *verdict)
{
  if (stage != wanted.stage)
    return PLI_DONE;
  *verdict = wanted.verdict;
  if (!wanted.asynchronous)
    return PLI_DONE;
  pli_op_done_after (pli_op_wait (op), G_USEC_PER_SEC);
  return PLI_WAIT;
}

static PliStep
on_connect (PliOp *op, PliSession *session, PliVerdict *verdict)
{
  (void) session;
  return answer (op, PLI_STAGE_CONNECT, verdict);
}

static PliStep
on_hello (PliOp *op, PliSession *session, const PliHelloArgs *args, PliVerdict *verdict)
{
  (void) session;
  g_assert_cmpstr (args->name, ==, "client.example.org");
  return answer (op, PLI_STAGE_HELLO, verdict);
}

static PliStep
on_mail (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  g_assert_cmpstr (pli_txn_sender (txn), ==, "s@example.org");
  g_assert_cmpstr (pli_txn_helo (txn), ==, "client.example.org");
  return answer (op, PLI_STAGE_MAIL, verdict);
}

static PliStep
on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict)
{
  g_assert_null (pli_txn_message (txn).data);
  return g_str_has_prefix (args->address, "a@") ? answer (op, PLI_STAGE_RCPT, verdict) : PLI_DONE;
}

static PliStep
on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  g_assert_true (pli_span_is (pli_txn_message (txn), "Subject: x\r\n\r\n")); /* the header: no right to the body */
  pli_txn_set_fact (txn, "wanted.seen", "yes");
  g_assert_cmpstr (pli_txn_fact (txn, "wanted.seen"), ==, "yes");
  pli_txn_set_fact (txn, "not.mine", "yes");
  g_assert_null (pli_txn_fact (txn, "not.mine"));
  return answer (op, PLI_STAGE_MESSAGE, verdict);
}

static PliStep
on_headers (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  g_assert_true (pli_span_is (pli_txn_message (txn), "Subject: x\r\n\r\n"));
  g_assert_null (pli_txn_fact (txn, "wanted.seen")); /* before on_message */
  return answer (op, PLI_STAGE_HEADERS, verdict);
}

static void
saw_end (PliTxn *txn, const PliVerdict *verdict)
{
  pli_txn_add_header (txn, "X-Too-Late", "yes"); /* an observer changes nothing */
  g_assert_cmpuint (pli_txn_edits (txn)->n_items, <=, 1);
  wanted.ends++;
  wanted.end_code = verdict->code;
}

static const char *const rights[] = { "accept", "edit-headers", NULL };
static const PliFactRow facts[] = { { "wanted.seen", PLI_TYPE_BOOL, "Was here." }, { 0 } };
static const PliFilter filter = { .size = sizeof (PliFilter),
                                  .on_connect = on_connect,
                                  .on_hello = on_hello,
                                  .on_mail = on_mail,
                                  .on_rcpt = on_rcpt,
                                  .on_message = on_message,
                                  .saw_end = saw_end,
                                  .on_headers = on_headers };
static const PliService services[] = { PLI_FILTER ("wanted", &filter), { 0 } };

PLI_PLUGIN (test_wanted, .name = "test-wanted", .version = "1", .summary = "For a test", .rights = rights,
            .facts = facts, .services = services);

/* The reply to each step of a session in which @stage gets @kind; NULL: not reached. */
typedef struct
{
  PliStage stage;
  PliVerdictKind kind;
  const char *hello, *mail, *first, *second, *data, *end;
  guint queued;
} Case;

static const Case cases[] = {
  { PLI_STAGE_CONNECT, PLI_REJECT, "503 5.5.1 ", NULL, NULL, NULL, NULL, NULL, 0 },
  { PLI_STAGE_CONNECT, PLI_DEFER, "", NULL, NULL, NULL, NULL, NULL, 0 },
  { PLI_STAGE_CONNECT, PLI_ACCEPT, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_CONNECT, PLI_DISCARD, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 0 },
  { PLI_STAGE_HELLO, PLI_REJECT, "550 5.7.1 because", "503 ", NULL, NULL, NULL, NULL, 0 },
  { PLI_STAGE_HELLO, PLI_DEFER, "451 4.7.1 because", "503 ", NULL, NULL, NULL, NULL, 0 },
  { PLI_STAGE_HELLO, PLI_QUARANTINE, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_MAIL, PLI_REJECT, "250 ", "550 5.7.1 because", "503 ", NULL, NULL, NULL, 0 },
  { PLI_STAGE_MAIL, PLI_DEFER, "250 ", "451 4.7.1 because", "503 ", NULL, NULL, NULL, 0 },
  { PLI_STAGE_MAIL, PLI_ACCEPT, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_MAIL, PLI_DISCARD, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 0 },
  { PLI_STAGE_MAIL, PLI_QUARANTINE, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_RCPT, PLI_REJECT, "250 ", "250 ", "550 5.7.1 because", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_RCPT, PLI_DEFER, "250 ", "250 ", "451 4.7.1 because", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_RCPT, PLI_DISCARD, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_RCPT, PLI_QUARANTINE, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_MESSAGE, PLI_REJECT, "250 ", "250 ", "250 ", "250 ", "354 ", "550 5.7.1 because", 0 },
  { PLI_STAGE_MESSAGE, PLI_DEFER, "250 ", "250 ", "250 ", "250 ", "354 ", "451 4.7.1 because", 0 },
  { PLI_STAGE_MESSAGE, PLI_ACCEPT, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 1 },
  { PLI_STAGE_MESSAGE, PLI_DISCARD, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 0 },
  { PLI_STAGE_MESSAGE, PLI_QUARANTINE, "250 ", "250 ", "250 ", "250 ", "354 ", "250 ", 1 },
};

static void
step (Scene *scene, const char *text, const char *reply)
{
  if (!reply)
    return;
  if (wanted.asynchronous)
    {
      pli_fake_feed (scene->fake, pli_span_from (text));
      turn (scene);
      wait_seconds (scene, 2);
      text = "";
    }
  expect (scene, text, reply);
}

static void
check_end (const Case *c)
{
  gboolean rcpt_gone = c->stage == PLI_STAGE_RCPT && c->kind != PLI_QUARANTINE;

  g_assert_cmpuint (queued.n, ==, c->queued);
  g_assert_cmpuint (wanted.ends, ==, c->end != NULL);
  if (c->end)
    g_assert_cmpuint (wanted.end_code, ==, g_ascii_strtoull (c->end, NULL, 10));
  if (queued.n == 0)
    return;
  g_assert_cmpstr (queued.mailbox, ==, c->kind == PLI_QUARANTINE ? "\\Junk" : NULL);
  g_assert_cmpstr (queued.rcpts, ==, rcpt_gone ? "b@example.test" : "a@example.test b@example.test");
  g_assert_cmpstr (stored (), ==,
                   c->kind == PLI_QUARANTINE ? "X-Pli-Quarantine: test-wanted: because\r\nSubject: x\r\n\r\nbody\r\n"
                                             : "Subject: x\r\n\r\nbody\r\n");
}

static void
run_case (const Case *c, gboolean asynchronous)
{
  Scene *scene;

  memset (&wanted, 0, sizeof wanted);
  wanted.stage = c->stage;
  wanted.verdict = (PliVerdict){ .kind = c->kind, .text = "because\r\n250 of that" };
  wanted.asynchronous = asynchronous;
  scene = scene_new ("mx", NULL);
  if (asynchronous)
    wait_seconds (scene, 2);
  turn (scene);
  pli_buffer_drop (pli_fake_output (scene->fake), pli_fake_output (scene->fake)->len);
  step (scene, "EHLO client.example.org\r\n", c->hello);
  step (scene, "MAIL FROM:<s@example.org>\r\n", c->mail);
  step (scene, "RCPT TO:<a@example.test>\r\n", c->first);
  step (scene, "RCPT TO:<b@example.test>\r\n", c->second);
  step (scene, "DATA\r\n", c->data);
  step (scene, "Subject: x\r\n\r\nbody\r\n.\r\n", c->end);
  check_end (c);
  scene_free (scene);
}

static void
test_verdicts (void)
{
  scene_link (&test_wanted_LTX_pli_plugin);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Case at_headers = cases[i];

      run_case (&cases[i], FALSE);
      run_case (&cases[i], TRUE);
      if (cases[i].stage != PLI_STAGE_MESSAGE)
        continue;
      at_headers.stage = PLI_STAGE_HEADERS; /* the client sees no difference */
      run_case (&at_headers, FALSE);
      run_case (&at_headers, TRUE);
    }
  scene_link (NULL);
}

/* Codes and texts of filters: what does not fit the kind of verdict is put right. */
static void
test_verdict_texts (void)
{
  static const struct
  {
    PliVerdict said;
    const char *reply;
  } texts[] = {
    { { PLI_REJECT, 554, "5.7.26", "no SPF", NULL, NULL }, "554 5.7.26 no SPF" },
    { { PLI_REJECT, 450, "4.7.1", "no", NULL, NULL }, "550 5.7.1 no" },
    { { PLI_REJECT, 250, "nonsense", NULL, NULL, NULL }, "550 5.7.1 Refused by policy" },
    { { PLI_DEFER, 450, "4.2.0", "greylisted", NULL, NULL }, "450 4.2.0 greylisted" },
    { { PLI_DEFER, 550, "5.1.1", "\001\tx", NULL, NULL }, "451 4.7.1 ??x" },
    { { PLI_DISCARD + 10, 0, NULL, NULL, NULL, NULL }, "451 4.3.0 Temporary failure" },
  };

  scene_link (&test_wanted_LTX_pli_plugin);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      Scene *scene;

      memset (&wanted, 0, sizeof wanted);
      wanted.stage = PLI_STAGE_RCPT;
      wanted.verdict = texts[i].said;
      scene = scene_new ("mx", NULL);
      expect (scene, "EHLO client.example.org\r\nMAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.test>\r\n",
              texts[i].reply);
      scene_free (scene);
    }
  scene_link (NULL);
}

/* A filter misses its deadline and goes on reading the message, which is edited, queued and forgotten meanwhile. */
static void
test_late_filter (void)
{
  static const char *const confs[] = { "[misbehave-late]\nstages = message\non-failure = skip\ndelay = 60s\n",
                                       "[misbehave-late]\nstages = message\ndelay = 60s\n" };

  for (guint i = 0; i < G_N_ELEMENTS (confs); i++)
    {
      Scene *scene = scene_new_with ("submission", "misbehave-late", confs[i]);

      expect (scene, SUBMISSION, "354 ");
      expect (scene, "Bcc: c@example.org\r\nSubject: x\r\n\r\nbody\r\n.\r\n", "");
      wait_seconds (scene, 11);
      expect (scene, "", i == 0 ? "250 2.0.0 " : "451 4.3.0 ");
      g_assert_cmpuint (queued.n, ==, i == 0);
      if (i == 0)
        g_assert_nonnull (strstr (queued.message, "\r\nSubject: x\r\n\r\nbody\r\n"));
      if (i == 0)
        g_assert_null (strstr (queued.message, "X-Late"));
      expect (scene, "QUIT\r\n", "221 ");
      pli_fake_hang_up (scene->fake);
      turn (scene);
      g_assert_cmpuint (pli_op_waiting (scene->test->instance), ==, 1);
      wait_seconds (scene, 60);
      turn (scene);
      g_assert_cmpuint (pli_op_waiting (scene->test->instance), ==, 0);
      scene_free (scene);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  scene_init ();
  g_test_add_func ("/proto-smtp/verdicts", test_verdicts);
  g_test_add_func ("/proto-smtp/verdict-texts", test_verdict_texts);
  g_test_add_func ("/proto-smtp/late-filter", test_late_filter);
  return g_test_run ();
}
