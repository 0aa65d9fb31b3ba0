/* txn.h: a transaction behind <pli/message.h>. Internal to core/plugin.
 *
 * What callers hold as PliTxn is a *view*: the engine has one for its own use, and each filter call gets one of its
 * own, which collects what the filter asks for. The views share one refcounted body. A filter's wishes reach the body
 * when it has answered properly (pli_txn_view_commit()); a view that was closed takes no more of them, so a filter that
 * answers after its deadline can neither change the message nor touch freed memory. Thread: loop. */
#ifndef PLI_PLUGIN_TXN_H
#define PLI_PLUGIN_TXN_H

#include "plugin/plugin-internal.h"
#include <pli/message.h>

typedef struct PliTxnBody PliTxnBody;

typedef struct
{
  PliEdit *items;
  guint n, size;
} PliTxnEdits;

typedef struct
{
  const char *name, *value;
} PliTxnFact;

typedef struct
{
  PliTxnFact *items;
  guint n, size;
} PliTxnFacts;

typedef struct
{
  const char **items; /* NULL-terminated once there is one */
  guint n, size;
} PliTxnRcpts;

struct PliTxn
{
  PliTxnBody *body;
  PliPlugin *plugin; /* the filter called; NULL: the engine's view, whose wishes are done at once */
  PliArena *arena;   /* where wishes are kept: the filter call's; the body's for the engine */
  gboolean closed;   /* answered, or an observer's: nothing can be changed any more */
  PliTxnEdits edits;
  PliTxnFacts facts;
  PliTxnRcpts rcpts;
};

/* Fills @view, for one call of @plugin; @arena must live as long as the view. Takes a reference to the body. */
void pli_txn_view_open (PliTxn *view, PliTxn *engine, PliPlugin *plugin, PliArena *arena);
/* The filter has answered: its edits, facts and recipients count. Closes the view. */
void pli_txn_view_commit (PliTxn *view);
/* Nobody will use @view again: gives the reference back. */
void pli_txn_view_release (PliTxn *view);
/* A copy for another room is the same transaction. */
void pli_txn_mirror (PliTxn *txn, const char *id, gint64 received_us);
/* What was published so far. (transfer none) */
const PliTxnFact *pli_txn_facts (PliTxn *txn, guint32 *out_n);
gboolean pli_plugin_has_right (const PliPlugin *plugin, const char *right);

#endif
