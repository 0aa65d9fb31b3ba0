/* session.c: sessions with fake I/O and a fake clock: turns, pauses, backpressure, idle timers, STARTTLS, ends. */
#include "stub.h"

#include "lib/fake.h"

#define SECOND ((gint64) G_USEC_PER_SEC)

typedef struct
{
  PliInstance *instance;
  StubLog log;
  PliListenerSpec spec;
  PliFake *fake;
  guint gone;
} Fixture;

static guint n_gone, n_gone_signed_in;

static void
count_gone (PliInstance *instance, guint64 number, gboolean was_signed_in)
{
  g_assert_nonnull (instance);
  g_assert_cmpuint (number >> 56, ==, PLI_ROOM_ACCESS + 1);
  n_gone++;
  n_gone_signed_in += was_signed_in ? 1 : 0;
}

static void
set_up (Fixture *f, gconstpointer tls)
{
  n_gone = n_gone_signed_in = 0;
  f->instance = pli_instance_new ();
  f->instance->rooms = PLI_ROOM_BIT (PLI_ROOM_ACCESS);
  pli_loop_fake_clock (f->instance->loop, 1000 * SECOND);
  f->instance->net = pli_net_new (f->instance);
  pli_net_on_gone (f->instance->net, count_gone);
  f->log.journal = g_string_new (NULL);
  f->spec = (PliListenerSpec){
    .name = "test", .protocol = &stub_protocol, .settings = &f->log, .tls = GPOINTER_TO_UINT (tls)
  };
  f->fake = pli_fake_new (f->instance->net, &f->spec, "192.0.2.1");
  stub_settle (f->instance);
}

static void
tear_down (Fixture *f, gconstpointer tls)
{
  (void) tls;
  pli_fake_free (f->fake);
  stub_settle (f->instance);
  g_assert_cmpuint (pli_net_counts (f->instance->net).sessions, ==, 0);
  pli_net_free (f->instance->net);
  pli_instance_free (f->instance);
  stub_log_clear (&f->log);
}

static void
feed (Fixture *f, const char *text)
{
  pli_fake_feed (f->fake, pli_span_from (text));
  stub_settle (f->instance);
}

/* All that the server has sent since the last look. */
static void
expect (Fixture *f, const char *text)
{
  PliBuffer *out = pli_fake_output (f->fake);
  g_autofree char *got = pli_span_dup (pli_span (out->data ? out->data : "", out->len));

  g_assert_cmpstr (got, ==, text);
  pli_buffer_drop (out, out->len);
}

static void
test_lines (Fixture *f, gconstpointer tls)
{
  PliSession *session = pli_fake_session (f->fake);

  (void) tls;
  expect (f, "hello\r\n");
  g_assert_cmpstr (pli_session_role (session), ==, "first");
  g_assert_cmpstr (pli_session_peer (session), ==, "192.0.2.1");
  g_assert_false (pli_session_is_loopback (session));
  g_assert_false (pli_session_may_login (session));
  g_assert_true (pli_session_number (session) != 0);
  g_assert_true (pli_net_find (f->instance->net, pli_session_number (session)) == session);
  g_assert_true (pli_id_valid (pli_span_from (pli_session_id (session))));
  feed (f, "ECHO one\r\nECHO two\r\nEC");
  expect (f, "one\r\ntwo\r\n");
  feed (f, "HO three\r");
  expect (f, "");
  feed (f, "\n");
  expect (f, "three\r\n");
}

static void
test_pause (Fixture *f, gconstpointer tls)
{
  (void) tls;
  expect (f, "hello\r\n");
  feed (f, "ECHO a\r\nWAIT\r\nECHO b\r\n");
  expect (f, "a\r\n");
  feed (f, "ECHO c\r\n");
  expect (f, "");
  pli_session_resume (pli_fake_session (f->fake));
  expect (f, ""); /* from the loop, not from within */
  stub_settle (f->instance);
  expect (f, "b\r\nc\r\n");
}

static void
test_paused_reads_up_to_maximum (Fixture *f, gconstpointer tls)
{
  g_autofree char *many = g_strnfill (5000, 'x');

  (void) tls;
  feed (f, "MAX 2000\r\nWAIT\r\n");
  feed (f, many);
  g_assert_false (pli_fake_closed (f->fake));
  pli_session_resume (pli_fake_session (f->fake));
  stub_settle (f->instance);
  /* 2,000 bytes wait and the engine takes none: that line never ends. */
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_true (g_str_has_suffix (f->log.journal->str, "C"));
}

static void
test_backpressure (Fixture *f, gconstpointer tls)
{
  gsize got = 0;

  (void) tls;
  expect (f, "hello\r\n");
  pli_fake_set_window (f->fake, 1000);
  feed (f, "BIG 3000000\r\nECHO after\r\n");
  for (guint rounds = 0; rounds < 100000 && got < 3000007; rounds++)
    {
      PliBuffer *out = pli_fake_output (f->fake);

      g_assert_cmpuint (out->len, <=, 50000);
      got += out->len;
      pli_buffer_drop (out, out->len);
      pli_fake_set_window (f->fake, 50000);
      pli_loop_step (f->instance->loop, 0);
    }
  g_assert_cmpuint (got, ==, 3000007);
  g_assert_nonnull (strchr (f->log.journal->str, 'D'));
}

static void
test_reading_stops_when_output_is_full (Fixture *f, gconstpointer tls)
{
  GString *many = g_string_new (NULL);

  (void) tls;
  expect (f, "hello\r\n");
  pli_fake_set_window (f->fake, 0);
  feed (f, "BIG 300000\r\n");
  for (guint i = 0; i < 20; i++)
    g_string_append (many, "ECHO x\r\n");
  g_string_assign (f->log.journal, "");
  feed (f, many->str);
  g_assert_cmpstr (f->log.journal->str, ==, ""); /* no command is taken while the client takes no answers */
  pli_fake_set_window (f->fake, G_MAXSIZE);
  stub_settle (f->instance);
  g_assert_cmpuint (pli_fake_output (f->fake)->len, ==, 300000 + 20 * 3);
  g_string_free (many, TRUE);
}

static void
test_idle (Fixture *f, gconstpointer tls)
{
  (void) tls;
  feed (f, "IDLE 30000\r\n");
  for (guint i = 0; i < 5; i++)
    {
      pli_loop_move_clock (f->instance->loop, 20 * SECOND);
      g_assert_false (pli_fake_closed (f->fake));
      feed (f, "ECHO x\r\n");
    }
  pli_buffer_drop (pli_fake_output (f->fake), pli_fake_output (f->fake)->len);
  pli_loop_move_clock (f->instance->loop, 29 * SECOND);
  stub_settle (f->instance);
  g_assert_false (pli_fake_closed (f->fake));
  pli_loop_move_clock (f->instance->loop, 2 * SECOND);
  stub_settle (f->instance);
  expect (f, "too slow\r\n");
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_null (pli_fake_session (f->fake));
}

static void
test_idle_not_while_paused (Fixture *f, gconstpointer tls)
{
  (void) tls;
  expect (f, "hello\r\n");
  feed (f, "IDLE 30000\r\nWAIT\r\n");
  pli_loop_move_clock (f->instance->loop, 100 * SECOND);
  stub_settle (f->instance);
  g_assert_false (pli_fake_closed (f->fake));
  pli_session_resume (pli_fake_session (f->fake));
  stub_settle (f->instance);
  pli_loop_move_clock (f->instance->loop, 29 * SECOND);
  stub_settle (f->instance);
  g_assert_false (pli_fake_closed (f->fake));
  pli_loop_move_clock (f->instance->loop, 2 * SECOND);
  stub_settle (f->instance);
  g_assert_true (pli_fake_closed (f->fake));
}

static void
test_slow_reader_is_dropped (Fixture *f, gconstpointer tls)
{
  (void) tls;
  pli_fake_set_window (f->fake, 100);
  feed (f, "BIG 5000\r\n");
  pli_loop_move_clock (f->instance->loop, 299 * SECOND);
  pli_buffer_drop (pli_fake_output (f->fake), 50);
  pli_fake_set_window (f->fake, 100); /* it took some: the clock starts again */
  stub_settle (f->instance);
  pli_loop_move_clock (f->instance->loop, 299 * SECOND);
  stub_settle (f->instance);
  g_assert_false (pli_fake_closed (f->fake));
  pli_loop_move_clock (f->instance->loop, 2 * SECOND);
  stub_settle (f->instance);
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_cmpuint (n_gone, ==, 1);
}

static void
test_end_sends_what_is_written (Fixture *f, gconstpointer tls)
{
  (void) tls;
  expect (f, "hello\r\n");
  pli_session_sign_in (pli_fake_session (f->fake), "a1", "ann@example.org", NULL, 3);
  g_assert_cmpstr (pli_session_account (pli_fake_session (f->fake)), ==, "a1");
  pli_fake_set_window (f->fake, 2);
  feed (f, "BYE\r\nECHO not any more\r\n");
  g_assert_false (pli_fake_closed (f->fake));
  pli_fake_set_window (f->fake, G_MAXSIZE);
  stub_settle (f->instance);
  expect (f, "bye\r\n");
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_cmpuint (n_gone_signed_in, ==, 1);
}

static void
test_half_close_gets_its_answers (Fixture *f, gconstpointer tls)
{
  (void) tls;
  expect (f, "hello\r\n");
  feed (f, "WAIT\r\nECHO late\r\n");
  pli_fake_half_close (f->fake);
  stub_settle (f->instance);
  g_assert_false (pli_fake_closed (f->fake));
  pli_session_resume (pli_fake_session (f->fake));
  stub_settle (f->instance);
  expect (f, "late\r\n");
  g_assert_true (pli_fake_closed (f->fake));
}

static void
test_hang_up (Fixture *f, gconstpointer tls)
{
  (void) tls;
  feed (f, "WAIT\r\n");
  pli_fake_hang_up (f->fake);
  stub_settle (f->instance);
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_true (g_str_has_suffix (f->log.journal->str, "C"));
}

static void
test_starttls (Fixture *f, gconstpointer tls)
{
  (void) tls;
  g_assert_true (pli_session_may_start_tls (pli_fake_session (f->fake)));
  feed (f, "STARTTLS\r\n");
  expect (f, "hello\r\ngo\r\n");
  g_assert_true (pli_session_is_secure (pli_fake_session (f->fake)));
  g_assert_true (pli_fake_secure (f->fake));
  g_assert_true (pli_session_may_login (pli_fake_session (f->fake)));
  g_assert_false (pli_session_may_start_tls (pli_fake_session (f->fake)));
  g_assert_nonnull (strchr (f->log.journal->str, 'S'));
  feed (f, "ECHO in\r\n");
  expect (f, "in\r\n");
}

static void
test_starttls_injection (Fixture *f, gconstpointer tls)
{
  (void) tls;
  feed (f, "STARTTLS\r\nECHO injected\r\n");
  expect (f, "hello\r\ngo\r\n");
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_false (pli_fake_secure (f->fake));
  g_assert_null (strchr (f->log.journal->str, 'S'));
}

static void
test_notices (Fixture *f, gconstpointer tls)
{
  PliSession *session = pli_fake_session (f->fake);

  (void) tls;
  expect (f, "hello\r\n");
  pli_session_notice (session, 7);
  pli_session_notice (session, 7);
  pli_session_notice (session, 9);
  expect (f, "");
  stub_settle (f->instance);
  expect (f, "box 7\r\nbox 9\r\n");
}

static void
test_close_all (Fixture *f, gconstpointer tls)
{
  (void) tls;
  expect (f, "hello\r\n");
  pli_net_close_all (f->instance->net);
  stub_settle (f->instance);
  expect (f, "going down\r\n");
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_cmpuint (pli_net_counts (f->instance->net).sessions, ==, 0);
}

static void
test_drop_by_number (Fixture *f, gconstpointer tls)
{
  guint64 number = pli_session_number (pli_fake_session (f->fake));

  (void) tls;
  pli_session_drop (pli_net_find (f->instance->net, number));
  stub_settle (f->instance);
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_null (pli_net_find (f->instance->net, number));
}

static PliStep
never (PliOp *op, gpointer self, const void *args, void *result)
{
  (void) args;
  (void) result;
  *(PliTicket *) self = pli_op_wait (op);
  return PLI_WAIT;
}

static void
must_not_come (gpointer user, const void *result, const GError *error)
{
  (void) user;
  (void) result;
  (void) error;
  g_assert_not_reached ();
}

static void
test_calls_are_cancelled (Fixture *f, gconstpointer tls)
{
  PliTicket ticket = 0;
  PliOpSpec spec = { .label = "test.never",
                     .self = &ticket,
                     .done = must_not_come,
                     .owner = pli_session_calls (pli_fake_session (f->fake)) };

  (void) tls;
  pli_op_start (pli_op_new (f->instance, &spec), never, NULL);
  pli_fake_hang_up (f->fake);
  stub_settle (f->instance);
  g_assert_true (pli_fake_closed (f->fake));
  g_assert_true (pli_op_done (ticket));
  stub_settle (f->instance);
  g_assert_cmpuint (pli_op_waiting (f->instance), ==, 0);
}

static guint released;

static void
count_release (gpointer owner)
{
  released += owner == &released ? 1 : 0;
}

static void
test_generation_is_released_with_its_last_session (Fixture *f, gconstpointer tls)
{
  PliListenerSpec spec = f->spec;
  PliFake *one, *two;

  (void) tls;
  released = 0;
  spec.release = count_release;
  spec.owner = &released;
  one = pli_fake_new (f->instance->net, &spec, "::1");
  two = pli_fake_new (f->instance->net, &spec, "127.0.0.1");
  g_assert_true (pli_session_is_loopback (pli_fake_session (one)));
  g_assert_true (pli_session_may_login (pli_fake_session (two)));
  pli_fake_free (one);
  stub_settle (f->instance);
  g_assert_cmpuint (released, ==, 1); /* each fake is a generation of its own */
  pli_fake_free (two);
  stub_settle (f->instance);
  g_assert_cmpuint (released, ==, 2);
}

/* PROXY header at every split, then a command. */
static void
test_proxy (Fixture *f, gconstpointer tls)
{
  const char bytes[] = "PROXY TCP6 2001:db8::7 2001:db8::1 4711 25\r\nECHO x\r\n";
  gsize len = sizeof bytes - 1;

  (void) tls;
  f->spec.proxy = TRUE;
  for (gsize at = 0; at <= len; at++)
    {
      PliFake *fake = pli_fake_new (f->instance->net, &f->spec, "192.0.2.9");

      pli_fake_feed (fake, pli_span (bytes, at));
      stub_settle (f->instance);
      pli_fake_feed (fake, pli_span (bytes + at, len - at));
      stub_settle (f->instance);
      g_assert_cmpstr (pli_session_peer (pli_fake_session (fake)), ==, "2001:db8::7");
      g_assert_cmpuint (pli_session_peer_port (pli_fake_session (fake)), ==, 4711);
      g_assert_cmpstr (pli_session_local (pli_fake_session (fake)), ==, "2001:db8::1");
      g_assert_true (pli_span_is (pli_buffer_span (pli_fake_output (fake)), "hello\r\nx\r\n"));
      pli_fake_free (fake);
      stub_settle (f->instance);
    }
}

static void
test_proxy_required (Fixture *f, gconstpointer tls)
{
  PliFake *fake;

  (void) tls;
  f->spec.proxy = TRUE;
  fake = pli_fake_new (f->instance->net, &f->spec, "192.0.2.9");
  pli_fake_feed (fake, PLI_SPAN ("ECHO x\r\n"));
  stub_settle (f->instance);
  g_assert_true (pli_fake_closed (fake));
  g_assert_cmpuint (pli_fake_output (fake)->len, ==, 0);
  pli_fake_free (fake);
  fake = pli_fake_new (f->instance->net, &f->spec, "192.0.2.9");
  pli_fake_feed (fake, PLI_SPAN ("PRO"));
  stub_settle (f->instance);
  g_assert_false (pli_fake_closed (fake));
  pli_loop_move_clock (f->instance->loop, 31 * SECOND);
  stub_settle (f->instance);
  g_assert_true (pli_fake_closed (fake));
  pli_fake_free (fake);
}

int
main (int argc, char **argv)
{
  static const struct
  {
    const char *path;
    void (*func) (Fixture *, gconstpointer);
    PliTlsMode tls;
  } tests[] = {
    { "lines", test_lines, PLI_TLS_NONE },
    { "pause", test_pause, PLI_TLS_NONE },
    { "paused-reads-up-to-maximum", test_paused_reads_up_to_maximum, PLI_TLS_NONE },
    { "backpressure", test_backpressure, PLI_TLS_NONE },
    { "reading-stops-when-output-is-full", test_reading_stops_when_output_is_full, PLI_TLS_NONE },
    { "idle", test_idle, PLI_TLS_NONE },
    { "idle-not-while-paused", test_idle_not_while_paused, PLI_TLS_NONE },
    { "slow-reader-is-dropped", test_slow_reader_is_dropped, PLI_TLS_NONE },
    { "end-sends-what-is-written", test_end_sends_what_is_written, PLI_TLS_NONE },
    { "half-close-gets-its-answers", test_half_close_gets_its_answers, PLI_TLS_NONE },
    { "hang-up", test_hang_up, PLI_TLS_NONE },
    { "starttls", test_starttls, PLI_TLS_OFFERED },
    { "starttls-injection", test_starttls_injection, PLI_TLS_OFFERED },
    { "notices", test_notices, PLI_TLS_NONE },
    { "close-all", test_close_all, PLI_TLS_NONE },
    { "drop-by-number", test_drop_by_number, PLI_TLS_NONE },
    { "calls-are-cancelled", test_calls_are_cancelled, PLI_TLS_NONE },
    { "generation-is-released", test_generation_is_released_with_its_last_session, PLI_TLS_NONE },
    { "proxy", test_proxy, PLI_TLS_NONE },
    { "proxy-required", test_proxy_required, PLI_TLS_NONE },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/net/session/", tests[i].path, NULL);

      g_test_add (path, Fixture, GUINT_TO_POINTER (tests[i].tls), set_up, tests[i].func, tear_down);
    }
  return g_test_run ();
}
