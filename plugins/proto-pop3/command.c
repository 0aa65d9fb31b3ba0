/* command.c: from a line to its verb, and the arguments that verbs have in common. RFC 1939 3. */
#include "pop3.h"

#define IN(state) (1u << (state))

static const struct
{
  const char *verb;
  guint states;
  void (*run) (Pop3 *pop3, PliSpan args);
} verbs[] = {
  { "USER", IN (POP3_AUTHORIZATION), pop3_user },
  { "PASS", IN (POP3_AUTHORIZATION), pop3_pass },
  { "AUTH", IN (POP3_AUTHORIZATION), pop3_auth },
  { "STLS", IN (POP3_AUTHORIZATION), pop3_stls },
  { "CAPA", IN (POP3_AUTHORIZATION) | IN (POP3_TRANSACTION), pop3_capa },
  { "STAT", IN (POP3_TRANSACTION), pop3_stat },
  { "LIST", IN (POP3_TRANSACTION), pop3_list },
  { "UIDL", IN (POP3_TRANSACTION), pop3_uidl },
  { "RETR", IN (POP3_TRANSACTION), pop3_retr },
  { "TOP", IN (POP3_TRANSACTION), pop3_top },
  { "DELE", IN (POP3_TRANSACTION), pop3_dele },
  { "RSET", IN (POP3_TRANSACTION), pop3_rset },
  { "NOOP", IN (POP3_TRANSACTION), pop3_noop },
  { "QUIT", IN (POP3_AUTHORIZATION) | IN (POP3_TRANSACTION), pop3_quit },
};

void
pop3_command (Pop3 *pop3, PliSpan line)
{
  gssize blank = pli_span_find (line, ' ');
  PliSpan verb = blank < 0 ? line : pli_span_head (line, (gsize) blank);
  PliSpan args = blank < 0 ? pli_span ("", 0) : pli_span_skip (line, (gsize) blank + 1);

  if (line.len > 0 && memchr (line.data, '\0', line.len))
    {
      pop3_refuse (pop3, "NUL is not allowed");
      return;
    }
  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    if (pli_span_is_nocase (verb, verbs[i].verb))
      {
        if (verbs[i].states & IN (pop3->state))
          verbs[i].run (pop3, args);
        else
          pop3_refuse (pop3, pop3->state == POP3_TRANSACTION ? "Signed in already" : "Sign in first");
        return;
      }
  pop3_refuse (pop3, "Unknown command");
}

Pop3Message *
pop3_nth (Pop3 *pop3, guint n)
{
  return &g_array_index (pop3->messages, Pop3Message, n);
}

gboolean
pop3_message (Pop3 *pop3, PliSpan args, guint *out_n, PliSpan *out_rest)
{
  PliSpan text = pli_span_trim (args);
  gssize blank = out_rest ? pli_span_find (text, ' ') : -1;
  PliSpan number = blank < 0 ? text : pli_span_head (text, (gsize) blank);
  guint64 n;

  if (!pli_span_to_u64 (number, G_MAXUINT32, &n) || n == 0)
    {
      pop3_refuse (pop3, "Not a message number");
      return FALSE;
    }
  if (n > pop3->messages->len || pop3_nth (pop3, (guint) n - 1)->deleted)
    {
      pop3_error (pop3, "No such message");
      return FALSE;
    }
  *out_n = (guint) n - 1;
  if (out_rest)
    *out_rest = blank < 0 ? pli_span ("", 0) : pli_span_trim (pli_span_skip (text, (gsize) blank + 1));
  return TRUE;
}
