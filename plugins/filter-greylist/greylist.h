/* greylist.h: settings of filter-greylist, and what its files call of each other. Loop thread. */
#ifndef GREYLIST_H
#define GREYLIST_H

#include <pli/filter.h>

typedef struct
{
  gint64 wait, retry, white;
  gint64 auto_white, network4, network6;
  gboolean key_rcpt;
  const char *const *skip;
  const char *const *skip_names;
} GreylistSettings;

/* rcpt.c */
PliStep greylist_on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict);
void greylist_saw_end (PliTxn *txn, const PliVerdict *verdict);

/* key.c: texts in @arena */
/* The client's network, as wide as the settings say. */
const char *greylist_network (PliArena *arena, const GreylistSettings *set, const char *peer);
/* What stands for @sender: without what changes from one message of a list or a machine to the next. */
const char *greylist_sender (PliArena *arena, const char *sender);
/* Name of the entry of a network and sender (and recipient, or NULL). */
const char *greylist_key (PliArena *arena, const char *network, const char *sender, const char *rcpt);
/* Name of the entry that counts the successes of a network. */
const char *greylist_white_key (PliArena *arena, const char *network);

/* name.c: has @peer a name in one of @domains, which leads back to @peer? */
typedef struct GreylistName GreylistName;
typedef void (*GreylistNamed) (gpointer user, gboolean yes);
/* @named is not called before this returns, and not at all after greylist_name_cancel(). */
GreylistName *greylist_name_ask (PliInstance *instance, PliArena *arena, const char *peer, const char *const *domains,
                                 GreylistNamed named, gpointer user);
void greylist_name_cancel (GreylistName *name);

#endif
