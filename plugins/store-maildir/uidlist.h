/* uidlist.h: the grammar of `dovecot-uidlist` (version 3), of its version 1, and of Courier's `courierimapuiddb`, which is
 * the same as version 1. No I/O. */
#ifndef STORE_MAILDIR_UIDLIST_H
#define STORE_MAILDIR_UIDLIST_H

#include <pli/base.h>

typedef struct
{
  guint version;
  guint32 uidvalidity, uidnext;
  PliSpan guid; /* of the mailbox: 32 hexadecimal digits, or empty */
} MaildirUidHeader;

typedef struct
{
  guint32 uid;
  PliSpan file; /* base name: what stands before the flags */
  PliSpan line; /* whole, without its LF */
} MaildirUidLine;

/* Takes the first line off @rest. FALSE when it is not the head of any known version. */
gboolean maildir_uidlist_header (PliSpan *rest, MaildirUidHeader *out);
/* The next good line; lines that are damaged, or whose UID does not rise over @last, are passed over. FALSE at the end. */
gboolean maildir_uidlist_next (PliSpan *rest, guint version, guint32 last, MaildirUidLine *out);
void maildir_uidlist_print_header (const MaildirUidHeader *header, PliBuffer *out);
void maildir_uidlist_print_line (guint32 uid, PliSpan base, PliBuffer *out);

#endif
