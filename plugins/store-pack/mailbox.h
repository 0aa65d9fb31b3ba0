/* mailbox.h: what mailbox.c and rename.c share. */
#ifndef STORE_PACK_MAILBOX_H
#define STORE_PACK_MAILBOX_H

#include "call.h"

PackStep pack_rename (PackCall *call, const char *from, const char *to);
/* In the batch. */
gboolean pack_subscribe (PackAccount *account, const char *name, gboolean on, GError **error);

#endif
