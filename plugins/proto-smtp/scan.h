/* scan.h: the grammar of mail data: finds its end, undoes dot-stuffing, notices what is no mail. No I/O. */
#ifndef SMTP_SCAN_H
#define SMTP_SCAN_H

#include <pli/base.h>

typedef enum
{
  SMTP_FAULT_BARE_CR = 1,
  SMTP_FAULT_BARE_LF = 2,
  SMTP_FAULT_NUL = 4,
  SMTP_FAULT_LONG_LINE = 8,
} SmtpFault;

/* Zero-initialise, then set line_max. */
typedef struct
{
  guint64 line_max; /* octets without CRLF; 0: no limit */
  guint64 line;     /* octets of the line so far */
  gboolean in_line; /* not at the start of a line */
  gboolean ended;   /* the final dot was seen */
  guint faults;     /* SmtpFault, all that were seen */
} SmtpScan;

/**
 * smtp_scan:
 * @in: bytes that follow those consumed before
 * @out: (nullable): gets the message; at most @in.len bytes
 *
 * Only CRLF ends a line, and only CRLF . CRLF (or . CRLF at the beginning) ends the data; a bare LF or CR is a fault
 * and part of the line.
 *
 * Returns: how many bytes were consumed; the one or two left over may be the beginning of an end and must be given
 *   again with more. When scan->ended is set, what follows is the next command.
 * RFC: 5321 section 2.3.8, 4.1.1.4, 4.5.2.
 */
gsize smtp_scan (SmtpScan *scan, PliSpan in, PliBuffer *out);

#endif
