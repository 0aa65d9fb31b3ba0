/* queue-log.h: the parts of queue-log as they see each other.
 *
 * A Message is a record with open recipients. While something happens to it it is *hot*: texts and renderings are in
 * its arena; once all that is left waits for a later try it turns cold, and only numbers stay: the texts are read back
 * from the segment. A Child is one place that a recipient expands to. Everything runs on the loop thread. */
#ifndef QUEUE_LOG_H
#define QUEUE_LOG_H

#include <pli/directory.h>
#include <pli/ledger.h>
#include <pli/log.h>
#include <pli/plugin.h>
#include <pli/queue.h>
#include <pli/segment.h>
#include <pli/store.h>

typedef struct
{
  guint64 segment_size, large_message, free_min;
  gint64 journal_sync, retry_first, retry_max, lifetime, lag_max, sweep;
  guint64 journal_size;
  const char *hostname;
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

typedef enum
{
  CHILD_UNRESOLVED, /* the directory is to be asked; stands for the whole recipient */
  CHILD_LOCAL,
  CHILD_REMOTE,
  CHILD_BUSY, /* handed to the store, or being bounced */
  CHILD_SETTLED,
} ChildState;

typedef struct
{
  guint32 number;
  guint16 tries;
  guint8 state;    /* ChildState */
  guint8 waiting;  /* a later try: next_us counts */
  guint8 owned;    /* of a journalled expansion: texts are its own, and stay when the message turns cold */
  guint8 given_up; /* no further try: the sender is told */
  gint64 next_us;
  char *reason;        /* GRefString, shared between equal ones; NULL */
  const char *address; /* in the arena, unless owned */
  const char *account, *store;
} Child;

typedef struct
{
  PliArena *arena;
  const char *id, *sender, *granted, *message_id;
  const char *const *rcpts;
  guint n_rcpts;
  PliRenderings renderings;
} Hot;

struct Message
{
  Queue *queue;
  guint64 key[2]; /* segment, offset: the name of the record */
  guint64 body_offset, bytes;
  gint64 received_us;
  Hot *hot;
  Child *children;
  guint n_children, n_open;
  guint busy; /* calls and reads under way: it cannot turn cold or be freed */
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
  GPtrArray *batches;              /* Batch being gathered */
  guint64 accepted, settled, open; /* recipients; children */
  guint hot;
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
/* Begins (or goes on) with what is open and due. */
void message_start (Message *m);
Child *message_child (Message *m, guint32 number);
Child *message_add_child (Message *m, guint32 number, ChildState state);
void message_busy (Message *m);
/* May free @m. */
void message_unbusy (Message *m);
void message_free_all (Queue *q);
/* Nothing is under way: sets the time of the next step, or frees @m when nothing of it is open. */
void message_schedule (Message *m);
/* Brings forward what waits. */
guint message_retry_now (Message *m);

/* expand.c: asks the directory about recipients that are not resolved */
void expand_child (Message *m, Child *child);

/* deliver.c */
void deliver_child (Message *m, Child *child);
void deliver_flush (Queue *q);

/* settle.c: the ends of a child, and postponing one */
void settle (Message *m, Child *child, const char *what, const char *detail);
void postpone (Message *m, Child *child, const char *reason, gboolean soon);
void queue_tell (Message *m, const Child *child, const char *what, const char *detail);

/* bounce.c: tells the sender, then settles */
void bounce_child (Message *m, Child *child, const char *status, const char *text);

/* journal.c */
Journal *journal_new (Queue *q, guint64 number, GError **error);
void journal_free (Journal *j);
void journal_settled (Journal *j, const Message *m, const Child *child, gboolean tell_store);
void journal_postponed (Journal *j, const Message *m, const Child *child);
typedef void (*JournalDone) (gpointer user, gboolean ok);
/* One recipient's expansion, or several: durable before @done. */
void journal_expansion (Journal *j, const Message *m, JournalDone done, gpointer user);
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

/* control.c, list.c */
PliStep queue_control (PliOp *op, gpointer self, const PliQueueControlArgs *args, PliQueueControlResult *result);
PliStep queue_list (PliOp *op, gpointer self, const PliQueueListArgs *args, PliQueueListResult *result);
PliStep queue_show (PliOp *op, gpointer self, const PliQueueShowArgs *args, PliQueueShowResult *result);
gint64 queue_unaccounted (Queue *q);

#endif
