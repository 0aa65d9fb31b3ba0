/* The FETCH expectations of Dovecot's ImapTest, against pli_render() and pli_parts_find(), with no server between.
 *
 * Reads its scripts as far as they fetch BODY[…], BINARY[…], BODY and ENVELOPE: "ok fetch N items", then one response,
 * "* " for what must come and "! " for what must not. Values are "…", {{{…}}} with LF for CRLF, ~{{{…}}} as they stand,
 * or $variables, which are passed over. */
#include "testdata.h"

#include <stdlib.h>

typedef struct
{
  GPtrArray *messages; /* of GString */
  guint n_checked;
} Script;

static void
free_message (gpointer message)
{
  g_string_free (message, TRUE);
}

/* Splits an mbox at its "From " lines. */
static GPtrArray *
read_mbox (const char *path)
{
  g_autofree char *text = NULL;
  GPtrArray *messages = g_ptr_array_new_with_free_func (free_message);

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));

  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] && (lines[i][0] || lines[i + 1]); i++)
    if (g_str_has_prefix (lines[i], "From "))
      g_ptr_array_add (messages, g_string_new (NULL));
    else
      g_string_append_printf (messages->pdata[messages->len - 1], "%s\r\n", lines[i]);
  return messages;
}

/* (transfer full) (nullable): the value at @at, which is stepped over; NULL for a variable. */
static char *
read_value (const char **at)
{
  gboolean verbatim = **at == '~';
  const char *start = *at + verbatim, *end;
  g_autofree char *raw = NULL;

  if (g_str_has_prefix (start, "{{{\n"))
    {
      end = strstr (start, "\n}}}");
      g_assert_nonnull (end);
      *at = end + 4;
      raw = g_strndup (start + 4, (gsize) MAX (end - start - 4, 0));
      return verbatim ? g_steal_pointer (&raw) : with_crlf (raw);
    }
  if (*start == '"')
    {
      end = strchr (start + 1, '"');
      *at = end + 1;
      return g_strndup (start + 1, (gsize) (end - start - 1));
    }
  end = start + strcspn (start, " )");
  *at = end;
  return *start == '$' ? NULL : g_strndup (start, (gsize) (end - start));
}

static void
fetch_fields (PliSpan header, const char *section, PliBuffer *out)
{
  const char *open = strchr (section, '('), *close = strchr (section, ')');
  g_autofree char *list = g_strndup (open + 1, (gsize) (close - open - 1));
  g_auto (GStrv) names = g_strsplit (list, " ", -1);
  PliSpan spans[8];
  guint n = g_strv_length (names);

  for (guint i = 0; i < n; i++)
    spans[i] = pli_span_from (names[i]);
  pli_header_select (header, spans, n, g_strstr_len (section, open - section, "fields.not") != NULL, out);
}

/* What FETCH would answer for @section of BODY[] or BINARY[]. */
static void
fetch_section (PliSpan message, const char *section, gboolean binary, PliBuffer *out)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  gsize plain = strcspn (section, " ");
  PliRenderings r;
  PliPlace place;
  PliSpan bytes;

  g_assert_true (pli_render (message, NULL, arena, &r));
  g_assert_true (pli_parts_find (r.parts, pli_span (section, plain), &place));
  bytes = pli_span_head (pli_span_skip (message, place.offset), place.length);
  if (strchr (section, '('))
    fetch_fields (bytes, section, out);
  else if (binary && place.is_body)
    {
      PliDecoder decoder;

      g_assert_true (pli_decoder_init (&decoder, place.encoding));
      g_assert_true (pli_decoder_feed (&decoder, bytes, out));
      g_assert_true (pli_decoder_end (&decoder, out));
    }
  else
    pli_buffer_add_span (out, bytes);
}

/* "body.peek[1]<0.3>" in the request has the length of the partial that the answer begins. */
static gsize
partial_length (const char *request, const char *section, gsize offset)
{
  g_autofree char *want = g_strdup_printf ("[%s]<%u.", section, (guint) offset);
  const char *at = strstr (request, want);

  return at ? (gsize) atoi (at + strlen (want)) : G_MAXSIZE;
}

/* At "body[…]", "binary[…]" or "binary.size[…]" of a response. */
static void
check_item (Script *script, PliSpan message, const char *request, gboolean wanted, const char **at)
{
  gboolean binary = g_str_has_prefix (*at, "binary"), size = g_str_has_prefix (*at, "binary.size");
  const char *open = strchr (*at, '['), *close = strchr (open, ']');
  g_autofree char *section = g_strndup (open + 1, (gsize) (close - open - 1)), *value = NULL;
  g_auto (PliBuffer) out = { 0 };
  PliSpan have;

  fetch_section (message, section, binary, &out);
  have = pli_buffer_span (&out);
  *at = close + 1;
  if (**at == '<')
    {
      gsize offset = (gsize) atoi (*at + 1);

      have = pli_span_head (pli_span_skip (have, offset), partial_length (request, section, offset));
      *at = strchr (*at, '>') + 1;
    }
  *at += **at == ' ';
  if (!(value = read_value (at)))
    return;
  g_test_message ("%s", section);
  if (size)
    g_assert_cmpuint (have.len, ==, (gsize) atoi (value));
  else if (wanted)
    g_assert_cmpmem (have.data, have.len, value, strlen (value));
  else
    g_assert_false (pli_span_is (have, value));
  script->n_checked++;
}

static void
check_rendering (Script *script, PliSpan message, const char *name, const char *text)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  gboolean envelope = g_str_equal (name, "ENVELOPE");
  g_autofree char *have = NULL, *want = g_strndup (text, strlen (text) - 1); /* FETCH's own parenthesis */
  PliRenderings r;

  g_assert_true (pli_render (message, NULL, arena, &r));
  have = pli_span_dup (envelope ? r.envelope : r.body);
  if (envelope)
    g_assert_cmpstr (have, ==, want);
  else
    g_assert_cmpint (g_ascii_strcasecmp (have, want), ==, 0);
  script->n_checked++;
}

/* One "* N fetch (…)": @at is behind "* ". */
static void
check_response (Script *script, const char *request, gboolean wanted, const char *at)
{
  guint number = (guint) atoi (at);
  const GString *text;
  PliSpan message;

  g_assert_cmpuint (number, >=, 1);
  g_assert_cmpuint (number, <=, script->messages->len);
  text = script->messages->pdata[number - 1];
  message = pli_span (text->str, text->len);
  at = strchr (at, '(') + 1;
  if (g_str_has_prefix (at, "ENVELOPE ") || g_str_has_prefix (at, "BODY "))
    {
      g_autofree char *name = g_strndup (at, strcspn (at, " "));

      check_rendering (script, message, name, at + strlen (name) + 1);
      return;
    }
  while (*at && *at != ')')
    {
      if (g_str_has_prefix (at, "body[") || g_str_has_prefix (at, "binary"))
        check_item (script, message, request, wanted, &at);
      else if (*at == ' ')
        at++;
      else
        {
          /* flags and the rest */
          at += strcspn (at, " ");
          at += *at == ' ';
          at += *at == '(' ? strcspn (at, ")") + 1 : strcspn (at, " )");
        }
    }
}

static void
run_script (const char *name, guint n_wanted)
{
  g_autofree char *in_data = g_strdup_printf ("imaptest/scripts/%s", name), *path = testdata_path (in_data);
  g_autofree char *mbox = path ? g_strconcat (path, ".mbox", NULL) : NULL, *text = NULL, *request = NULL;
  Script script = { NULL, 0 };

  if (!path)
    return;
  script.messages = read_mbox (mbox);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));

  g_auto (GStrv) blocks = g_strsplit (text, "\nok ", -1);

  for (guint i = 1; blocks[i]; i++)
    {
      g_autofree char *first = g_strndup (blocks[i], strcspn (blocks[i], "\n"));
      /* A response begins a line; what is in {{{ }}} does not look like one. */
      for (char *line = strchr (blocks[i], '\n'); line; line = strchr (line + 1, '\n'))
        if (g_str_has_prefix (line, "\n* ") || g_str_has_prefix (line, "\n! "))
          {
            char *next = strstr (line + 1, "\n* ");
            g_autofree char *response = next ? g_strndup (line + 1, (gsize) (next - line - 1)) : g_strdup (line + 1);

            check_response (&script, first, response[0] == '*', g_strchomp (response) + 2);
          }
    }
  g_assert_cmpuint (script.n_checked, ==, n_wanted);
  g_ptr_array_unref (script.messages);
}

static const struct
{
  const char *name;
  guint n;
} scripts[] = {
  { "fetch-body", 17 },
  { "fetch-body-mime", 14 },
  { "fetch-body-message-rfc822", 8 },
  { "fetch-body-message-rfc822-mime", 13 },
  { "fetch-body-message-rfc822-x2", 9 },
  { "fetch-binary-mime", 10 },
  { "fetch-binary-mime-base64", 20 },
  { "fetch-binary-mime-qp", 7 },
  { "fetch-bodystructure", 1 },
  { "fetch-envelope", 6 },
};

static void
test_script (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);

  run_script (scripts[i].name, scripts[i].n);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_autofree char *name = g_strdup_printf ("/mail/imaptest/%s", scripts[i].name);

      g_test_add_data_func (name, GUINT_TO_POINTER (i), test_script);
    }
  return g_test_run ();
}
