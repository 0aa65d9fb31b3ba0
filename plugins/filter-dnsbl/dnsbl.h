/* dnsbl.h: settings of filter-dnsbl, and what its files call of each other.
 *
 * A *gathering* is what all lists say of one thing: a client's address, what it calls itself, a sender's domain. It begins as
 * soon as that is known, and is waited for only when a recipient must be answered. It is kept for a while for the
 * sessions that follow (gather.c). Loop thread. */
#ifndef DNSBL_H
#define DNSBL_H

#include "list.h"

#include <pli/filter.h>

typedef struct
{
  const char *const *lists, *const *sender_lists, *const *helo_lists;
  const char *const *skip, *const *skip_rcpts;
  gint64 reject, quarantine, mark;
  gint64 cache, clients_max, lookups_max;
  gboolean reason;
} DnsblSettings;

typedef enum
{
  DNSBL_CLIENT,
  DNSBL_HELO,
  DNSBL_SENDER,
  DNSBL_KINDS,
} DnsblKind;

typedef struct DnsblGathering DnsblGathering;

typedef struct
{
  PliPlugin *plugin;
  PliInstance *instance;
  GHashTable *gatherings; /* key -> DnsblGathering */
  GQueue order;           /* the same, the oldest first */
  GQueue waiting;         /* questions that no room is left for */
  guint64 running;
} Dnsbl;

struct DnsblGathering
{
  gint refs;
  Dnsbl *dnsbl; /* NULL: let go by all */
  PliArena *arena;
  char *key;
  guint lists_hash; /* of the lists that were asked */
  DnsblKind kind;
  const char *what; /* address or domain */
  GList link;       /* in order */
  GPtrArray *waiters;
  GPtrArray *questions;
  gboolean wants_reason;
  guint open;          /* questions without an answer */
  guint asked, failed; /* zones */
  gint64 score;
  GPtrArray *zones;   /* that list it, the heaviest first; const char * */
  gint heaviest;      /* weight of the first */
  const char *reason; /* of the first, by its TXT; NULL */
  gint64 expires_us;
};

/* answer.c: the slots */
PliStep dnsbl_on_connect (PliOp *op, PliSession *session, PliVerdict *verdict);
PliStep dnsbl_on_hello (PliOp *op, PliSession *session, const PliHelloArgs *args, PliVerdict *verdict);
PliStep dnsbl_on_mail (PliOp *op, PliTxn *txn, PliVerdict *verdict);
PliStep dnsbl_on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict);

/* gather.c */
Dnsbl *dnsbl_new (PliPlugin *plugin);
void dnsbl_free (Dnsbl *dnsbl);
/* What is known of @what, or begins to be; NULL when the lists have nothing to say of it, or there is no room (@out_full). */
DnsblGathering *dnsbl_gather (Dnsbl *dnsbl, DnsblKind kind, const char *what, gboolean *out_full);
gboolean dnsbl_is_ready (const DnsblGathering *gathering);
/* Calls @func from the loop when it is ready; it is not yet. */
typedef void (*DnsblReady) (gpointer user);
void dnsbl_wait (DnsblGathering *gathering, DnsblReady func, gpointer user);
void dnsbl_wait_cancel (DnsblGathering *gathering, gpointer user);
DnsblGathering *dnsbl_ref (DnsblGathering *gathering);
void dnsbl_unref (DnsblGathering *gathering);

/* lookup.c: the questions of one gathering */
void dnsbl_questions_ask (DnsblGathering *gathering, const char *const *words, gboolean reason);
/* Asks what waits for room. */
void dnsbl_questions_pump (Dnsbl *dnsbl);
void dnsbl_questions_cancel (DnsblGathering *gathering);
/* gather.c: the last question is answered. */
void dnsbl_ready (DnsblGathering *gathering);

#endif
