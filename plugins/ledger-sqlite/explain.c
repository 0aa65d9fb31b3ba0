/* explain.c: what happened to a message, or to the mail of an address. First the ids of the messages that are meant are
 * gathered, newest day first, then their events: those of a message found by its Message-ID or an address may themselves
 * name neither. Of a message to several, a recipient sees the events about all recipients and about itself.
 * Runs in the offload pool with its own connections. */
#include "ledger-sqlite.h"

#define ROWS_MAX 10000

/* A message whose events are wanted. */
typedef struct
{
  const char *id;
  gboolean whole; /* not only those about the address */
} Wanted;

typedef struct
{
  Ledger *ledger;
  PliTicket ticket;
  const PliExplainArgs *args;
  PliExplainResult *result;
  PliArena *arena; /* the op's: the provider's while it waits */
  char *folder;
  const char *id;         /* NULL when something else is asked for */
  const char *message_id; /* without <> */
  const char *address;    /* NULL unless it could be one */
  guint max;
  GPtrArray *wanted; /* Wanted, newest first */
  GHashTable *by_id; /* id → Wanted */
  Wanted *now;       /* whose events are read */
  GPtrArray *events; /* PliLedgerEvent */
  GError *error;
} Question;

#define COLUMNS "at_us, id, what, by, sender, rcpt, peer, session, message_id, detail"

/* ?1 is what is looked for, ?2 the same in brackets; ?3 since; ?4 at most. The `+` of +at_us keeps SQLite from another
 * plan than the index of the column that is asked for; CROSS JOIN keeps it to one probe of that index a bucket. */
#define EACH_BUCKET                                                                                                    \
  "WITH RECURSIVE each (n) AS (SELECT max (rowid) / " G_STRINGIFY (                                                    \
      LEDGER_BUCKET) " FROM event"                                                                                     \
                     " UNION ALL SELECT n - 1 FROM each WHERE n > 0) SELECT " COLUMNS                                  \
                     " FROM each CROSS JOIN event ON event.bucket = each.n"
#define NEWEST_FIRST " AND +at_us >= ?3 ORDER BY event.rowid DESC LIMIT ?4"

static const char by_id[] =
    "SELECT " COLUMNS " FROM event WHERE id = ?1 AND id <> '' AND +at_us >= ?3 ORDER BY rowid DESC LIMIT ?4";

typedef void (*RowFunc) (Question *question, sqlite3_stmt *row);

static const char *
column (Question *question, sqlite3_stmt *row, int at)
{
  return pli_arena_strdup (question->arena, (const char *) sqlite3_column_text (row, at));
}

static void
add_event (Question *question, sqlite3_stmt *row)
{
  PliLedgerEvent *event = pli_arena_new0 (question->arena, PliLedgerEvent);

  event->at_us = sqlite3_column_int64 (row, 0);
  event->id = column (question, row, 1);
  event->what = column (question, row, 2);
  event->by = column (question, row, 3);
  event->sender = column (question, row, 4);
  event->rcpt = column (question, row, 5);
  event->peer = column (question, row, 6);
  event->session = column (question, row, 7);
  event->message_id = column (question, row, 8);
  event->detail = column (question, row, 9);
  g_ptr_array_add (question->events, event);
}

static void
want (Question *question, const char *id, gboolean whole)
{
  Wanted *wanted = g_hash_table_lookup (question->by_id, id);

  if (!wanted && question->wanted->len < question->max)
    {
      wanted = pli_arena_new0 (question->arena, Wanted);
      wanted->id = pli_arena_strdup (question->arena, id);
      g_hash_table_insert (question->by_id, (gpointer) wanted->id, wanted);
      g_ptr_array_add (question->wanted, wanted);
    }
  if (wanted)
    wanted->whole |= whole;
}

/* Of a match, the message is what matters; an event of no message stands for itself. */
static void
take_message (Question *question, sqlite3_stmt *row)
{
  const char *id = (const char *) sqlite3_column_text (row, 1);

  if (*id)
    want (question, id, TRUE);
  else
    add_event (question, row);
}

static void
take_mail_of_address (Question *question, sqlite3_stmt *row)
{
  const char *id = (const char *) sqlite3_column_text (row, 1);

  if (*id)
    want (question, id, FALSE);
  else
    add_event (question, row);
}

static void
take_event (Question *question, sqlite3_stmt *row)
{
  const char *rcpt = (const char *) sqlite3_column_text (row, 5);

  if (question->now->whole || !rcpt || g_ascii_strcasecmp (rcpt, question->address) == 0)
    add_event (question, row);
}

typedef struct
{
  const char *sql;
  RowFunc func;
} Finder;

/* A sender sees all that became of his message, a recipient what is about himself. */
static const Finder by_message_id = { EACH_BUCKET " AND message_id IN (?1, ?2)" NEWEST_FIRST, take_message };
static const Finder by_address[] = { { EACH_BUCKET " AND sender = ?1" NEWEST_FIRST, take_message },
                                     { EACH_BUCKET " AND rcpt = ?1 AND (id <> '' OR sender IS NOT ?1)" NEWEST_FIRST,
                                       take_mail_of_address } };

static gboolean
ask (Question *question, sqlite3 *db, LedgerDay day, const char *sql, const char *text, RowFunc func)
{
  g_autofree char *brackets = g_strconcat ("<", text, ">", NULL);
  sqlite3_stmt *statement = NULL;
  int step = SQLITE_ERROR;

  if (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL) == SQLITE_OK)
    {
      sqlite3_bind_text (statement, 1, text, -1, SQLITE_STATIC);
      sqlite3_bind_text (statement, 2, brackets, -1, SQLITE_STATIC);
      sqlite3_bind_int64 (statement, 3, question->args->since_us);
      sqlite3_bind_int64 (statement, 4, question->max);
      while ((step = sqlite3_step (statement)) == SQLITE_ROW)
        func (question, statement);
    }
  if (step != SQLITE_DONE)
    question->error = ledger_file_error (db, day);
  sqlite3_finalize (statement);
  return step == SQLITE_DONE;
}

static gboolean
find_messages (Question *question, sqlite3 *db, LedgerDay day)
{
  gboolean well = ask (question, db, day, by_message_id.sql, question->message_id, by_message_id.func);

  for (guint i = 0; well && question->address && i < G_N_ELEMENTS (by_address); i++)
    well = ask (question, db, day, by_address[i].sql, question->address, by_address[i].func);
  return well;
}

/* Newest messages first, until there is enough to choose the newest events from. */
static gboolean
find_events (Question *question, sqlite3 *db, LedgerDay day)
{
  for (guint i = 0; i < question->wanted->len && question->events->len < 2 * question->max; i++)
    {
      question->now = question->wanted->pdata[i];
      if (!ask (question, db, day, by_id, question->now->id, take_event))
        return FALSE;
    }
  return TRUE;
}

/* A damaged day is left out, so that it does not hide the others. */
static gboolean
ask_file (Question *question, LedgerDay day, gboolean (*func) (Question *, sqlite3 *, LedgerDay))
{
  sqlite3 *db = ledger_file_open (question->folder, day, FALSE, &question->error);
  gboolean well = db && (ledger_file_is_new (db) || func (question, db, day));

  sqlite3_close (db);
  if (well || question->error->code != PLI_ERROR_CORRUPT)
    return well;
  pli_log (PLI_LOG_ERROR, "ledger.damaged", "error", question->error->message, NULL);
  g_clear_error (&question->error);
  return TRUE;
}

static gboolean
for_each_file (Question *question, const GArray *days, gboolean (*func) (Question *, sqlite3 *, LedgerDay))
{
  for (guint i = 0; i < days->len; i++)
    {
      LedgerDay day = g_array_index (days, LedgerDay, i);

      /* No file has an event of a later day. */
      if ((day + 1) * LEDGER_DAY_US > question->args->since_us && !ask_file (question, day, func))
        return FALSE;
    }
  return TRUE;
}

static int
by_time (gconstpointer a, gconstpointer b)
{
  const PliLedgerEvent *left = *(PliLedgerEvent *const *) a, *right = *(PliLedgerEvent *const *) b;

  return (left->at_us > right->at_us) - (left->at_us < right->at_us);
}

static void
fill (Question *question)
{
  guint skip, n = question->events->len;
  PliLedgerEvent *events;

  /* Events were read newest first; turned round, a stable sort keeps the order of those of the same moment. */
  for (guint i = 0; i < n / 2; i++)
    {
      gpointer swap = question->events->pdata[i];

      question->events->pdata[i] = question->events->pdata[n - 1 - i];
      question->events->pdata[n - 1 - i] = swap;
    }
  g_ptr_array_sort (question->events, by_time);
  skip = n > question->max ? n - question->max : 0;
  events = pli_arena_array (question->arena, PliLedgerEvent, MAX (n - skip, 1));
  for (guint i = skip; i < n; i++)
    events[i - skip] = *(PliLedgerEvent *) question->events->pdata[i];
  question->result->events = events;
  question->result->n_events = n - skip;
}

static void
answer (gpointer user)
{
  Question *question = user;
  g_autoptr (GArray) days = ledger_file_days (question->folder, &question->error);

  question->by_id = g_hash_table_new (g_str_hash, g_str_equal);
  question->wanted = g_ptr_array_new ();
  question->events = g_ptr_array_new ();
  if (question->id)
    want (question, question->id, TRUE);
  if (days && (question->id || for_each_file (question, days, find_messages))
      && for_each_file (question, days, find_events))
    fill (question);
  g_hash_table_unref (question->by_id);
  g_ptr_array_unref (question->wanted);
  g_ptr_array_unref (question->events);
}

static void
answered (gpointer user)
{
  Question *question = user;

  ledger_unref (question->ledger);
  if (question->error)
    pli_op_fail (question->ticket, question->error);
  else
    pli_op_done (question->ticket);
}

PliStep
ledger_explain (PliOp *op, gpointer self, const PliExplainArgs *args, PliExplainResult *result)
{
  PliSpan what = pli_span_trim (pli_span_from (args->what));
  Question *question;
  gboolean brackets;
  const char *text;

  if (what.len == 0 || what.len > 1000)
    return pli_op_error (op, PLI_ERROR_SYNTAX, "give a message's id, its Message-ID, or an address");
  question = pli_arena_new0 (pli_op_arena (op), Question);
  question->ledger = ledger_ref (self);
  question->args = args;
  question->result = result;
  question->arena = pli_op_arena (op);
  question->folder = pli_arena_strdup (question->arena, question->ledger->folder);
  question->max = args->max == 0 ? 500 : MIN (args->max, ROWS_MAX);
  brackets = what.len > 2 && what.data[0] == '<' && what.data[what.len - 1] == '>';
  text = pli_arena_text (question->arena, brackets ? pli_span (what.data + 1, what.len - 2) : what);
  if (pli_id_valid (what))
    question->id = text;
  question->message_id = text;
  question->address = brackets ? NULL : text;
  question->ticket = pli_op_wait (op);
  pli_offload (question->ledger->instance, answer, answered, question);
  return PLI_WAIT;
}
