/* wire.c: reads a wire script; see wire.h and tests/wire/README.md. wire-play.c runs it. */
#include "wire.h"

#include <pli/protocol.h>

typedef struct
{
  PliWire *wire;
  char **lines;
  guint at; /* the line that is read, from 0 */
} Reader;

static gboolean
fail (Reader *r, GError **error, const char *why)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_SYNTAX, "%s:%u: %s", r->wire->path, r->at + 1, why);
  return FALSE;
}

static PliWireStep *
add_step (Reader *r, PliWireKind kind)
{
  PliWireStep step = { .kind = kind, .line = r->at + 1 };

  g_array_append_val (r->wire->steps, step);
  return &g_array_index (r->wire->steps, PliWireStep, r->wire->steps->len - 1);
}

/* \r \n \0 \\ \xNN; a backslash before anything else is itself (IMAP's flags have one). */
static void
add_escaped (PliBuffer *out, const char *text)
{
  for (; *text; text++)
    if (text[0] == '\\' && text[1] == 'x' && g_ascii_isxdigit (text[2]) && g_ascii_isxdigit (text[3]))
      {
        pli_buffer_add_char (out, (char) (g_ascii_xdigit_value (text[2]) << 4 | g_ascii_xdigit_value (text[3])));
        text += 3;
      }
    else if (text[0] == '\\' && text[1] && strchr ("rn0\\", text[1]))
      pli_buffer_add_char (out, *++text == 'r' ? '\r' : *text == 'n' ? '\n' : *text == '0' ? '\0' : '\\');
    else
      pli_buffer_add_char (out, *text);
}

static gboolean
is_start_tls (const PliBuffer *bytes)
{
  PliSpan word = pli_span_trim (pli_buffer_span (bytes));
  gssize blank = pli_span_find (word, ' ');

  if (blank >= 0 && pli_span_is_nocase (pli_span_skip (word, (gsize) blank + 1), "STARTTLS"))
    return TRUE; /* IMAP: with a tag */
  return pli_span_is_nocase (word, "STARTTLS") || pli_span_is_nocase (word, "STLS");
}

static void
add_send (Reader *r, const char *text, gboolean with_crlf)
{
  PliWireStep *step = add_step (r, PLI_WIRE_SEND);

  add_escaped (&step->text, text);
  if (with_crlf)
    pli_buffer_add (&step->text, "\r\n", 2);
  step->starts_tls = is_start_tls (&step->text);
}

static gboolean
read_clock (Reader *r, const char *arg, GError **error)
{
  static const struct
  {
    const char *unit;
    gint64 us;
  } units[] = { { "ms", 1000 }, { "s", 1000000 }, { "min", 60000000 }, { "h", 3600000000 } };
  char *end;
  guint64 n = *arg == '+' ? g_ascii_strtoull (arg + 1, &end, 10) : 0;

  for (guint i = 0; n > 0 && i < G_N_ELEMENTS (units); i++)
    if (g_str_equal (end, units[i].unit))
      {
        add_step (r, PLI_WIRE_CLOCK)->by_us = (gint64) n * units[i].us;
        return TRUE;
      }
  return fail (r, error, "write @clock +30s, +500ms, +10min or +1h");
}

static gboolean
read_message (Reader *r, const char *arg, GError **error)
{
  PliWireStep *step = add_step (r, PLI_WIRE_DELIVER);

  if (g_str_has_prefix (arg, "<<"))
    {
      for (r->at++; r->lines[r->at] && !g_str_equal (r->lines[r->at], arg + 2); r->at++)
        {
          pli_buffer_add_text (&step->text, r->lines[r->at]);
          pli_buffer_add (&step->text, "\r\n", 2);
        }
      return r->lines[r->at] ? TRUE : fail (r, error, "the message does not end");
    }
  {
    g_autofree char *folder = g_path_get_dirname (r->wire->path);
    g_autofree char *path = g_path_is_absolute (arg) ? g_strdup (arg) : g_build_filename (folder, arg, NULL);
    g_autofree char *text = NULL;
    gsize len;

    if (!g_file_get_contents (path, &text, &len, error))
      return FALSE;
    for (gsize i = 0; i < len; i++)
      {
        if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r'))
          pli_buffer_add_char (&step->text, '\r');
        pli_buffer_add_char (&step->text, text[i]);
      }
    return TRUE;
  }
}

static gboolean
read_user (Reader *r, const char *arg, GError **error)
{
  const char *blank = strchr (arg, ' ');

  if (!blank || !strchr (arg, '@'))
    return fail (r, error, "write @user NAME@DOMAIN PASSWORD");
  g_ptr_array_add (r->wire->users, pli_arena_text (r->wire->arena, pli_span (arg, (gsize) (blank - arg))));
  g_ptr_array_add (r->wire->users, pli_arena_strdup (r->wire->arena, blank + 1));
  return TRUE;
}

static gboolean
read_tls (Reader *r, const char *arg, GError **error)
{
  static const char *const modes[] = { "none", "offered", "on" }; /* in the order of PliTlsMode */

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    if (g_str_equal (arg, modes[i]))
      {
        r->wire->tls = i;
        return TRUE;
      }
  return fail (r, error, "write @tls none, offered or on");
}

static gboolean
read_directive (Reader *r, const char *text, GError **error)
{
  PliWire *wire = r->wire;
  gsize len = strcspn (text, " ");
  PliSpan name = pli_span (text, len);
  const char *arg = text[len] ? text + len + 1 : "";

  if (pli_span_is (name, "protocol"))
    wire->protocol = pli_arena_strdup (wire->arena, arg);
  else if (pli_span_is (name, "role"))
    wire->role = pli_arena_strdup (wire->arena, arg);
  else if (pli_span_is (name, "peer"))
    wire->peer = pli_arena_strdup (wire->arena, arg);
  else if (pli_span_is (name, "plugin"))
    g_ptr_array_add (wire->plugins, pli_arena_strdup (wire->arena, arg));
  else if (pli_span_is (name, "conf"))
    g_string_append_printf (wire->conf, "%s\n", arg);
  else if (pli_span_is (name, "plaintext-login"))
    wire->plaintext_login = g_str_equal (arg, "yes");
  else if (pli_span_is (name, "serial"))
    wire->serial = TRUE;
  else if (pli_span_is (name, "once"))
    wire->once = TRUE;
  else if (pli_span_is (name, "eof"))
    add_step (r, PLI_WIRE_CLOSED);
  else if (pli_span_is (name, "close"))
    add_step (r, PLI_WIRE_HANG_UP);
  else if (pli_span_is (name, "half-close"))
    add_step (r, PLI_WIRE_HALF_CLOSE);
  else if (pli_span_is (name, "reconnect"))
    add_step (r, PLI_WIRE_RECONNECT);
  else if (pli_span_is (name, "tls"))
    return read_tls (r, arg, error);
  else if (pli_span_is (name, "user"))
    return read_user (r, arg, error);
  else if (pli_span_is (name, "clock"))
    return read_clock (r, arg, error);
  else if (pli_span_is (name, "deliver"))
    return read_message (r, arg, error);
  else
    return fail (r, error, "unknown directive");
  return TRUE;
}

static gboolean
read_line (Reader *r, const char *line, GError **error)
{
  const char *text = strlen (line) > 1 ? line + 2 : "";

  if (*text == ' ')
    text++;
  if (line[0] == '@')
    return read_directive (r, line + 1, error);
  if (g_str_has_prefix (line, "C:") || g_str_has_prefix (line, "C|"))
    add_send (r, text, line[1] == ':');
  else if (g_str_has_prefix (line, "S:") || g_str_has_prefix (line, "S?"))
    add_escaped (&add_step (r, line[1] == ':' ? PLI_WIRE_LINE : PLI_WIRE_MAYBE)->text, text);
  else if (g_str_has_prefix (line, "S~"))
    pli_buffer_add (&add_step (r, PLI_WIRE_PATTERN)->text, text, strlen (text) + 1);
  else if (line[0] && line[0] != '#')
    return fail (r, error, "neither C: nor S: nor a directive nor a comment");
  return TRUE;
}

static gboolean
read_all (Reader *r, GError **error)
{
  if (!r->lines[0] || !g_str_has_prefix (r->lines[0], "# ") || !strchr (r->lines[0], ':'))
    return fail (r, error, "the first line says what is shown: # RFC NNNN S: …");
  r->wire->title = g_strdup (r->lines[0] + 2);
  for (r->at = 1; r->lines[r->at]; r->at++)
    if (!read_line (r, r->lines[r->at], error))
      return FALSE;
  if (!r->wire->protocol)
    return fail (r, error, "there is no @protocol");
  return TRUE;
}

PliWire *
pli_wire_parse (const char *path, GError **error)
{
  g_autoptr (PliWire) wire = g_new0 (PliWire, 1);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  Reader reader;

  wire->path = g_strdup (path);
  wire->arena = pli_arena_new ();
  wire->peer = "192.0.2.1";
  wire->conf = g_string_new (NULL);
  wire->plugins = g_ptr_array_new ();
  wire->users = g_ptr_array_new ();
  wire->steps = g_array_new (FALSE, TRUE, sizeof (PliWireStep));
  if (!g_file_get_contents (path, &text, NULL, error))
    return NULL;
  lines = g_strsplit (text, "\n", -1);
  reader = (Reader){ .wire = wire, .lines = lines };
  return read_all (&reader, error) ? g_steal_pointer (&wire) : NULL;
}

void
pli_wire_free (PliWire *wire)
{
  if (!wire)
    return;
  for (guint i = 0; i < wire->steps->len; i++)
    pli_buffer_clear (&g_array_index (wire->steps, PliWireStep, i).text);
  g_array_unref (wire->steps);
  g_ptr_array_unref (wire->plugins);
  g_ptr_array_unref (wire->users);
  g_string_free (wire->conf, TRUE);
  pli_arena_free (wire->arena);
  g_free (wire->title);
  g_free (wire->path);
  g_free (wire);
}

gboolean
pli_wire_has_way (const PliWire *wire, PliWireWay way)
{
  return way == PLI_WIRE_AS_IS || (!wire->once && !(wire->serial && way == PLI_WIRE_AT_ONCE));
}

const char *
pli_wire_way_name (PliWireWay way)
{
  static const char *const names[] = { "as it is", "byte by byte", "in one write" };

  return names[way];
}
