/* headers.h: settings and the one slot of filter-headers. */
#ifndef HEADERS_H
#define HEADERS_H

#include <pli/filter.h>

typedef struct
{
  gboolean add_message_id, add_date, remove_bcc;
} Headers;

PliStep headers_on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict);

#endif
