/* queue-log.h: the parts of queue-log as they see each other.
 *
 * A Message is a record with open recipients. While something happens to it it is *hot*: texts and renderings are in
 * its arena; once all that is left waits for a later try it turns cold, and only numbers stay: the texts are read back
 * from the segment. A Child is one place that a recipient expands to. Everything runs on the loop thread. */
#ifndef QUEUE_LOG_H
#define QUEUE_LOG_H

#include <pli/deliver.h>
#include <pli/directory.h>
#include <pli/ledger.h>
#include <pli/log.h>
#include <pli/plugin.h>
#include <pli/queue.h>
#include <pli/route.h>
#include <pli/segment.h>
#include <pli/store.h>

typedef struct
{
  guint64 segment_size, large_message, free_min;
  gint64 journal_sync, retry_first, retry_max, lifetime, lag_max, sweep;
  guint64 journal_size;
  const char *hostname;
  gint64 batches_max, sends_max, sends_per_destination, send_rcpts_max, waiting_hot, redirects_max;
  guint64 send_bytes_max;
  gint64 delay_warning;
  gint language;
} Settings;

typedef struct Queue Queue;
typedef struct Message Message;
typedef struct Journal Journal;
typedef struct Sweep Sweep;

/* Number of a child: recipient in the high bits, place in its expansion in the low ones; stable for ever. */
#define CHILD_BITS 12
#define CHILD_NUMBER(rcpt, place) ((guint32) (rcpt) << CHILD_BITS | (guint32) (place))
#define CHILD_RCPT(number) ((number) >> CHILD_BITS)
#define CHILD_PLACES (1u << CHILD_BITS)
#define REASON_KEPT 96 /* bytes of a reply that stay in memory */

typedef enum
{
  CHILD_UNRESOLVED, /* the directory is to be asked; stands for the whole recipient, unless it has an address */
  CHILD_LOCAL,
  CHILD_REMOTE,
  CHILD_QUEUED, /* of a Send that waits for its turn: the message may be cold */
  CHILD_BUSY,   /* in somebody's hands */
  CHILD_SETTLED,
} ChildState;

typedef struct
{
  guint32 number;
  guint32 parent; /* number of the child that it came from, if owned */
  guint16 tries;
  guint16 route;         /* last one taken: place in Queue.routes, and one; 0: none */
  guint8 state;          /* ChildState */
  guint8 home;           /* state that it goes back to from QUEUED and BUSY */
  guint8 hops;           /* redirections by rules that led here */
  unsigned waiting : 1;  /* a later try: next_us counts */
  unsigned owned : 1;    /* of a journalled expansion: texts are its own, and stay when the message turns cold */
  unsigned given_up : 1; /* no further try: the sender is told */
  unsigned copied : 1;   /* a rule's copies of it are journalled */
  gint64 next_us;
  char *reason; /* GRefString, shared between equal ones; NULL. The beginning: all of it is in journal and ledger */
  const char *address; /* in the arena, unless owned */
  const char *account, *store;
} Child;

/* Why a recipient failed for good, until the report about it is written. */
typedef struct
{
  guint32 number;
  const char *status, *text, *host; /* in the arena; host: that said so, or NULL */
} Failure;

typedef struct
{
  PliArena *arena;
  const char *id, *sender, *granted, *message_id, *login, *role, *peer;
  const char *mailbox; /* NULL: INBOX */
  const char *const *rcpts;
  guint n_rcpts;
  PliRenderings renderings;
  GArray *failures;  /* Failure; NULL: none */
  GHashTable *sends; /* Send being gathered; NULL: none */
  GArray *questions; /* for rules, while the header is read; NULL: none */
  PliSpan header;    /* for rules, once read */
  guint asking;      /* directory and rules: sends are gathered until all have answered */
} Hot;

struct Message
{
  guint64 key[2]; /* segment, offset: the name of the record; first, so that tables keep one pointer and not two */
  Queue *queue;
  guint64 body_offset, bytes;
  gint64 received_us;
  Hot *hot;
  Child *children;
  guint n_children, n_open;
  guint busy;        /* calls and reads under way: it cannot turn cold or be freed */
  guint queued : 30; /* sends that wait for their turn: it cannot be freed */
  guint kept_hot : 1;
  guint warned : 1; /* the sender knows of the delay */
  PliTimer *timer;
};

struct Queue
{
  PliPlugin *plugin;
  PliInstance *instance;
  PliSegments *segments;
  Journal *journal;
  Sweep *sweep;
  GHashTable *messages;            /* key -> Message */
  GHashTable *ends;                /* segment -> offset behind its last durable record */
  GPtrArray *routes;               /* names of those taken since the start: few */
  GPtrArray *lanes;                /* to stores; deliver.c */
  struct Sends *sends;             /* line.c */
  struct Reading *reading;         /* read.c */
  guint64 accepted, settled, open; /* recipients; children */
  guint hot, kept_hot;
  gboolean stopping;
};

static inline const Settings *
queue_settings (Queue *q)
{
  return pli_plugin_settings (q->plugin);
}

/* submit.c */
PliStep queue_submit (PliOp *op, gpointer self, const PliSubmitArgs *args, PliSubmitResult *result);
/* record.c: between a record's header and a hot message */
void record_write (const PliSubmitArgs *args, const char *granted, const char *cause, PliBuffer *out);
/* FALSE when fields are missing. @out_cause: "segment offset number,number" of a record that Pli wrote about another. */
gboolean record_read (PliSpan header, PliArena *arena, Hot *hot, gint64 *out_received_us, const char **out_cause);

/* message.c */
Message *message_new (Queue *q, const PliRecordPlace *place, gint64 received_us);
/* Gives the message its hot part; @hot's arena is taken. */
void message_warm (Message *m, const Hot *hot);
/* Calls @func when the message is hot, maybe at once; it must be busy. FALSE: the record cannot be read. */
typedef void (*MessageHot) (Message *m, gboolean ok, gpointer user);
void message_heat (Message *m, MessageHot func, gpointer user);
/* Begins (or goes on) with what is open and due. */
void message_start (Message *m);
/* The next step of one child, if it is free for it. */
void message_step (Message *m, guint32 number);
Child *message_child (Message *m, guint32 number);
Child *message_add_child (Message *m, guint32 number, ChildState state);
/* As the recipient was named: by the client, an alias or a rule. The message must be hot, or the child owned. */
const char *message_address (const Message *m, const Child *child);
/* In somebody's hands from now on; goes back to @home when it is put off. */
void child_take (Child *child, ChildState home);
void message_busy (Message *m);
/* May free @m. */
void message_unbusy (Message *m);
void message_free_all (Queue *q);
/* Nothing is under way: sets the time of the next step, or frees @m when nothing of it is open. */
void message_schedule (Message *m);
/* One question less; the last one lets the gathered sends go. */
void message_answered (Message *m);

/* read.c: bytes of a record: at once from the page cache, else in the pool. @func may be called at once; @bytes is NULL
 * when they cannot be read, and is the callee's to g_free(). */
typedef void (*BytesRead) (gpointer user, char *bytes);
void read_bytes (Queue *q, guint64 segment, guint64 offset, gsize len, BytesRead func, gpointer user);
void reading_free (struct Reading *reading);

/* expand.c: asks the directory about recipients that are not resolved */
void expand_child (Message *m, Child *child);
/* More children, journalled whole before the first of them is served. @copy: @parent stays, else it is settled by them.
 * FALSE: too many. Children move in memory. */
gboolean grow (Message *m, guint32 parent, const PliTarget *targets, guint n, ChildState foreign, gboolean copy);

/* rules.c: what routers say, of a remote recipient or (@place) a local delivery */
void rules_ask (Message *m, Child *child, gboolean place);

/* deliver.c */
void deliver_child (Message *m, Child *child, const char *mailbox, guint32 flags);
void lanes_free (Queue *q);

/* line.c: @route is NULL to go by the domain */
void send_child (Message *m, Child *child, const char *route);
/* What was gathered for the message gets in line. */
void sends_flush (Message *m);
void sends_drop (GHashTable *gathered);
/* (transfer full): in ASCII; NULL: there is none. A literal stays as it is. */
char *send_domain_of (const char *address);
guint sends_under_way (Queue *q);
void sends_free (struct Sends *sends);

/* settle.c: the ends of a child, and postponing one */
typedef struct
{
  const char *by, *peer, *detail; /* by NULL: the queue */
  const char *reply;              /* of peer alone, for the sender; NULL: detail */
} Told;
void settle (Message *m, Child *child, const char *what, const Told *told);
/* A later try, or none when it has taken too long. @soon: our own fault, or that of a room. */
void postpone (Message *m, Child *child, const char *reason, gboolean soon);
void postpone_told (Message *m, Child *child, const Told *told, gboolean soon);
/* The same, however long it has taken. */
void put_off (Message *m, Child *child, const Told *told, gboolean soon);
void queue_tell (Message *m, const Child *child, const char *what, const Told *told);
/* Failed for good: the sender is told when nothing else of the message is under way, then the child is settled. */
void fail_child (Message *m, Child *child, const char *status, const char *text, const char *host);

/* report.c: tells the sender of failures and delays. TRUE: a report is being written, and the message busy. */
gboolean report_if_due (Message *m);

/* texts.c: the words of reports */
typedef struct
{
  const char *subject_failed, *subject_delayed, *greeting, *failed, *delayed, *said, *because, *tried, *until;
} Words;
const Words *words_of (gint language);
/* What the sender can do about an enhanced status code. */
const char *words_advice (gint language, const char *status, gboolean delayed);
extern const char *const words_languages[3];

/* journal.c */
Journal *journal_new (Queue *q, guint64 number, GError **error);
void journal_free (Journal *j);
void journal_settled (Journal *j, const Message *m, const Child *child, gboolean tell_store);
/* @reason: all of it */
void journal_postponed (Journal *j, const Message *m, const Child *child, const char *reason);
void journal_warned (Journal *j, const Message *m);
typedef void (*JournalDone) (gpointer user, gboolean ok);
/* The last @n children came from @parent: durable before @done. */
void
journal_grown (Journal *j, const Message *m, guint32 parent, guint n, gboolean copy, JournalDone done, gpointer user);
/* All that was said is on disk. */
gboolean journal_idle (Journal *j);
void journal_sync_now (Journal *j);
char *journal_path (Queue *q, guint64 number);

/* sweep.c */
Sweep *sweep_new (Queue *q);
void sweep_stop (Sweep *sweep);
void sweep_free (Sweep *sweep);

/* recover.c: what was open when the queue last ran */
gboolean recover (Queue *q, guint64 *out_journal_number, GError **error);

/* control.c, list.c, plan.c */
PliStep queue_control (PliOp *op, gpointer self, const PliQueueControlArgs *args, PliQueueControlResult *result);
PliStep queue_list (PliOp *op, gpointer self, const PliQueueListArgs *args, PliQueueListResult *result);
PliStep queue_show (PliOp *op, gpointer self, const PliQueueShowArgs *args, PliQueueShowResult *result);
PliStep queue_route (PliOp *op, gpointer self, const PliQueueRouteArgs *args, PliQueueRouteResult *result);
gint64 queue_unaccounted (Queue *q);

#endif
