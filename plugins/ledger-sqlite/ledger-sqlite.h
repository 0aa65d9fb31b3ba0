/* ledger-sqlite.h: what the files of the plugin share.
 *
 * One database a day (UTC), ledger-YYYYMMDD.db, so that old days go by deleting files. One writer at a time, in the
 * offload pool, takes all batches that wait into one transaction; questions open the files by themselves. */
#ifndef LEDGER_SQLITE_H
#define LEDGER_SQLITE_H

#include <pli/ledger.h>
#include <pli/plugin.h>
#include <sqlite3.h>

typedef struct
{
  gint64 retention; /* µs, 0: for ever */
  gint64 backlog_max;
} LedgerSettings;

/* Days since 1970-01-01. */
typedef gint64 LedgerDay;

#define LEDGER_BUCKET 2048 /* events; part of the file format */
#define LEDGER_DAY_US (86400 * (gint64) G_USEC_PER_SEC)

typedef struct
{
  gint refs;         /* of the loop thread: the plugin and each job */
  PliPlugin *plugin; /* NULL after unload() */
  PliInstance *instance;
  char *folder;
  GPtrArray *waiting; /* record.c: Batch that came while a writer runs */
  gint64 backlog;     /* events in waiting and in work */
  gboolean writing;
  /* Of the running writer: */
  sqlite3 *db;
  sqlite3_stmt *insert;
  LedgerDay day;     /* of db */
  LedgerDay cleaned; /* day on which old files were deleted last */
} Ledger;

Ledger *ledger_new (PliPlugin *plugin, GError **error);
Ledger *ledger_ref (Ledger *ledger);
void ledger_unref (Ledger *ledger);

/* file.c; any thread, blocking */
char *ledger_file_path (const char *folder, LedgerDay day);
/* (transfer full) (element-type LedgerDay): days there are files of, newest first; NULL and error. */
GArray *ledger_file_days (const char *folder, GError **error);
/* Opens the file of @day, and makes it if @create; one that is damaged is put aside then. */
sqlite3 *ledger_file_open (const char *folder, LedgerDay day, gboolean create, GError **error);
/* Its writer has not come to make the table. */
gboolean ledger_file_is_new (sqlite3 *db);
/* Puts a damaged file aside under another name; for when it was found so in use. */
void ledger_file_set_aside (const char *folder, LedgerDay day);
/* Deletes what is older than @retention before @now_us. */
void ledger_file_clean (const char *folder, gint64 now_us, gint64 retention);
GError *ledger_file_error (sqlite3 *db, LedgerDay day);

/* Slots */
PliStep ledger_record (PliOp *op, gpointer self, const PliRecordArgs *args, PliRecordResult *result);
PliStep ledger_explain (PliOp *op, gpointer self, const PliExplainArgs *args, PliExplainResult *result);

#endif
