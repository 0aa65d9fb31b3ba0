/* deliver.h: what the two transports are made of, around the chat (chat.h): one message is a *job*; jobs for the same
 * next hops wait in order in a *destination*; a *link* is one connection of it.
 *
 * send.c takes jobs from the queue and answers them; domain.c finds the destination of a route and a domain (relay or
 * MX, RFC 5321 5); host.c finds addresses and remembers which of them failed; destination.c gives waiting jobs to idle
 * links, and opens and closes links; link.c connects and lets the chat talk; plan.c tells a person. All on the loop
 * thread of the room `out`. */
#ifndef DELIVER_H
#define DELIVER_H

#include "chat.h"
#include <pli/connect.h>
#include <pli/dns.h>

typedef struct Deliver Deliver;
typedef struct Domain Domain;
typedef struct Destination Destination;
typedef struct Host Host;
typedef struct Link Link;
typedef struct Job Job;

/* What the plugin around this says of itself. */
typedef struct
{
  gboolean lmtp;
  guint port;                                                                           /* of the protocol */
  const char *taken, *later, *never, *connections, *reused, *failures, *open, *waiting; /* names of metrics */
} DeliverKind;

struct Deliver
{
  PliPlugin *plugin;
  PliInstance *instance;
  const DeliverKind *kind;
  GHashTable *domains;      /* "route domain" -> Domain */
  GHashTable *destinations; /* key -> Destination */
  GHashTable *hosts;        /* name -> Host */
  GHashTable *failures;     /* "address port" -> Failure */
  GSList *plans;            /* being made */
  guint n_links;
  guint n_waiting;    /* jobs without a link */
  gboolean starved;   /* a destination wanted a link, and connections-max was reached */
  gconstpointer seen; /* settings when domains were last looked up: others after a reload */
  guint generation;   /* counts reloads */
  PliTimer *sweeper;  /* while there is something to forget */
  PliCounter *taken, *later, *never, *connections, *reused, *failed, *open, *waiting;
};

static inline const DeliverSettings *
deliver_settings (const Deliver *deliver)
{
  return pli_plugin_settings (deliver->plugin);
}

gboolean deliver_load (PliPlugin *plugin, const DeliverKind *kind, GError **error);
void deliver_stop (PliPlugin *plugin);
void deliver_unload (PliPlugin *plugin);
void deliver_measure (PliPlugin *plugin);
PliStep deliver_send (PliOp *op, gpointer self, const PliSendArgs *args, PliSendResult *result);
PliStep deliver_plan (PliOp *op, gpointer self, const PliPlanArgs *args, PliPlanResult *result);
/* Answers the plans that wait: the server is stopping. */
void plan_stop_all (Deliver *deliver);
/* (transfer full): what an MX that is ourselves is called. */
char *deliver_hostname (const Deliver *deliver);
/* Forgets domains and idle links when settings have changed. */
void deliver_look_at_settings (Deliver *deliver);
/* What is idle or old is looked at soon. */
void deliver_want_sweep (Deliver *deliver);

/* Jobs: send.c */

typedef struct
{
  Job *first, *last;
  guint n;
} JobQueue;

struct Job
{
  Mail mail; /* first: a Mail of ours is a Job */
  Deliver *deliver;
  PliTicket ticket;
  const PliSendArgs *args;
  PliSendResult *result;
  Job *before, *after;
  JobQueue *queue; /* in which it waits; NULL: a link has it */
  guint restarts;  /* how often a link died under it before anything was decided */
  gboolean fresh;  /* it is the first one of its link */
};

void job_append (JobQueue *queue, Job *job);
void job_prepend (JobQueue *queue, Job *job);
void job_remove (Job *job);
/* Answers; each recipient must be settled. @link: which had it last, or NULL. */
void job_done (Job *job, Link *link);
/* Settles what is not, and answers. */
void job_fail (Job *job, Link *link, const PliSent *why);
/* Answers all that wait. */
void job_fail_all (JobQueue *queue, const PliSent *why);

/* Domains and destinations: domain.c */

typedef struct
{
  const char *name; /* host, or an address, or a path */
  guint preference;
  guint port; /* 0: the settings' */
} Hop;

/* Where the mail of a route and a domain goes; found by DNS, or by the relay at once. */
typedef struct
{
  PliArena *arena;
  const PliRouteSettings *route;
  Hop *hops; /* in the order in which they are tried */
  guint n_hops;
  gboolean is_relay, is_fallback; /* fallback: no MX, the domain's own address */
  gint64 ttl_us;
  PliSent failure; /* when there are no hops; text in the arena */
} Hops;

typedef void (*HopsFunc) (gpointer user, Hops *hops); /* (transfer full) */
typedef struct HopsSearch HopsSearch;
/* @done is called once, perhaps at once; NULL then, else a search that can be cancelled. */
HopsSearch *hops_find (Deliver *deliver, const char *route, const char *domain, HopsFunc done, gpointer user);
void hops_search_cancel (HopsSearch *search);
void hops_free (Hops *hops);

/* Puts the job into its destination's queue, or answers it. */
void domain_send (Deliver *deliver, Job *job);
void domain_free (Domain *domain);
/* Answers what waits: the server is stopping. */
void domain_stop (gpointer key, gpointer domain, gpointer unused);
/* For g_hash_table_foreach_remove(): is it old, and nothing waits? */
gboolean domain_sweep (gpointer key, gpointer domain, gpointer now_us);

/* Hosts: host.c */

typedef void (*HostFunc) (gpointer user);

/* User data of one of the two questions. */
typedef struct
{
  Host *host;
  guint family; /* 0: AAAA, 1: A */
} HostQuestion;

/* Addresses of a host, IPv6 first. Lives until it is swept; who waits for it has it referenced. */
struct Host
{
  Deliver *deliver;
  char *name;
  guint refs;
  GPtrArray *addresses;  /* texts */
  gint64 until_us;       /* known so long; 0: never asked */
  gboolean no_such_name; /* definitely has none */
  char *why;             /* there are none */
  HostQuestion questions[2];
  PliCall *calls[2];
  guint n_calls;
  GPtrArray *found[2];
  gint64 ttl_us;
  gboolean failed; /* one of the questions was not answered */
  GSList *waiting; /* HostWaiter */
};

typedef struct HostWaiter HostWaiter;
/* (transfer full) */
Host *host_ref (Deliver *deliver, const char *name);
void host_unref (Host *host);
void host_free (Host *host);
/* Addresses are there: TRUE. Else @done is called when they are, unless host_cancel() is called with @out_waiter. */
gboolean host_resolve (Host *host, HostFunc done, gpointer user, HostWaiter **out_waiter);
void host_cancel (HostWaiter *waiter);
gboolean host_sweep (gpointer name, gpointer host, gpointer now_us);

/* Addresses that failed a short while ago. */
typedef struct
{
  gint64 until_us;
  char *text;
} Failure;

void failure_free (gpointer failure);
void failure_note (Deliver *deliver, const char *address, guint port, const char *text);
void failure_forget (Deliver *deliver, const char *address, guint port);
/* NULL when it may be tried. */
const char *failure_of (Deliver *deliver, const char *address, guint port);
gboolean failure_sweep (gpointer key, gpointer failure, gpointer now_us);

/* Destinations: destination.c */

struct Destination
{
  Deliver *deliver;
  char *key;
  Hops *hops;
  char *route;
  guint refs; /* domains that lead here */
  JobQueue waiting;
  GPtrArray *links; /* Link; owned */
  guint n_opening;
  gboolean full; /* the other side takes no more connections than there are now */
  gboolean working;
};

/* Takes @hops, and counts a reference. */
Destination *destination_get (Deliver *deliver, const char *route, Hops *hops);
void destination_free (Destination *destination);
/* Gives waiting jobs to links, and opens or closes some. */
void destination_work (Destination *destination);
/* Not one of the hosts could be had, and why not; @link is freed. */
void destination_no_host (Destination *destination, Link *link, const PliSent *why);
/* @link is freed. */
void destination_link_gone (Destination *destination, Link *link);
gboolean destination_sweep (gpointer key, gpointer destination, gpointer now_us);

/* Links: link.c */

typedef enum
{
  LINK_OPENING,
  LINK_BUSY,
  LINK_IDLE,
  LINK_QUITTING,
} LinkState;

struct Link
{
  Destination *destination;
  DeliverSettings set; /* as they were when it began */
  LinkState state;
  guint *order;       /* of the hops: random within a preference */
  guint hop, address; /* which is being tried */
  Host *host;
  HostWaiter *waiter;
  PliConnection *connection;
  Chat *chat;
  gboolean over;  /* the chat is, and the connection is to be closed */
  gboolean ready; /* the chat is */
  gboolean in_handshake;
  gboolean without_tls;   /* the handshake failed: once more without */
  gboolean never_existed; /* no hop had an address so far, for good */
  guint n_begun;          /* mails */
  gint64 idle_since_us;
  char *helo, *password;
  char *where;   /* "mx.example.net [192.0.2.1]:25" */
  char *failure; /* of the last address */
  char failure_status[12];
};

/* Does nothing before link_start(). */
Link *link_new (Destination *destination);
/* May free it, by destination_no_host(). */
void link_start (Link *link);
void link_free (Link *link);
/* Only when idle; afterwards it may be idle again. */
void link_send (Link *link, Job *job);
/* Only when idle. */
void link_quit (Link *link);
/* The next waiting job, for this link: which one may be told to it. */
Job *link_take (Link *link);

#endif
