/* parse.c: command lines; see parse.h. Called by command.c and the verbs, and by a fuzzer. */
#include "parse.h"

SmtpLine
smtp_line_take (PliSpan data, gsize max, PliSpan *out_line, gsize *out_used)
{
  const char *feed = data.len > 0 ? memchr (data.data, '\n', MIN (data.len, max)) : NULL;
  gsize len = feed ? (gsize) (feed - data.data) : 0;

  if (!feed)
    {
      *out_used = MIN (data.len, max);
      return data.len >= max ? SMTP_LINE_TOO_LONG : SMTP_LINE_MORE;
    }
  *out_used = len + 1;
  if (len == 0 || data.data[len - 1] != '\r' || memchr (data.data, '\r', len - 1) || memchr (data.data, 0, len))
    return SMTP_LINE_BARE;
  *out_line = pli_span (data.data, len - 1);
  return SMTP_LINE_DONE;
}

void
smtp_split_verb (PliSpan line, PliSpan *out_verb, PliSpan *out_args)
{
  gssize space = pli_span_find (line, ' ');

  *out_verb = space < 0 ? line : pli_span_head (line, (gsize) space);
  *out_args = pli_span_trim (pli_span_skip (line, out_verb->len));
}

gboolean
smtp_helo_valid (PliSpan name)
{
  if (name.len == 0 || name.len > 255)
    return FALSE;
  for (gsize i = 0; i < name.len; i++)
    if (!g_ascii_isgraph (name.data[i]))
      return FALSE;
  return TRUE;
}

/* `FROM:` or `TO:`, then perhaps the spaces that the RFC does not allow and many clients write. */
static gboolean
take_keyword (PliSpan *args, const char *keyword)
{
  if (!pli_span_starts_nocase (*args, keyword))
    return FALSE;
  *args = pli_span_skip (*args, strlen (keyword));
  while (args->len > 0 && args->data[0] == ' ')
    *args = pli_span_skip (*args, 1);
  return TRUE;
}

static SmtpPathStep
take_path (PliSpan *args, const char *keyword, guint flags, PliArena *arena, PliAddress *out_address)
{
  gsize used = 0;

  if (!take_keyword (args, keyword) || args->len == 0 || args->data[0] != '<')
    return SMTP_PATH_SYNTAX;
  if (!pli_address_parse_path (*args, flags, arena, out_address, &used, NULL))
    return SMTP_PATH_ADDRESS;
  *args = pli_span_skip (*args, used);
  return args->len == 0 || args->data[0] == ' ' ? SMTP_PATH_OK : SMTP_PATH_SYNTAX;
}

/* RFC 1870 6: 1 to 20 digits. What does not fit into 64 bits is bigger than any limit. */
static SmtpPathStep
take_size (PliSpan value, guint64 *out_size)
{
  if (value.len == 0 || value.len > 20)
    return SMTP_PATH_SYNTAX;
  for (gsize i = 0; i < value.len; i++)
    if (!g_ascii_isdigit (value.data[i]))
      return SMTP_PATH_SYNTAX;
  return pli_span_to_u64 (value, G_MAXUINT64, out_size) ? SMTP_PATH_OK : SMTP_PATH_TOO_BIG;
}

static SmtpPathStep
take_mail_param (PliSpan keyword, PliSpan value, gboolean with_auth, PliArena *arena, SmtpPath *path)
{
  PliSpan mailbox;

  if (pli_span_is_nocase (keyword, "SIZE"))
    return take_size (value, &path->size);
  if (pli_span_is_nocase (keyword, "BODY"))
    return pli_span_is_nocase (value, "7BIT") || pli_span_is_nocase (value, "8BITMIME") ? SMTP_PATH_OK
                                                                                        : SMTP_PATH_SYNTAX;
  if (with_auth && pli_span_is_nocase (keyword, "AUTH"))
    return value.len > 0 && pli_xtext_decode (value, arena, &mailbox) ? SMTP_PATH_OK : SMTP_PATH_SYNTAX;
  return SMTP_PATH_PARAM;
}

SmtpPathStep
smtp_mail_parse (PliSpan args, gboolean with_auth, PliArena *arena, SmtpPath *out_path)
{
  PliSpan keyword, value, seen[4];
  guint n_seen = 0;
  SmtpPathStep step;

  *out_path = (SmtpPath){ 0 };
  step = take_path (&args, "FROM:", PLI_PATH_NULL, arena, &out_path->address);
  while (step == SMTP_PATH_OK && pli_esmtp_param_next (&args, &keyword, &value))
    {
      for (guint i = 0; i < n_seen; i++)
        if (pli_span_equal_nocase (seen[i], keyword))
          return SMTP_PATH_SYNTAX;
      step = take_mail_param (keyword, value, with_auth, arena, out_path);
      if (step == SMTP_PATH_OK)
        seen[n_seen++] = keyword; /* there are but three that are known */
    }
  return step == SMTP_PATH_OK && args.len > 0 ? SMTP_PATH_SYNTAX : step;
}

SmtpPathStep
smtp_rcpt_parse (PliSpan args, PliArena *arena, SmtpPath *out_path)
{
  PliSpan keyword, value;
  SmtpPathStep step;

  *out_path = (SmtpPath){ 0 };
  step = take_path (&args, "TO:", PLI_PATH_POSTMASTER, arena, &out_path->address);
  if (step == SMTP_PATH_OK && pli_esmtp_param_next (&args, &keyword, &value))
    return SMTP_PATH_PARAM;
  return step == SMTP_PATH_OK && args.len > 0 ? SMTP_PATH_SYNTAX : step;
}
