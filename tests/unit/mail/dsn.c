/* Tests of lib/mail/dsn.c: what is written is read back with the other parsers. */
#include "testdata.h"

static const PliDsnRcpt rcpts[] = {
  { PLI_DSN_FAILED,
    { "a@b.example", 11 },
    { "rfc822;x@y", 10 },
    { "5.1.1", 5 },
    { "mx.b.example", 12 },
    { "550 5.1.1 no\nsuch user", 22 },
    1000000,
    0 },
  { PLI_DSN_DELAYED, { "c@d.example", 11 }, { NULL, 0 }, { "5.0.0", 5 }, { NULL, 0 }, { NULL, 0 }, 0, 3000000 },
};

static PliDsn
sample (void)
{
  return (PliDsn){ .id = PLI_SPAN ("0123456789abcdefghjkmnpqrs"),
                   .host = PLI_SPAN ("mail.example.org"),
                   .from = PLI_SPAN ("mailer-daemon@example.org"),
                   .to = PLI_SPAN ("sender@example.org"),
                   .original_id = PLI_SPAN ("id1"),
                   .envid = PLI_SPAN ("env 1"),
                   .now_us = 2000000,
                   .arrival_us = 1000000,
                   .rcpts = rcpts,
                   .n_rcpts = G_N_ELEMENTS (rcpts),
                   .original = PLI_SPAN ("Subject: original\r\n\r\n") };
}

static PliSpan
body_of (PliSpan message, const PliMimePart *part)
{
  return pli_span_head (pli_span_skip (message, part->body_offset), part->body_len);
}

static void
assert_field (PliSpan header, const char *name, const char *value)
{
  PliHeaderField field = { 0 };

  g_assert_cmpint (pli_header_find (header, name, &field), ==, value != NULL);
  if (value)
    assert_span (field.value, value);
}

static void
test_report (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) out = { 0 };
  PliDsn dsn = sample ();
  const PliMimePart *root, *part;
  PliSpan message, status;

  pli_dsn_write (&dsn, &out);
  message = pli_buffer_span (&out);
  assert_field (message, "From", "Mail Delivery System <mailer-daemon@example.org>");
  assert_field (message, "To", "sender@example.org");
  assert_field (message, "Subject", "Undelivered mail");
  assert_field (message, "Date", "Thu, 01 Jan 1970 00:00:02 +0000");
  assert_field (message, "Message-ID", "<0123456789abcdefghjkmnpqrs@mail.example.org>");
  assert_field (message, "Auto-Submitted", "auto-replied");
  root = pli_mime_scan (message, NULL, arena);
  assert_span (root->subtype, "report");
  assert_span (root->params[0].value, "delivery-status");

  part = root->children;
  assert_span (part->subtype, "plain");
  g_assert_nonnull (g_strstr_len (message.data + part->body_offset, (gssize) part->body_len, "<a@b.example>"));
  g_assert_nonnull (g_strstr_len (message.data + part->body_offset, (gssize) part->body_len, "550 5.1.1 no"));

  part = part->next;
  assert_span (part->subtype, "delivery-status");
  status = body_of (message, part);
  assert_field (status, "Reporting-MTA", "dns; mail.example.org");
  assert_field (status, "Original-Envelope-Id", "env 1");
  assert_field (status, "Arrival-Date", "Thu, 01 Jan 1970 00:00:01 +0000");
  assert_field (status, "Final-Recipient", NULL);
  status = pli_span_skip (status, pli_header_end (status));
  assert_field (status, "Original-Recipient", "rfc822;x@y");
  assert_field (status, "Final-Recipient", "rfc822; a@b.example");
  assert_field (status, "Action", "failed");
  assert_field (status, "Status", "5.1.1");
  assert_field (status, "Remote-MTA", "dns; mx.b.example");
  assert_field (status, "Diagnostic-Code", "smtp; 550 5.1.1 no such user");
  assert_field (status, "Last-Attempt-Date", "Thu, 01 Jan 1970 00:00:01 +0000");
  assert_field (status, "Will-Retry-Until", NULL);
  status = pli_span_skip (status, pli_header_end (status));
  assert_field (status, "Final-Recipient", "rfc822; c@d.example");
  assert_field (status, "Action", "delayed");
  assert_field (status, "Status", "4.0.0");
  assert_field (status, "Remote-MTA", NULL);
  assert_field (status, "Will-Retry-Until", "Thu, 01 Jan 1970 00:00:03 +0000");

  part = part->next;
  assert_span (part->subtype, "rfc822-headers");
  assert_span (body_of (message, part), "Subject: original\r\n\r\n");
  g_assert_null (part->next);
}

static void
test_full (void)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) out = { 0 };
  PliDsn dsn = sample ();
  const PliMimePart *part;

  dsn.return_full = TRUE;
  dsn.utf8 = TRUE;
  dsn.text = PLI_SPAN ("caf\xc3\xa9\r\n--=_x\n");
  dsn.original = PLI_SPAN ("Subject: \xc3\xa9\r\n\r\nbody");
  pli_dsn_write (&dsn, &out);
  part = pli_mime_scan (pli_buffer_span (&out), NULL, arena)->children;
  assert_span (body_of (pli_buffer_span (&out), part), "caf\xc3\xa9\r\n--=_x\r\n");
  assert_span (part->encoding, "8bit");
  part = part->next;
  assert_span (part->subtype, "global-delivery-status");
  part = part->next;
  assert_span (part->subtype, "global");
  assert_span (part->encoding, "8bit");
  assert_span (body_of (pli_buffer_span (&out), part), "Subject: \xc3\xa9\r\n\r\nbody");
  assert_span (part->children->envelope->subject, "\xc3\xa9");
}

/* Line ends, NULs and length in what strangers write give no fields, no lines over 998 octets, no bare CR or LF. */
static void
test_injection (void)
{
  g_autofree char *evil = g_strnfill (5000, 'x');
  PliDsnRcpt rcpt = rcpts[0];
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_auto (PliBuffer) out = { 0 };
  PliDsn dsn = sample ();
  const PliMimePart *root;
  gsize line = 0;

  memcpy (evil, "x\r\nEvil: 1\nEvil: 2\rEvil: 3\r\n\r\nEvil: 4\r\n--=_0\r\n", 47);
  evil[100] = 0;
  rcpt.diagnostic = rcpt.remote_mta = rcpt.original_rcpt = rcpt.final_rcpt = rcpt.status = pli_span (evil, 5000);
  dsn.rcpts = &rcpt;
  dsn.n_rcpts = 1;
  dsn.from = dsn.to = dsn.envid = dsn.original_id = dsn.host = rcpt.diagnostic;
  pli_dsn_write (&dsn, &out);
  root = pli_mime_scan (pli_buffer_span (&out), NULL, arena);
  for (const PliMimePart *part = root; part; part = part == root ? root->children : part->next)
    {
      PliSpan rest = pli_span_skip (pli_buffer_span (&out), part->header_offset);
      PliHeaderField field = { 0 };

      g_assert_cmpuint (pli_header_count (pli_span_head (rest, part->header_len), "Evil"), ==, 0);
      if (!pli_span_is (part->subtype, "delivery-status"))
        continue;
      rest = body_of (pli_buffer_span (&out), part);
      while (pli_header_next (&rest, &field) || rest.len > 0)
        g_assert_false (pli_span_is_nocase (field.name, "Evil"));
    }
  for (gsize i = 0; i < out.len; i++)
    {
      g_assert_cmpint (out.data[i], !=, 0);
      if (out.data[i] == '\n')
        {
          g_assert_cmpint (out.data[i - 1], ==, '\r');
          line = 0;
        }
      else
        g_assert_cmpuint (++line, <=, 999);
      g_assert_true (out.data[i] != '\r' || out.data[i + 1] == '\n');
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/mail/dsn/report", test_report);
  g_test_add_func ("/mail/dsn/full", test_full);
  g_test_add_func ("/mail/dsn/injection", test_injection);
  return g_test_run ();
}
