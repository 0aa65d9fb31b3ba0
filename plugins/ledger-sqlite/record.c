/* record.c: takes batches of events. While a writer runs, further batches wait; the next writer takes them all into one
 * transaction, in the order in which they came. The arguments of a batch live until its ticket is completed, so that
 * nothing is copied. */
#include "ledger-sqlite.h"

#include <errno.h>

#define TEXT_MAX 8192 /* bytes kept of one field */

typedef struct
{
  PliTicket ticket;
  const PliRecordArgs *args;
  PliRecordResult *result;
} Batch;

/* What one writer has in hand. */
typedef struct
{
  Ledger *ledger;
  GPtrArray *batches;
  gint64 now_us, retention;
  GError *error;
} Work;

Ledger *
ledger_new (PliPlugin *plugin, GError **error)
{
  Ledger *ledger = g_new0 (Ledger, 1);

  ledger->refs = 1;
  ledger->plugin = plugin;
  ledger->instance = pli_plugin_instance (plugin);
  ledger->folder = g_strdup (pli_plugin_folder (plugin));
  ledger->waiting = g_ptr_array_new_with_free_func (g_free);
  if (g_mkdir_with_parents (ledger->folder, 0700) == 0)
    return ledger;
  g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN, "%s: %s", ledger->folder, g_strerror (errno));
  ledger_unref (ledger);
  return NULL;
}

Ledger *
ledger_ref (Ledger *ledger)
{
  ledger->refs++;
  return ledger;
}

static void
close_file (Ledger *ledger)
{
  sqlite3_finalize (g_steal_pointer (&ledger->insert));
  sqlite3_close (g_steal_pointer (&ledger->db));
}

void
ledger_unref (Ledger *ledger)
{
  if (!ledger || --ledger->refs > 0)
    return;
  close_file (ledger);
  g_ptr_array_unref (ledger->waiting);
  g_free (ledger->folder);
  g_free (ledger);
}

/* In the offload pool */

static gboolean
exec (Ledger *ledger, const char *sql, GError **error)
{
  if (sqlite3_exec (ledger->db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  g_propagate_error (error, ledger_file_error (ledger->db, ledger->day));
  return FALSE;
}

/* A new connection goes on counting rows, and so buckets, where the file ends. */
static gboolean
take_last_row (sqlite3 *db)
{
  sqlite3_stmt *statement = NULL;
  gboolean well =
      sqlite3_prepare_v2 (db, "SELECT ifnull (max (rowid), 0) FROM event", -1, &statement, NULL) == SQLITE_OK
      && sqlite3_step (statement) == SQLITE_ROW;

  if (well)
    sqlite3_set_last_insert_rowid (db, sqlite3_column_int64 (statement, 0));
  sqlite3_finalize (statement);
  return well;
}

static gboolean
open_day (Ledger *ledger, LedgerDay day, GError **error)
{
  static const char sql[] = "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";

  close_file (ledger);
  ledger->day = day;
  ledger->db = ledger_file_open (ledger->folder, day, TRUE, error);
  if (!ledger->db)
    return FALSE;
  if (take_last_row (ledger->db)
      && sqlite3_prepare_v3 (ledger->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &ledger->insert, NULL) == SQLITE_OK)
    return TRUE;
  g_propagate_error (error, ledger_file_error (ledger->db, day));
  return FALSE;
}

static void
bind_text (sqlite3_stmt *statement, int at, const char *text)
{
  gsize len = text ? strlen (text) : 0;

  if (len > TEXT_MAX)
    for (len = TEXT_MAX; len > 0 && ((guchar) text[len] & 0xc0) == 0x80;)
      len--; /* not in the middle of a character */
  sqlite3_bind_text (statement, at, text, (int) len, SQLITE_STATIC);
}

static gboolean
insert (Ledger *ledger, const PliLedgerEvent *event, gint64 at_us, GError **error)
{
  const char *const texts[] = { event->id ? event->id : "",
                                event->what ? event->what : "",
                                event->by ? event->by : "",
                                event->sender,
                                event->rcpt,
                                event->peer,
                                event->session,
                                event->message_id,
                                event->detail };
  int step;

  sqlite3_bind_int64 (ledger->insert, 1, at_us);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    bind_text (ledger->insert, (int) i + 2, texts[i]);
  sqlite3_bind_int64 (ledger->insert, 11, (sqlite3_last_insert_rowid (ledger->db) + 1) / LEDGER_BUCKET);
  step = sqlite3_step (ledger->insert);
  sqlite3_reset (ledger->insert);
  if (step == SQLITE_DONE)
    return TRUE;
  g_propagate_error (error, ledger_file_error (ledger->db, ledger->day));
  return FALSE;
}

/* An event goes to the file of its own day, unless its time cannot be true. */
static LedgerDay
day_of (gint64 at_us, gint64 now_us)
{
  return (ABS (at_us - now_us) < LEDGER_DAY_US ? at_us : now_us) / LEDGER_DAY_US;
}

static gboolean
write_event (Work *work, const PliLedgerEvent *event, gboolean *inside, GError **error)
{
  Ledger *ledger = work->ledger;
  gint64 at_us = event->at_us ? event->at_us : work->now_us;
  LedgerDay day = day_of (at_us, work->now_us);

  if (!ledger->insert || ledger->day != day)
    {
      if (*inside && !exec (ledger, "COMMIT", error))
        return FALSE;
      *inside = FALSE;
      if (!open_day (ledger, day, error))
        return FALSE;
    }
  if (!*inside && !exec (ledger, "BEGIN", error))
    return FALSE;
  *inside = TRUE;
  return insert (ledger, event, at_us, error);
}

static gboolean
write_batches (Work *work, GError **error)
{
  gboolean inside = FALSE, well = TRUE;

  for (guint i = 0; well && i < work->batches->len; i++)
    {
      const Batch *batch = work->batches->pdata[i];

      for (guint32 at = 0; well && at < batch->args->n_events; at++)
        well = write_event (work, &batch->args->events[at], &inside, error);
    }
  return well && (!inside || exec (work->ledger, "COMMIT", error));
}

static void
write_all (gpointer user)
{
  Work *work = user;
  Ledger *ledger = work->ledger;
  LedgerDay today = work->now_us / LEDGER_DAY_US;

  /* What a damaged file refuses goes to a new one; once. */
  for (guint attempt = 0; attempt < 2; attempt++)
    {
      g_clear_error (&work->error);
      if (write_batches (work, &work->error))
        break;
      close_file (ledger); /* rolls back */
      if (work->error->code != PLI_ERROR_CORRUPT)
        break;
      ledger_file_set_aside (ledger->folder, ledger->day);
    }
  if (ledger->cleaned != today && work->retention > 0)
    ledger_file_clean (ledger->folder, work->now_us, work->retention);
  ledger->cleaned = today;
}

/* On the loop thread */

static void start_writer (Ledger *ledger);

static void
written (gpointer user)
{
  Work *work = user;
  Ledger *ledger = work->ledger;

  if (work->error)
    pli_log (PLI_LOG_ERROR, "ledger.write", "error", work->error->message, NULL);
  for (guint i = 0; i < work->batches->len; i++)
    {
      Batch *batch = work->batches->pdata[i];

      ledger->backlog -= batch->args->n_events;
      batch->result->n = work->error ? 0 : batch->args->n_events;
      if (work->error)
        pli_op_fail (batch->ticket, g_error_copy (work->error));
      else
        pli_op_done (batch->ticket);
    }
  g_clear_error (&work->error);
  g_ptr_array_unref (work->batches);
  g_free (work);
  ledger->writing = FALSE;
  start_writer (ledger);
  ledger_unref (ledger);
}

static void
start_writer (Ledger *ledger)
{
  const LedgerSettings *set = ledger->plugin ? pli_plugin_settings (ledger->plugin) : NULL;
  Work *work;

  if (ledger->writing || ledger->waiting->len == 0)
    return;
  ledger->writing = TRUE;
  work = g_new0 (Work, 1);
  work->ledger = ledger_ref (ledger);
  work->batches = ledger->waiting;
  work->now_us = pli_now_us (ledger->instance);
  work->retention = set ? set->retention : 0;
  ledger->waiting = g_ptr_array_new_with_free_func (g_free);
  pli_offload (ledger->instance, write_all, written, work);
}

PliStep
ledger_record (PliOp *op, gpointer self, const PliRecordArgs *args, PliRecordResult *result)
{
  Ledger *ledger = self;
  const LedgerSettings *set = pli_plugin_settings (ledger->plugin);
  Batch *batch;

  if (ledger->backlog + args->n_events > set->backlog_max)
    {
      pli_log (PLI_LOG_ERROR, "ledger.lost", "why", "the disk is too slow", NULL);
      return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "the ledger lags by %" G_GINT64_FORMAT " events", ledger->backlog);
    }
  batch = g_new (Batch, 1);
  batch->ticket = pli_op_wait (op);
  batch->args = args;
  batch->result = result;
  ledger->backlog += args->n_events;
  g_ptr_array_add (ledger->waiting, batch);
  start_writer (ledger);
  return PLI_WAIT;
}
