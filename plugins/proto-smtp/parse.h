/* parse.h: the grammar of command lines. No I/O, no session; errors are texts for the client. */
#ifndef SMTP_PARSE_H
#define SMTP_PARSE_H

#include <pli/mail.h>

typedef enum
{
  SMTP_LINE_MORE,     /* no line end yet */
  SMTP_LINE_DONE,     /* a line, without its CRLF */
  SMTP_LINE_BARE,     /* a CR or LF that is not half of a CRLF, or a NUL */
  SMTP_LINE_TOO_LONG, /* over the limit, its end is not there yet */
} SmtpLine;

/**
 * smtp_line_take:
 * @max: octets of a line with its CRLF
 * @out_line: (out): set on %SMTP_LINE_DONE
 * @out_used: (out): octets to consume, on all but %SMTP_LINE_MORE; up to a bare LF or the end of @data otherwise
 *
 * RFC: 5321 section 2.3.8, 4.5.3.1.4.
 */
SmtpLine smtp_line_take (PliSpan data, gsize max, PliSpan *out_line, gsize *out_used);

/* `VERB args`, @out_args without spaces at its ends. */
void smtp_split_verb (PliSpan line, PliSpan *out_verb, PliSpan *out_args);

/* Printable ASCII without spaces, 1 to 255 octets: what EHLO may name itself. Whether it is a domain is no matter:
 * RFC 5321 4.1.4 forbids to refuse mail for that. */
gboolean smtp_helo_valid (PliSpan name);

/* What stands behind MAIL FROM:<…> and RCPT TO:<…>. */
typedef struct
{
  PliAddress address;
  guint64 size; /* SIZE=, 0 when not given */
} SmtpPath;

typedef enum
{
  SMTP_PATH_OK,
  SMTP_PATH_SYNTAX,  /* 501 5.5.4 */
  SMTP_PATH_ADDRESS, /* 553 or 501, 5.1.3 and 5.1.7 */
  SMTP_PATH_PARAM,   /* 555 5.5.4 */
  SMTP_PATH_TOO_BIG, /* SIZE= is no number that we know */
} SmtpPathStep;

/**
 * smtp_mail_parse:
 * @args: what follows the verb MAIL
 * @with_auth: AUTH= is allowed (RFC 4954 5; it is not used)
 */
SmtpPathStep smtp_mail_parse (PliSpan args, gboolean with_auth, PliArena *arena, SmtpPath *out_path);
SmtpPathStep smtp_rcpt_parse (PliSpan args, PliArena *arena, SmtpPath *out_path);

/* AUTH PLAIN's three texts, in @decoded itself, which must end with a NUL that is not counted. FALSE when it has not
 * exactly two NULs, is no UTF-8, or name or password is empty. RFC 4616. */
gboolean smtp_plain_parse (PliSpan decoded, const char **out_authzid, const char **out_login, PliSpan *out_password);

#endif
