/* fetch_args.h: what FETCH asks for, from the wire to a list of items. No I/O. RFC 3501 6.4.5, 9; RFC 7162 3.1.4. */
#ifndef IMAP_FETCH_ARGS_H
#define IMAP_FETCH_ARGS_H

#include "lex.h"

typedef enum
{
  IMAP_ITEM_UID,
  IMAP_ITEM_FLAGS,
  IMAP_ITEM_INTERNALDATE,
  IMAP_ITEM_SIZE,
  IMAP_ITEM_MODSEQ,
  IMAP_ITEM_ENVELOPE,
  IMAP_ITEM_BODY,
  IMAP_ITEM_BODYSTRUCTURE,
  IMAP_ITEM_SECTION, /* bytes of the message */
} ImapItemKind;

/**
 * ImapItem:
 * @label: what stands before the value in the answer: `BODY[1.MIME]<0>`
 * @section: for pli_parts_find()
 * @fields: HEADER.FIELDS and HEADER.FIELDS.NOT, n_fields of them; a select of none is possible for @select only
 * @select: the section is a header of which fields are picked
 * @leave_out: HEADER.FIELDS.NOT
 * @seen: sets \Seen
 * @partial: only @length bytes from @offset on
 */
typedef struct ImapItem ImapItem;
struct ImapItem
{
  ImapItem *next;
  ImapItemKind kind;
  const char *label;
  PliSpan section;
  PliSpan *fields;
  guint n_fields;
  gboolean select, leave_out, seen, partial;
  guint32 offset, length;
};

/**
 * ImapFetchArgs:
 * @items: at least one, in the order asked for
 * @changed_since: CHANGEDSINCE, 0 for none
 */
typedef struct
{
  ImapItem *items;
  guint64 changed_since;
} ImapFetchArgs;

/* @lex: behind the sequence set and its space. */
gboolean imap_lex_fetch (ImapLex *lex, ImapFetchArgs *out);

#endif
