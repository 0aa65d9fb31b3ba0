/* mail.h: the grammars of mail: addresses, headers, dates, MIME, IMAP renderings, replies, reports.
 *
 * No I/O, no state, no locale: each function reads spans and writes to an arena or a buffer of the caller's, and may
 * run on any thread. Messages have CRLF line ends; LF alone is understood too. No function fails or grows without
 * bound on hostile input: what grows with the input says so or has a limit, here or as an argument.
 * Called by engines (proto-*), queue and stores, filters. Implemented in lib/mail, one file a section. */
#ifndef PLI_MAIL_H
#define PLI_MAIL_H

#include <pli/base.h>

G_BEGIN_DECLS

/* --- Envelope addresses: RFC 5321 4.1.2, 4.1.3, 4.5.3.1; RFC 6531 3.3 --- */

#define PLI_LOCAL_MAX 64
#define PLI_DOMAIN_MAX 255
#define PLI_PATH_MAX 256 /* with both angle brackets, without a source route */

typedef struct
{
  PliSpan local;      /* unquoted; case kept */
  PliSpan domain;     /* ASCII in lower case; a literal keeps its brackets; {"", 0} for `<postmaster>` */
  gboolean null_path; /* `<>`; both spans are empty then */
  gboolean utf8;      /* has bytes over 127, and so needs SMTPUTF8 */
} PliAddress;

typedef enum
{
  PLI_PATH_NULL = 1 << 0,       /* `<>` is allowed (MAIL) */
  PLI_PATH_POSTMASTER = 1 << 1, /* `<postmaster>` without a domain is allowed, in any case (RCPT) */
  PLI_PATH_UTF8 = 1 << 2,       /* UTF-8 is allowed (SMTPUTF8) */
} PliPathFlags;

/**
 * pli_address_parse_path:
 * @in: text that begins with `<`; what follows the path is left alone
 * @flags: PliPathFlags
 * @arena: gets the two texts of @out_address, in one allocation
 * @out_consumed: (out) (nullable): bytes up to and with `>`
 *
 * Reads a path of MAIL or RCPT. A source route is checked and dropped.
 *
 * Errors: %PLI_ERROR_SYNTAX, %PLI_ERROR_LIMIT (over one of the lengths above).
 * RFC: 5321 section 4.1.2.
 */
PLI_API gboolean pli_address_parse_path (PliSpan in, guint flags, PliArena *arena, PliAddress *out_address,
                                         gsize *out_consumed, GError **error);
/* The same for a whole `user@domain` without brackets. */
PLI_API gboolean pli_address_parse (PliSpan in, guint flags, PliArena *arena, PliAddress *out_address, GError **error);
/* (transfer none): `user@domain` in @arena, the local part quoted if it must be; "" for the null path. */
PLI_API char *pli_address_text (PliArena *arena, const PliAddress *address);
/* `user+detail` at the first @separator behind the first byte. FALSE when there is none: @out_user is @local then, and
 * @out_detail {NULL, 0}. */
PLI_API gboolean pli_address_split_detail (PliSpan local, char separator, PliSpan *out_user, PliSpan *out_detail);
/* Domain of RFC 5321: labels of letters, digits and inner hyphens, at most 63 each; U-labels if @utf8. */
PLI_API gboolean pli_domain_valid (PliSpan domain, gboolean utf8);
/* `[192.0.2.1]`, `[IPv6:2001:db8::1]`. */
PLI_API gboolean pli_address_literal_valid (PliSpan literal);

/**
 * pli_esmtp_param_next:
 * @rest: (inout): what is left of the command line; leading spaces are skipped
 * @out_keyword: (out): as written
 * @out_value: (out): {NULL, 0} without `=`
 *
 * Returns: FALSE at the end, when @rest is empty, and at a syntax error, when it is not.
 * RFC: 5321 section 4.1.2 (esmtp-param), 6531 section 3.3.
 */
PLI_API gboolean pli_esmtp_param_next (PliSpan *rest, PliSpan *out_keyword, PliSpan *out_value);
/* RFC 3461 4: `+2B` is a plus sign. FALSE when @in is no xtext. */
PLI_API gboolean pli_xtext_decode (PliSpan in, PliArena *arena, PliSpan *out_text);
PLI_API PliSpan pli_xtext_encode (PliSpan text, PliArena *arena);

/* --- Header: RFC 5322 2.2, 3.6.8 --- */

typedef struct
{
  PliSpan name;  /* without colon; {NULL, 0} for a line that is no field (an mbox `From ` line, garbage) */
  PliSpan value; /* folded as it is, without white space at its ends; the line for one that is no field */
  PliSpan whole; /* all lines of the field, with the last line end */
} PliHeaderField;

/* Steps to the next field. FALSE at the end: @rest is what follows the empty line then, i.e. the body. */
PLI_API gboolean pli_header_next (PliSpan *rest, PliHeaderField *out_field);
/* Length of the header with its empty line; all of @message when there is no empty line. */
PLI_API gsize pli_header_end (PliSpan message);
/* The first field called @name, in any case. */
PLI_API gboolean pli_header_find (PliSpan header, const char *name, PliHeaderField *out_field);
PLI_API guint pli_header_count (PliSpan header, const char *name);
/* Appends @value without CR, LF and NUL, at most @max bytes. */
PLI_API void pli_header_unfold (PliSpan value, gsize max, PliBuffer *out);
/**
 * pli_header_select:
 * @names: field names to keep, or to leave out if @leave_out
 *
 * What IMAP sends for HEADER.FIELDS and HEADER.FIELDS.NOT, final empty line included.
 *
 * RFC: 3501 section 6.4.5.
 */
PLI_API void
pli_header_select (PliSpan header, const PliSpan *names, gsize n_names, gboolean leave_out, PliBuffer *out);
/**
 * pli_header_write:
 * @name: field name; bytes that a name cannot have are dropped
 * @value: may be folded; CR and LF that are no folding, and NUL, become spaces
 *
 * Appends one field; lines over 998 octets are folded. Nothing in @value can begin another field.
 */
PLI_API void pli_header_write (PliBuffer *out, PliSpan name, PliSpan value);
/* Printable ASCII without colon, 1 to 128 bytes. */
PLI_API gboolean pli_header_name_valid (PliSpan name);

/* --- Dates: RFC 5322 3.3 and 4.3; RFC 3501 9 --- */

#define PLI_DATE_SIZE 40 /* bytes for any of the formats, NUL included */

/* RFC 5322 date-time with its obsolete forms. @out_us: since 1970-01-01 UTC; @out_zone (nullable): minutes east. */
PLI_API gboolean pli_date_parse (PliSpan text, gint64 *out_us, int *out_zone);
/* `Thu, 15 Feb 2007 01:02:03 +0200`; years out of 0 to 9999 are clamped. */
PLI_API void pli_date_format (gint64 us, int zone, char out[PLI_DATE_SIZE]);
/* `17-Jul-1996 02:44:25 -0700`, without quotes; a day below ten may begin with space or 0. */
PLI_API gboolean pli_date_parse_imap (PliSpan text, gint64 *out_us, int *out_zone);
PLI_API void pli_date_format_imap (gint64 us, int zone, char out[PLI_DATE_SIZE]);
/* IMAP date, `1-Feb-1994`, without quotes: µs of its midnight in UTC. */
PLI_API gboolean pli_date_parse_imap_day (PliSpan text, gint64 *out_us);

/* --- Addresses in headers: RFC 5322 3.4 and 4.4 --- */

/**
 * PliMailbox:
 * @name: display name, unquoted, or the comment behind a bare address; encoded words untouched; {NULL, 0} without
 * @route: `@a,@b` of an obsolete route; {NULL, 0} without
 * @local: unquoted; the name of a group at its start; {NULL, 0} at its end
 * @domain: as written; {NULL, 0} at the start and at the end of a group
 *
 * A missing domain reads MISSING_DOMAIN, a missing local part MISSING_MAILBOX, as Dovecot has it.
 */
typedef struct
{
  PliSpan name;
  PliSpan route;
  PliSpan local;
  PliSpan domain;
} PliMailbox;

/* Zero-initialise, then set rest to the value of the field. */
typedef struct
{
  PliSpan rest;
  gboolean in_group;
} PliMailboxIter;

/* FALSE at the end. Never fails: garbage gives mailboxes of odd text. Texts lie in the field or in @arena. */
PLI_API gboolean pli_mailbox_next (PliMailboxIter *iter, PliArena *arena, PliMailbox *out_mailbox);

/* The ten fields of an IMAP ENVELOPE, as pli_header_next() gives values: {NULL, 0} for what is not there. */
typedef struct
{
  PliSpan date;
  PliSpan subject;
  PliSpan from;
  PliSpan sender;
  PliSpan reply_to;
  PliSpan to;
  PliSpan cc;
  PliSpan bcc;
  PliSpan in_reply_to;
  PliSpan message_id;
} PliEnvelope;

/* --- MIME structure: RFC 2045, 2046, 2231 --- */

typedef struct
{
  guint depth_max;  /* multiparts and messages in each other; deeper ones become application/octet-stream */
  guint parts_max;  /* all parts of a message; what lies behind them is nobody's part */
  gsize string_max; /* bytes of one text; longer ones are cut */
  gsize text_max;   /* bytes of all texts of a message taken from headers; what comes later counts as missing */
} PliRenderLimits;

#define PLI_RENDER_LIMITS_DEFAULT ((PliRenderLimits){ 50, 1000, 8192, 1024 * 1024 })

/* RFC 2231 continuations are joined; a name that ends in `*` has a value that is `charset'language'%XX…`. */
typedef struct
{
  PliSpan name;
  PliSpan value;
} PliMimeParam;

typedef enum
{
  PLI_MIME_LEAF,
  PLI_MIME_MULTIPART,
  PLI_MIME_MESSAGE,
} PliMimeKind;

/**
 * PliMimePart:
 * @type: as written; "text" and "plain" by default; a token
 * @encoding: Content-Transfer-Encoding as written, a token; {NULL, 0} without
 * @header_offset: in the whole message; where the part's own header begins
 * @header_len: with the empty line
 * @lines: line feeds in the body
 * @children: a multipart has one at least (an empty text part is made up if need be); a message has one, whose header
 *   and body are those of the message enclosed
 * @envelope: set for the message itself and for an enclosed one
 *
 * Texts lie in the message or in the arena.
 */
typedef struct PliMimePart PliMimePart;
struct PliMimePart
{
  PliMimeKind kind;
  PliSpan type;
  PliSpan subtype;
  PliMimeParam *params;
  guint n_params;
  PliSpan id;
  PliSpan description;
  PliSpan encoding;
  PliSpan md5;
  PliSpan disposition;
  PliMimeParam *disposition_params;
  guint n_disposition_params;
  PliSpan language;
  PliSpan location;
  guint64 header_offset;
  guint64 header_len;
  guint64 body_offset;
  guint64 body_len;
  guint64 lines;
  const PliEnvelope *envelope;
  PliMimePart *parent;
  PliMimePart *children;
  PliMimePart *next;
};

/* (transfer none): the tree, in @arena. One pass. Any input gives one. @limits: NULL for the default. */
PLI_API PliMimePart *pli_mime_scan (PliSpan message, const PliRenderLimits *limits, PliArena *arena);
/* Value of parameter @name of @part or, if @of_disposition, of its disposition; RFC 2231 and 2047 decoded to UTF-8. */
PLI_API gboolean pli_mime_param (const PliMimePart *part, gboolean of_disposition, const char *name, PliBuffer *out);

/* --- What IMAP and JMAP ask for: RFC 3501 7.4.2, RFC 8970 --- */

/**
 * PliRenderings:
 * @envelope: ENVELOPE in IMAP syntax, with its parentheses, literals included
 * @body: BODY, the same
 * @bodystructure: BODYSTRUCTURE, the same
 * @parts: for pli_parts_find(): one line a part, `path header-offset header-length body-offset body-length lines
 *   encoding type/subtype`, in lower case; path is IMAP's, `0` for the message, `2.0` for the one enclosed in part 2
 * @header_bytes: length of the header with its empty line
 * @size: of the message
 * @preview: at most 200 characters of UTF-8 from the first text part, white space collapsed; may be empty
 */
typedef struct
{
  PliSpan envelope;
  PliSpan body;
  PliSpan bodystructure;
  PliSpan parts;
  guint32 header_bytes;
  guint64 size;
  PliSpan preview;
} PliRenderings;

/* Never fails but on a header of 4 GiB. All texts of @out_renderings are in @arena. @limits: NULL for the default. */
PLI_API gboolean pli_render (PliSpan message, const PliRenderLimits *limits, PliArena *arena,
                             PliRenderings *out_renderings);
/* ENVELOPE alone, from a header. */
PLI_API void pli_render_envelope (PliSpan header, const PliRenderLimits *limits, PliArena *arena, PliBuffer *out);
/* IMAP nstring: NIL for {NULL, 0}; quoted if 7-bit and printable, else a literal; CR, LF and NUL are dropped. */
PLI_API void pli_render_nstring (PliSpan text, gsize max, PliBuffer *out);

/**
 * PliPlace:
 * @offset: of the section, in the message
 * @length: of the section
 * @lines: line feeds of the part's body
 * @encoding: of the part, in lower case, "7bit" by default
 * @type: `text/plain`
 * @is_body: the section is a body, to which @encoding applies (BINARY); not a header nor the whole message
 */
typedef struct
{
  guint64 offset;
  guint64 length;
  guint64 lines;
  PliSpan encoding;
  PliSpan type;
  gboolean is_body;
} PliPlace;

/**
 * pli_parts_find:
 * @parts: of #PliRenderings
 * @section: ``, `HEADER`, `TEXT`, `1`, `2.1.MIME`, `2.HEADER`, `2.TEXT`; `HEADER.FIELDS` and `HEADER.FIELDS.NOT` count
 *   as `HEADER` (then see pli_header_select())
 *
 * Resolves an IMAP section without reading the message.
 *
 * Returns: FALSE when the message has no such section, and when @section or @parts is malformed.
 * RFC: 3501 section 6.4.5.
 */
PLI_API gboolean pli_parts_find (PliSpan parts, PliSpan section, PliPlace *out_place);

/* --- Decoding: RFC 2045 6.7 and 6.8, RFC 2047 --- */

/* Content-transfer-decoding in pieces. */
typedef struct
{
  int kind;
  guint n;
  guint32 bits;
  gboolean broken;
  char held[84];
} PliDecoder;

/* FALSE unless base64, quoted-printable, 7bit, 8bit, binary or {NULL, 0}: bytes are copied then. */
PLI_API gboolean pli_decoder_init (PliDecoder *decoder, PliSpan encoding);
/* Appends at most decoder->n + in.len bytes. FALSE when the input is no valid encoding; goes on as well as it can. */
PLI_API gboolean pli_decoder_feed (PliDecoder *decoder, PliSpan in, PliBuffer *out);
/* Flushes what is held. FALSE when the input was not valid or ended too soon. */
PLI_API gboolean pli_decoder_end (PliDecoder *decoder, PliBuffer *out);
PLI_API gboolean pli_decode_base64 (PliSpan in, PliBuffer *out);
PLI_API gboolean pli_decode_qp (PliSpan in, PliBuffer *out);

/* Appends @in as UTF-8; FALSE for a charset that is not known, or bytes that it does not have ("?" stands for them). */
PLI_API gboolean pli_charset_to_utf8 (PliSpan charset, PliSpan in, PliBuffer *out);
/* Appends a header value unfolded, its encoded words decoded to UTF-8; what cannot be decoded stays as it is. */
PLI_API void pli_words_decode (PliSpan value, PliBuffer *out);

/* --- SMTP replies: RFC 5321 4.2, RFC 2034 --- */

typedef struct
{
  guint code;      /* 200 to 599 */
  char status[12]; /* enhanced status code, "5.1.1", or "" */
  PliSpan text;    /* lines, LF between them, without codes */
} PliReply;

#define PLI_REPLY_LINE_MAX 512   /* octets, CRLF included: what is written */
#define PLI_REPLY_READ_MAX 4096  /* octets of one line that is read */
#define PLI_REPLY_LINES_MAX 256  /* lines of one reply that is read */
#define PLI_REPLY_TEXT_MAX 16384 /* octets of text kept of a reply that is read */

/* Appends the reply, in as many lines as it needs. Control characters become `?`; so do bytes over 127 unless @utf8. */
PLI_API void pli_reply_format (const PliReply *reply, gboolean utf8, PliBuffer *out);
/* Is @status `class.subject.detail`, class being 2, 4 or 5? */
PLI_API gboolean pli_status_valid (PliSpan status);

typedef enum
{
  PLI_REPLY_MORE,
  PLI_REPLY_DONE,
  PLI_REPLY_BAD,
} PliReplyStep;

/* Zero-initialise; pli_reply_reader_clear() frees. */
typedef struct
{
  PliReply reply;
  guint n_lines;
  PliBuffer text;
  gsize line_max;  /* octets of one line; 0: PLI_REPLY_READ_MAX */
  guint lines_max; /* 0: PLI_REPLY_LINES_MAX */
} PliReplyReader;

/**
 * pli_reply_read:
 * @in: (inout): bytes received; whole lines are taken off, an incomplete one stays
 *
 * Returns: %PLI_REPLY_DONE with reader->reply set (valid until the next call), %PLI_REPLY_MORE when lines are missing,
 *   %PLI_REPLY_BAD when this is no SMTP reply or is over a limit.
 * RFC: 5321 section 4.2. The last line's code counts where codes differ.
 */
PLI_API PliReplyStep pli_reply_read (PliReplyReader *reader, PliSpan *in);
PLI_API void pli_reply_reader_clear (PliReplyReader *reader);

/* --- Delivery status notifications: RFC 3464, 6533 --- */

typedef enum
{
  PLI_DSN_FAILED,
  PLI_DSN_DELAYED,
  PLI_DSN_DELIVERED,
  PLI_DSN_RELAYED,
  PLI_DSN_EXPANDED,
} PliDsnAction;

typedef struct
{
  PliDsnAction action;
  PliSpan final_rcpt;     /* address as text */
  PliSpan original_rcpt;  /* (nullable): ORCPT decoded from xtext, `rfc822;user@domain` */
  PliSpan status;         /* enhanced status code; one that does not fit the action is replaced */
  PliSpan remote_mta;     /* (nullable): host that answered */
  PliSpan diagnostic;     /* (nullable): its reply, code first; LF between lines */
  gint64 last_attempt_us; /* or 0 */
  gint64 retry_until_us;  /* or 0; of delayed ones only */
} PliDsnRcpt;

/**
 * PliDsn:
 * @id: unguessable token of letters and digits (pli_id_new()): Message-ID and MIME boundary are made of it
 * @host: reporting MTA
 * @from: address of the From header; @to: of the recipient of the report
 * @original_id: (nullable): our id of the message reported on, for the reader
 * @envid: (nullable): ENVID decoded from xtext
 * @arrival_us: when the message was accepted
 * @text: (nullable): first part, UTF-8, LF or CRLF between lines; a short English one is made if there is none
 * @original: message, or its header, to give back
 * @return_full: @original is a whole message (RET=FULL)
 * @utf8: addresses may have UTF-8 (RFC 6533 types are used)
 */
typedef struct
{
  PliSpan id;
  PliSpan host;
  PliSpan from;
  PliSpan to;
  PliSpan original_id;
  PliSpan envid;
  gint64 now_us;
  gint64 arrival_us;
  const PliDsnRcpt *rcpts;
  guint n_rcpts;
  PliSpan text;
  PliSpan original;
  gboolean return_full;
  gboolean utf8;
  PliSpan subject; /* (nullable): an English one is made if there is none */
} PliDsn;

/* Appends a complete message; it must be sent from `<>`. No value can add header fields, lines or parts. */
PLI_API void pli_dsn_write (const PliDsn *dsn, PliBuffer *out);

/* --- Edits of a header --- */

/**
 * PliEditKind:
 * @PLI_EDIT_ADD_TOP: above all others; of two, the later one goes on top
 * @PLI_EDIT_ADD_END: below all others, in order
 * @PLI_EDIT_REMOVE: fields called name, by index
 * @PLI_EDIT_REPLACE: the same with a new value; added at the end when there is none
 */
typedef enum
{
  PLI_EDIT_ADD_TOP,
  PLI_EDIT_ADD_END,
  PLI_EDIT_REMOVE,
  PLI_EDIT_REPLACE,
} PliEditKind;

/**
 * PliEdit:
 * @index: which of the fields called @name in the message as it came: 1 for the first, -1 for the last, 0 for all (the
 *   first is replaced then, and the others go)
 */
typedef struct
{
  PliEditKind kind;
  int index;
  PliSpan name;
  PliSpan value;
} PliEdit;

typedef struct
{
  const PliEdit *items;
  gsize n_items;
} PliEdits;

/**
 * pli_edits_apply:
 * @out_header: gets the new header, with its empty line; fields not edited stay byte for byte
 * @out_body_offset: (out): where the body begins in @message
 *
 * Where edits meet on one field the last one counts. Cost: fields times edits.
 * Errors: %PLI_ERROR_SYNTAX (a name that is none); nothing is appended then.
 */
PLI_API gboolean pli_edits_apply (PliSpan message, const PliEdits *edits, PliBuffer *out_header, gsize *out_body_offset,
                                  GError **error);

/* --- Mailbox names in modified UTF-7: RFC 3501 5.1.3 --- */

/* Both append, and append nothing when they return FALSE: @in is not valid, or not in the only form allowed. */
PLI_API gboolean pli_utf7_to_utf8 (PliSpan in, PliBuffer *out);
PLI_API gboolean pli_utf7_from_utf8 (PliSpan in, PliBuffer *out);

G_END_DECLS

#endif
