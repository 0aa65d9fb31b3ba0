/* reader.h: cuts the client's bytes into commands. A command is one line, or several with literals between them; it is
 * handed on as one text in which each literal stands behind its `{n}` and CRLF, as lex.h reads it. No I/O: the engine
 * feeds what it has and does as the step says. RFC 3501 4.3, 9; RFC 7888. */
#ifndef IMAP_READER_H
#define IMAP_READER_H

#include <pli/base.h>

/**
 * ImapReaderLimits:
 * @line_max: bytes of a command without its literals
 * @literal_max: bytes of all literals of a command
 * @append_max: bytes of the message of APPEND; as literal_max for a client that may not append
 */
typedef struct
{
  guint64 line_max;
  guint64 literal_max;
  guint64 append_max;
} ImapReaderLimits;

/* Zero-initialise; imap_reader_clear() frees. */
typedef struct
{
  PliBuffer held; /* the command so far, if it has a literal, or its beginning, if it is refused */
  guint64 left;   /* of the literal that is being read */
  guint64 literals;
  gsize scanned; /* bytes of the line known to have no end */
  guint refused; /* an ImapReadStep: the rest is thrown away, then this is told */
  gboolean cut;  /* the line that is being thrown away has lost its beginning */
} ImapReader;

/**
 * ImapReadStep:
 * @IMAP_READ_MORE: bytes are missing
 * @IMAP_READ_CONTINUE: the client waits for `+` before it sends a literal
 * @IMAP_READ_COMMAND: a command is complete
 * @IMAP_READ_TOO_BIG: a command had a literal over a limit; the text is its beginning, for the tag
 * @IMAP_READ_TOO_LONG: a command had a line over the limit; the text is its beginning
 * @IMAP_READ_LOST: the client sends a literal of a size that cannot be: nothing after it can be understood
 */
typedef enum
{
  IMAP_READ_MORE,
  IMAP_READ_CONTINUE,
  IMAP_READ_COMMAND,
  IMAP_READ_TOO_BIG,
  IMAP_READ_TOO_LONG,
  IMAP_READ_LOST,
} ImapReadStep;

/**
 * imap_reader_feed:
 * @data: bytes not consumed before, and those that came since
 * @out_consumed: (out): how many of them are done with; the caller goes on behind them
 * @out_text: (out): the command without its last line end, in @data or in @out_owned
 * @out_owned: (out): (transfer full): memory behind @out_text, or empty when that is in @data
 *
 * Memory is bounded by @limits whatever comes.
 */
ImapReadStep imap_reader_feed (ImapReader *reader, const ImapReaderLimits *limits, PliSpan data, gsize *out_consumed,
                               PliSpan *out_text, PliBuffer *out_owned);
/* One line without literals, for AUTHENTICATE and IDLE. %IMAP_READ_MORE, %IMAP_READ_COMMAND or %IMAP_READ_TOO_LONG. */
ImapReadStep imap_reader_line (ImapReader *reader, const ImapReaderLimits *limits, PliSpan data, gsize *out_consumed,
                               PliSpan *out_text);
void imap_reader_clear (ImapReader *reader);

#endif
