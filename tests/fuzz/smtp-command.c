/* Fuzzes the grammar of proto-smtp: command lines, MAIL and RCPT arguments, AUTH PLAIN, and mail data.
 *
 * The first byte chooses where the data is cut in two: what comes out must not depend on it. Data that is accepted has
 * no bare CR, bare LF or lone dot left in it that a next hop could take for an end (RFC 5321 2.3.8). */
#include "../../plugins/proto-smtp/parse.h"
#include "../../plugins/proto-smtp/scan.h"

#define LINE_MAX_BYTES 4096

static void
check_address (const SmtpPath *path, PliArena *arena)
{
  const char *text = pli_address_text (arena, &path->address);
  PliAddress again;

  if (path->address.null_path || path->address.domain.len == 0)
    return;
  g_assert_null (strpbrk (text, "\r\n"));
  g_assert_true (pli_address_parse (pli_span_from (text), 0, arena, &again, NULL));
  g_assert_true (pli_span_equal (again.local, path->address.local));
  g_assert_true (pli_span_equal (again.domain, path->address.domain));
}

static void
fuzz_line (PliSpan line)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliSpan verb, args;
  SmtpPath path;

  g_assert_null (memchr (line.data, '\n', line.len));
  smtp_split_verb (line, &verb, &args);
  smtp_helo_valid (args);
  if (smtp_mail_parse (args, line.len & 1, arena, &path) == SMTP_PATH_OK)
    check_address (&path, arena);
  if (smtp_rcpt_parse (args, arena, &path) == SMTP_PATH_OK)
    check_address (&path, arena);
}

static void
fuzz_commands (PliSpan data)
{
  PliSpan line;
  gsize used;

  while (data.len > 0)
    {
      SmtpLine step = smtp_line_take (data, LINE_MAX_BYTES, &line, &used);

      if (step == SMTP_LINE_MORE)
        return;
      g_assert_cmpuint (used, >, 0);
      g_assert_cmpuint (used, <=, data.len);
      if (step == SMTP_LINE_DONE)
        fuzz_line (line);
      data = pli_span_skip (data, used);
    }
}

/* Feeds @first and @second one after the other, as the engine does: what was not consumed comes again. */
static void
scan_in_two (SmtpScan *scan, PliSpan first, PliSpan second, PliBuffer *out)
{
  g_auto (PliBuffer) rest = { 0 };
  gsize used = smtp_scan (scan, first, out);

  g_assert_cmpuint (used, <=, first.len);
  pli_buffer_add_span (&rest, pli_span_skip (first, used));
  pli_buffer_add_span (&rest, second);
  if (!scan->ended && rest.len > 0)
    smtp_scan (scan, pli_buffer_span (&rest), out);
}

static void
check_clean (PliSpan out)
{
  for (gsize i = 0; i < out.len; i++)
    {
      if (out.data[i] == '\n')
        g_assert_true (i > 0 && out.data[i - 1] == '\r');
      if (out.data[i] == '\r')
        g_assert_true (i + 1 < out.len && out.data[i + 1] == '\n');
    }
}

static void
fuzz_data (PliSpan data, gsize cut)
{
  g_auto (PliBuffer) whole = { 0 };
  g_auto (PliBuffer) halves = { 0 };
  SmtpScan one = { .line_max = 100 }, two = { .line_max = 100 };

  smtp_scan (&one, data, &whole);
  scan_in_two (&two, pli_span_head (data, cut), pli_span_skip (data, cut), &halves);
  g_assert_cmpuint (one.ended, ==, two.ended);
  g_assert_cmpuint (one.faults, ==, two.faults);
  g_assert_cmpmem (whole.data, whole.len, halves.data, halves.len);
  if (one.ended && !(one.faults & (SMTP_FAULT_BARE_CR | SMTP_FAULT_BARE_LF)))
    check_clean (pli_buffer_span (&whole));
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  PliSpan text = pli_span ((const char *) data + 1, size - 1);

  if (size == 0)
    return 0;
  fuzz_commands (text);
  fuzz_data (text, data[0] % (text.len + 1));
  return 0;
}
