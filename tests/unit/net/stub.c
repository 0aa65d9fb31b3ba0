/* stub.c: see stub.h. The settings pointer of a session is its StubLog. */
#include "stub.h"

static Stub *
enter (PliSession *session, char what)
{
  Stub *stub = pli_session_state (session);

  stub->log = (StubLog *) pli_session_settings (session);
  g_assert_false (stub->log->inside);
  stub->log->inside = TRUE;
  if (what != 'I' || stub->log->journal->len == 0 || stub->log->journal->str[stub->log->journal->len - 1] != 'I')
    g_string_append_c (stub->log->journal, what);
  return stub;
}

static void
leave (Stub *stub)
{
  stub->log->inside = FALSE;
}

static void
stub_open (PliSession *session)
{
  Stub *stub = enter (session, 'O');

  stub->log->session = session;
  pli_session_write_text (session, "hello\r\n");
  leave (stub);
}

static void
produce (PliSession *session, Stub *stub)
{
  char some[1000];

  memset (some, '#', sizeof some);
  while (stub->left > 0 && !pli_session_output_full (session))
    {
      gsize n = MIN (stub->left, sizeof some);

      pli_session_write (session, pli_span (some, n));
      stub->left -= n;
    }
}

static void
do_line (PliSession *session, Stub *stub, PliSpan line)
{
  g_autofree char *text = pli_span_dup (line);

  if (g_str_has_prefix (text, "ECHO "))
    pli_session_printf (session, "%s\r\n", text + 5);
  else if (g_str_has_prefix (text, "BIG "))
    {
      stub->left = g_ascii_strtoull (text + 4, NULL, 10);
      produce (session, stub);
    }
  else if (g_str_equal (text, "WAIT"))
    pli_session_pause (session);
  else if (g_str_equal (text, "STARTTLS"))
    {
      pli_session_write_text (session, "go\r\n");
      pli_session_start_tls (session);
    }
  else if (g_str_has_prefix (text, "IDLE "))
    pli_session_set_idle (session, g_ascii_strtoll (text + 5, NULL, 10) * 1000);
  else if (g_str_has_prefix (text, "MAX "))
    pli_session_set_input_max (session, g_ascii_strtoull (text + 4, NULL, 10));
  else if (g_str_equal (text, "BYE"))
    {
      pli_session_end (session);
      pli_session_write_text (session, "bye\r\n");
    }
}

static gsize
stub_input (PliSession *session, PliSpan data)
{
  Stub *stub = enter (session, 'I');
  gssize lf = pli_span_find (data, '\n');

  if (lf > 0)
    do_line (session, stub, pli_span_trim (pli_span_head (data, (gsize) lf)));
  leave (stub);
  return (gsize) (lf + 1);
}

static void
stub_drained (PliSession *session)
{
  Stub *stub = enter (session, 'D');

  produce (session, stub);
  leave (stub);
}

static void
stub_secured (PliSession *session)
{
  leave (enter (session, 'S'));
}

static void
stub_idle (PliSession *session)
{
  Stub *stub = enter (session, 'i');

  pli_session_write_text (session, "too slow\r\n");
  leave (stub);
}

static void
stub_shutdown (PliSession *session)
{
  Stub *stub = enter (session, 'x');

  pli_session_write_text (session, "going down\r\n");
  leave (stub);
}

static void
stub_notice (PliSession *session, guint64 mailbox)
{
  Stub *stub = enter (session, 'n');

  pli_session_printf (session, "box %u\r\n", (guint) mailbox);
  leave (stub);
}

static void
stub_close (PliSession *session)
{
  Stub *stub = enter (session, 'C');

  stub->log->session = NULL;
  pli_session_write_text (session, "nobody reads this\r\n");
  leave (stub);
}

static const char *const roles[] = { "first", "second", NULL };

const PliProtocol stub_protocol = {
  .size = sizeof (PliProtocol),
  .session_size = sizeof (Stub),
  .roles = roles,
  .open = stub_open,
  .input = stub_input,
  .drained = stub_drained,
  .secured = stub_secured,
  .idle = stub_idle,
  .shutdown = stub_shutdown,
  .notice = stub_notice,
  .close = stub_close,
};

void
stub_log_clear (StubLog *log)
{
  g_string_free (log->journal, TRUE);
}

void
stub_settle (PliInstance *instance)
{
  for (guint i = 0; i < 50; i++)
    pli_loop_step (instance->loop, 0);
}
