/* search_fold.h: text as it is compared in SEARCH: UTF-8 without case. No I/O. RFC 3501 6.4.4. */
#ifndef IMAP_SEARCH_FOLD_H
#define IMAP_SEARCH_FOLD_H

#include <pli/base.h>

/* Appends @text with upper and lower case made one; bytes that are no UTF-8 stay as they are. */
void imap_fold (PliSpan text, PliBuffer *out);
/* Is @text in @folded? Both are folded. */
gboolean imap_fold_has (PliSpan folded, PliSpan text);

#endif
