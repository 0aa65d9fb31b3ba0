/* wire-play.c: runs a wire script in one of three ways; see wire.h.
 *
 * The clock is fake, the offload pool is not: where an answer is expected and calls are under way, the loop is turned
 * until they are done. Real time only bounds how long a script that hangs may hang. */
#include "wire.h"

#include "fake.h"
#include "harness.h"
#include "service/method.h"
#include <pli/mail.h>

#define PATIENCE_US (10 * (gint64) G_USEC_PER_SEC)
#define START_US (1700000000 * (gint64) G_USEC_PER_SEC)
/* Turns after which nothing more happens by itself. */
#define TURNS 24

/* Logins cost little, and no failure is held back: scripts are not about that. */
static const char base_conf[] = "[auth-local]\nhash-cost = 1\npassword-min = 1\n[auth-front]\nfailure-delay = 0\n";

typedef struct
{
  const PliWire *wire;
  PliWireWay way;
  PliTest *test;
  PliListenerSpec spec;
  PliFake *fake;
  const char *account; /* of the first user; gets deliveries */
  guint sent_up_to;    /* steps whose bytes have been sent already */
} Player;

static gboolean
complain (Player *p, const PliWireStep *step, GError **error, const char *format, const char *expected, const char *got)
{
  g_autofree char *text = g_strdup_printf (format, expected, got);

  g_set_error (error, PLI_ERROR, PLI_ERROR_SYNTAX, "%s:%u: %s", p->wire->path, step->line, text);
  return FALSE;
}

/* Set up */

static const char *
add_user (Player *p, const char *name, const char *password)
{
  const char *domain = strchr (name, '@') + 1;
  const PliChangeArgs add_domain = { .verb = PLI_DOMAIN_ADD, .name = domain };
  const PliChangeArgs add_account = { .verb = PLI_ACCOUNT_ADD, .name = name, .password = pli_span_from (password) };
  g_autoptr (PliTestAnswer) first = pli_test_call (p->test, PLI_METHOD_CHANGE, 0, NULL, &add_domain);
  g_autoptr (PliTestAnswer) second = pli_test_call (p->test, PLI_METHOD_CHANGE, 0, NULL, &add_account);

  if (first->error && !g_error_matches (first->error, PLI_ERROR, PLI_ERROR_EXISTS))
    g_error ("%s: %s", domain, first->error->message);
  if (second->error)
    g_error ("%s: %s", name, second->error->message);
  return pli_arena_strdup (p->wire->arena, ((const PliChangeResult *) second->result)->account);
}

static void
set_up (Player *p)
{
  const PliWire *wire = p->wire;
  g_autoptr (GPtrArray) plugins = g_ptr_array_new ();
  g_autofree char *conf = g_strconcat (base_conf, wire->conf->str, NULL);
  PliRegistry *registry;
  PliPlugin *plugin;

  g_ptr_array_add (plugins, (gpointer) wire->protocol);
  g_ptr_array_add (plugins, (gpointer) "auth-local");
  g_ptr_array_add (plugins, (gpointer) "auth-front");
  g_ptr_array_add (plugins, (gpointer) "store-memory");
  for (guint i = 0; i < wire->plugins->len; i++)
    g_ptr_array_add (plugins, wire->plugins->pdata[i]);
  if (g_str_equal (wire->protocol, "proto-smtp"))
    g_ptr_array_add (plugins, (gpointer) "queue-log");
  g_ptr_array_add (plugins, NULL);
  p->test = pli_test_new (NULL, (const char *const *) plugins->pdata, conf);
  for (guint i = 0; i < wire->users->len; i += 2)
    {
      const char *account = add_user (p, wire->users->pdata[i], wire->users->pdata[i + 1]);

      p->account = p->account ? p->account : account;
    }
  pli_loop_fake_clock (p->test->instance->loop, START_US);
  registry = p->test->instance->registry;
  plugin = pli_registry_plugin (registry, wire->protocol);
  g_assert_nonnull (plugin);
  g_assert_cmpint (pli_plugin_service (plugin, 0)->kind, ==, PLI_SERVICE_PROTOCOL);
  p->spec = (PliListenerSpec){ .name = "wire",
                               .protocol = pli_plugin_service (plugin, 0)->vtable,
                               .settings = pli_plugin_settings (plugin),
                               .role = wire->role,
                               .tls = wire->tls,
                               .plaintext_login = wire->plaintext_login };
}

/* Turning the loop */

static gboolean
has_line (Player *p)
{
  return pli_span_find (pli_buffer_span (pli_fake_output (p->fake)), '\n') >= 0;
}

static gboolean
is_closed (Player *p)
{
  return pli_fake_closed (p->fake);
}

static gboolean
never (Player *p)
{
  (void) p;
  return FALSE;
}

/* Turns until @ready says so, or nothing is under way any more. */
static gboolean
turn_until (Player *p, gboolean (*ready) (Player *p), gint64 patience_us)
{
  PliInstance *instance = p->test->instance;
  gint64 until = g_get_monotonic_time () + patience_us;

  for (guint quiet = 0; quiet < TURNS && !ready (p); quiet++)
    {
      pli_loop_step (instance->loop, 0);
      if (pli_op_waiting (instance) == 0)
        continue;
      if (g_get_monotonic_time () > until)
        break;
      quiet = 0;
      g_thread_yield ();
    }
  return ready (p);
}

/* Sending */

static void
send_bytes (Player *p, PliSpan bytes)
{
  if (p->way != PLI_WIRE_BYTES)
    {
      pli_fake_feed (p->fake, bytes);
      return;
    }
  for (gsize i = 0; i < bytes.len; i++)
    {
      pli_fake_feed (p->fake, pli_span (bytes.data + i, 1));
      for (guint turn = 0; turn < 4; turn++)
        pli_loop_step (p->test->instance->loop, 0);
    }
}

/* In one write: all that the client says from step @at to where it has to wait for something other than an answer. */
static void
send_all (Player *p, guint at)
{
  g_auto (PliBuffer) bytes = { 0 };
  gboolean go_on = TRUE;

  for (; at < p->wire->steps->len && go_on; at++)
    {
      const PliWireStep *step = &g_array_index (p->wire->steps, PliWireStep, at);

      if (step->kind == PLI_WIRE_SEND)
        {
          pli_buffer_add_span (&bytes, pli_buffer_span (&step->text));
          p->sent_up_to = at + 1;
        }
      go_on = step->kind <= PLI_WIRE_PATTERN && !step->starts_tls;
    }
  send_bytes (p, pli_buffer_span (&bytes));
}

static void
deliver (Player *p, const PliWireStep *step)
{
  PliArena *arena = pli_arena_new ();
  PliAppendArgs args = { .name = "INBOX", .message = pli_buffer_span (&step->text) };
  guint64 session = pli_test_grant (p->test, p->account, NULL);

  g_assert_true (pli_render (args.message, NULL, arena, &args.renderings));
  {
    g_autoptr (PliTestAnswer) answer = pli_test_call (p->test, PLI_METHOD_APPEND, session, NULL, &args);

    g_assert_no_error (answer->error);
  }
  pli_test_session_gone (p->test, session);
  pli_arena_free (arena);
}

/* Expecting */

/* The first line without its CRLF; {NULL, 0} when there is none. */
static PliSpan
peek_line (Player *p, gsize *out_len)
{
  PliSpan out = pli_buffer_span (pli_fake_output (p->fake));
  gssize lf = pli_span_find (out, '\n');

  if (lf < 0)
    return pli_span (NULL, 0);
  *out_len = (gsize) lf + 1;
  return pli_span_head (out, (gsize) (lf > 0 && out.data[lf - 1] == '\r' ? lf - 1 : lf));
}

static gboolean
line_matches (const PliWireStep *step, PliSpan line)
{
  PliSpan text = pli_buffer_span (&step->text);

  if (step->kind == PLI_WIRE_PATTERN)
    {
      g_autofree char *terminated = pli_span_dup (line);

      return g_regex_match_simple (text.data, terminated, G_REGEX_RAW, 0);
    }
  if (text.len > 0 && text.data[text.len - 1] == '*')
    return pli_span_equal (pli_span_head (line, text.len - 1), pli_span_head (text, text.len - 1));
  return pli_span_equal (line, text);
}

static gboolean
expect_line (Player *p, const PliWireStep *step, GError **error)
{
  PliSpan line;
  gsize len = 0;

  turn_until (p, has_line, PATIENCE_US);
  line = peek_line (p, &len);
  if (line.data && line_matches (step, line))
    {
      pli_buffer_drop (pli_fake_output (p->fake), len);
      return TRUE;
    }
  if (step->kind == PLI_WIRE_MAYBE)
    return TRUE;
  {
    g_autofree char *expected = g_strndup (step->text.data ? step->text.data : "", step->text.len);
    g_autofree char *got = line.data ? g_strndup (line.data, line.len) : NULL;

    return complain (p, step, error, "expected \"%s\", got %s", expected,
                     got                         ? got
                     : pli_fake_closed (p->fake) ? "the end"
                                                 : "nothing");
  }
}

static gboolean
expect_nothing_more (Player *p, const PliWireStep *step, GError **error)
{
  g_autofree char *line = NULL;
  gsize len;

  turn_until (p, has_line, PATIENCE_US);
  line = pli_span_dup (peek_line (p, &len));
  return line ? complain (p, step, error, "%s: %s", "the server says more", line) : TRUE;
}

static gboolean
expect_closed (Player *p, const PliWireStep *step, GError **error)
{
  if (!turn_until (p, is_closed, PATIENCE_US))
    return complain (p, step, error, "%s%s", "the server should have closed", "");
  return expect_nothing_more (p, step, error);
}

/* The next step that needs a session makes one, so that what is delivered before it is there when it begins. */
static void
connect_if_needed (Player *p, PliWireKind kind)
{
  if (!p->fake && kind != PLI_WIRE_DELIVER && kind != PLI_WIRE_CLOCK)
    p->fake = pli_fake_new (p->test->instance->net, &p->spec, p->wire->peer);
}

static void
disconnect (Player *p)
{
  pli_fake_free (p->fake);
  p->fake = NULL;
  turn_until (p, never, PATIENCE_US);
}

static gboolean
play_step (Player *p, guint at, GError **error)
{
  const PliWireStep *step = &g_array_index (p->wire->steps, PliWireStep, at);

  connect_if_needed (p, step->kind);
  if (p->way == PLI_WIRE_AT_ONCE && at >= p->sent_up_to && step->kind == PLI_WIRE_SEND)
    send_all (p, at);
  switch (step->kind)
    {
    case PLI_WIRE_SEND:
      if (p->way != PLI_WIRE_AT_ONCE)
        send_bytes (p, pli_buffer_span (&step->text));
      return TRUE;
    case PLI_WIRE_LINE:
    case PLI_WIRE_MAYBE:
    case PLI_WIRE_PATTERN:
      return expect_line (p, step, error);
    case PLI_WIRE_CLOCK:
      turn_until (p, never, PATIENCE_US / 20);
      pli_loop_move_clock (p->test->instance->loop, step->by_us);
      return TRUE;
    case PLI_WIRE_DELIVER:
      turn_until (p, never, PATIENCE_US / 20);
      deliver (p, step);
      return TRUE;
    case PLI_WIRE_HANG_UP:
      pli_fake_hang_up (p->fake);
      return TRUE;
    case PLI_WIRE_HALF_CLOSE:
      pli_fake_half_close (p->fake);
      return TRUE;
    case PLI_WIRE_CLOSED:
      return expect_closed (p, step, error);
    case PLI_WIRE_RECONNECT:
      if (!expect_nothing_more (p, step, error))
        return FALSE;
      disconnect (p);
      return TRUE;
    }
  g_assert_not_reached ();
}

gboolean
pli_wire_play (const PliWire *wire, PliWireWay way, GError **error)
{
  Player p = { .wire = wire, .way = way };
  gboolean well = TRUE;
  guint n = wire->steps->len;

  set_up (&p);
  for (guint at = 0; well && at < n; at++)
    well = play_step (&p, at, error);
  if (well && p.fake)
    well = expect_nothing_more (&p, &g_array_index (wire->steps, PliWireStep, n - 1), error);
  disconnect (&p);
  pli_test_free (p.test, FALSE);
  return well;
}
