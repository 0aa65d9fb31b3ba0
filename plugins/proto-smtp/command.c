/* command.c: takes lines off the input and calls the verb; the verbs that are too small for a file of their own. */
#include "smtp.h"

static void
no_args (Smtp *smtp)
{
  smtp_error (smtp, 501, "5.5.4", "No arguments allowed");
}

static void
smtp_rset (Smtp *smtp, PliSpan args)
{
  if (args.len > 0)
    {
      no_args (smtp);
      return;
    }
  smtp_txn_end (smtp);
  smtp_reply (smtp, 250, "2.0.0", "Ok");
}

static void
smtp_noop (Smtp *smtp, PliSpan args)
{
  (void) args; /* RFC 5321 4.1.1.9: a string that is ignored */
  smtp_reply (smtp, 250, "2.0.0", "Ok");
}

static void
smtp_quit (Smtp *smtp, PliSpan args)
{
  if (args.len > 0)
    {
      no_args (smtp);
      return;
    }
  pli_session_printf (smtp->session, "221 2.0.0 %s closing\r\n", pli_session_hostname (smtp->session));
  smtp_over (smtp);
}

/* RFC 5321 7.3: who exists is told to nobody who asks so. */
static void
smtp_vrfy (Smtp *smtp, PliSpan args)
{
  if (args.len == 0)
    smtp_error (smtp, 501, "5.5.4", "Whom?");
  else
    smtp_reply (smtp, 252, "2.0.0", "Cannot verify, but will accept the message and try to deliver it");
}

static void
smtp_help (Smtp *smtp, PliSpan args)
{
  (void) args;
  smtp_reply (smtp, 214, "2.0.0", "RFC 5321; RFC 2033 for LMTP");
}

typedef struct
{
  const char *verb;
  void (*run) (Smtp *smtp, PliSpan args);
} Verb;

static const Verb verbs[] = {
  { "MAIL", smtp_mail },         { "RCPT", smtp_rcpt }, { "DATA", smtp_data }, { "EHLO", smtp_ehlo },
  { "HELO", smtp_helo },         { "LHLO", smtp_lhlo }, { "QUIT", smtp_quit }, { "RSET", smtp_rset },
  { "NOOP", smtp_noop },         { "AUTH", smtp_auth }, { "VRFY", smtp_vrfy }, { "HELP", smtp_help },
  { "STARTTLS", smtp_starttls },
};

static void
run (Smtp *smtp, PliSpan line)
{
  PliSpan word, args;

  smtp_split_verb (line, &word, &args);
  if (smtp->refused && !pli_span_is_nocase (word, "QUIT"))
    {
      smtp_error (smtp, 503, "5.5.1", "No mail from you; only QUIT is left");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (pli_span_is_nocase (word, verbs[i].verb))
      {
        verbs[i].run (smtp, args);
        return;
      }
  smtp_error (smtp, 500, "5.5.1", "Command not recognized");
}

static void
bare_newline (Smtp *smtp, PliSpan data, gsize used)
{
  if (smtp->set->bare_newline == SMTP_BARE_NEWLINE_CLOSE)
    {
      smtp_reply (smtp, 500, "5.5.2", "Lines end in CRLF, and have no CR, LF or NUL within");
      smtp_tell_reply (smtp, NULL, &(SmtpRefusal){ 500, "5.5.2", "bare CR, LF or NUL in a command", "bare-newline" });
      smtp_over (smtp);
      return;
    }
  /* A bare LF ends no line (RFC 5321 2.3.8): what follows it is no command, but more of the same line. */
  if (used < 2 || data.data[used - 2] != '\r')
    smtp->state = SMTP_SKIP_LINE;
  smtp_error (smtp, 500, "5.5.2", "Lines end in CRLF, and have no CR, LF or NUL within");
}

/* The rest of a line that was answered already. */
static gsize
skip_line (Smtp *smtp, PliSpan data)
{
  const char *end = memmem (data.data, data.len, "\r\n", 2);

  if (end)
    {
      smtp->state = SMTP_COMMAND;
      return (gsize) (end - data.data) + 2;
    }
  return data.data[data.len - 1] == '\r' ? data.len - 1 : data.len;
}

/* One line, or none, for @take. */
static gsize
line_input (Smtp *smtp, PliSpan data, gsize max, void (*take) (Smtp *smtp, PliSpan line))
{
  PliSpan line;
  gsize used;

  switch (smtp_line_take (data, max, &line, &used))
    {
    case SMTP_LINE_MORE:
      return 0;
    case SMTP_LINE_DONE:
      take (smtp, line);
      return used;
    case SMTP_LINE_BARE:
      bare_newline (smtp, data, used);
      return used;
    case SMTP_LINE_TOO_LONG:
      smtp->state = SMTP_SKIP_LINE;
      smtp_error (smtp, 500, "5.5.2", "Line too long");
      /* Not its last CR, which may be half of the line's end. */
      return data.data[used - 1] == '\r' && used > 1 ? used - 1 : used;
    }
  g_assert_not_reached ();
}

gsize
smtp_command_input (Smtp *smtp, PliSpan data)
{
  if (smtp->state == SMTP_SKIP_LINE)
    return skip_line (smtp, data);
  return line_input (smtp, data, smtp->set->command_max, run);
}

gsize
smtp_auth_input (Smtp *smtp, PliSpan data)
{
  smtp->state = SMTP_COMMAND; /* unless the line asks for another one */
  if (memchr (data.data, '\n', data.len) || data.len >= smtp->set->auth_line_max)
    return line_input (smtp, data, smtp->set->auth_line_max, smtp_auth_line);
  smtp->state = SMTP_AUTH;
  return 0;
}
