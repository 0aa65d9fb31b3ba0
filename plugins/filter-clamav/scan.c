/* scan.c: one message to clamd, as it stands in memory: "zINSTREAM", chunks with their length in front, a chunk of no length, and then
 * one reply. No more than a chunk waits in a connection's buffer; the next one is written when it has left. What goes wrong with one
 * clamd is tried with the next; when none is left the filter has failed, and core knows what that means. */
#include "clamav.h"

#include "reply.h"
#include <arpa/inet.h>
#include <pli/connect.h>
#include <pli/directory.h>
#include <pli/log.h>

typedef struct
{
  PliPlugin *plugin;
  PliTicket ticket;
  PliArena *arena;
  ClamavEnd end;
  const char **addresses; /* copies */
  guint at;               /* the next one */
  gsize chunk, reply_max;
  gint64 connect_us;
  PliConnection *connection;
  PliSpan rest; /* of the message: not written yet */
  gboolean ended;
} Scan;

static void next_clamd (Scan *scan, const char *why);

static void
drop (Scan *scan)
{
  g_clear_pointer (&scan->connection, pli_connection_free);
}

static void
finish (Scan *scan)
{
  drop (scan);
  pli_op_done (scan->ticket);
}

/* As much as the connection has room for. */
static void
write_more (Scan *scan)
{
  while (!scan->ended && pli_connection_unsent (scan->connection) < scan->chunk)
    {
      PliSpan chunk = pli_span_head (scan->rest, scan->chunk);
      guint32 len = htonl ((guint32) chunk.len);

      pli_connection_write (scan->connection, pli_span ((const char *) &len, sizeof len));
      pli_connection_write (scan->connection, chunk);
      scan->rest = pli_span_skip (scan->rest, chunk.len);
      scan->ended = chunk.len == 0;
    }
}

static void
opened (PliConnection *connection, gpointer user)
{
  Scan *scan = user;

  pli_connection_set_deadline (connection, 0); /* the filter's own deadline is what counts now */
  pli_connection_write (connection, pli_span ("zINSTREAM", sizeof "zINSTREAM"));
  write_more (scan);
}

static void
drained (PliConnection *connection, gpointer user)
{
  (void) connection;
  write_more (user);
}

static gsize
input (PliConnection *connection, gpointer user, PliSpan bytes)
{
  Scan *scan = user;
  const char *text;

  (void) connection;
  switch (clamav_reply_parse (bytes, scan->arena, &text))
    {
    case CLAMAV_MORE:
      if (bytes.len >= scan->reply_max)
        next_clamd (scan, "its reply has no end");
      return 0;
    case CLAMAV_CLEAN:
      /* Of what it has not got, clamd cannot know that. */
      if (!scan->ended)
        next_clamd (scan, "it answered before it had the message");
      else
        {
          clamav_clean (&scan->end);
          finish (scan);
        }
      return bytes.len;
    case CLAMAV_INFECTED:
      clamav_infected (&scan->end, text);
      finish (scan);
      return bytes.len;
    case CLAMAV_TOO_BIG:
      clamav_too_big (&scan->end);
      finish (scan);
      return bytes.len;
    case CLAMAV_ERROR:
      next_clamd (scan, text);
      return bytes.len;
    case CLAMAV_GARBAGE:
      next_clamd (scan, "its reply makes no sense");
      return bytes.len;
    }
  g_assert_not_reached ();
}

static void
closed (PliConnection *connection, gpointer user, const GError *error)
{
  (void) connection;
  next_clamd (user, error ? error->message : "it closed the connection without a reply");
}

static const PliConnectionFuncs funcs = {
  .size = sizeof (PliConnectionFuncs), .opened = opened, .input = input, .drained = drained, .closed = closed
};

static void
ask (Scan *scan)
{
  const char *address;
  guint port;

  if (!clamav_address_parse (scan->addresses[scan->at++], scan->arena, &address, &port))
    {
      next_clamd (scan, "that is no address");
      return;
    }
  scan->rest = pli_txn_message (scan->end.txn);
  scan->ended = FALSE;
  scan->connection = pli_connection_new (scan->plugin, address, port, &funcs, scan);
  pli_connection_set_deadline (scan->connection, scan->connect_us);
}

/* @why: what is wrong with the one that was asked. */
static void
next_clamd (Scan *scan, const char *why)
{
  const char *address = scan->addresses[scan->at - 1];

  pli_log (PLI_LOG_WARNING, "clamav.failed", "clamd", address, "why", why, NULL);
  drop (scan);
  if (scan->addresses[scan->at])
    ask (scan);
  else
    pli_op_fail (scan->ticket, g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "clamd at %s: %s", address, why));
}

static void
cancelled (PliOp *op, gpointer user)
{
  (void) op;
  finish (user);
}

static const char **
copy_list (PliArena *arena, const char *const *words)
{
  guint n = g_strv_length ((GStrv) words);
  const char **copies = pli_arena_array (arena, const char *, n + 1);

  for (guint i = 0; i < n; i++)
    copies[i] = pli_arena_strdup (arena, words[i]);
  return copies;
}

PliStep
clamav_on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)
{
  const ClamavSettings *set = pli_txn_settings (txn, PLI_SELF);
  PliArena *arena = pli_op_arena (op);
  Scan *scan;

  if (!*set->address)
    return PLI_DONE;
  scan = pli_arena_new0 (arena, Scan);
  scan->plugin = pli_op_self (op);
  scan->arena = arena;
  scan->end = (ClamavEnd){ .txn = txn,
                           .arena = arena,
                           .verdict = verdict,
                           .infected = (ClamavInfected) set->infected,
                           .too_big = (ClamavTooBig) set->too_big,
                           .mark = pli_arena_strdup (arena, set->mark),
                           .is_submitted = pli_session_login (pli_txn_session (txn)) != NULL };
  if (pli_txn_message (txn).len > set->size_max)
    {
      clamav_too_big (&scan->end);
      return PLI_DONE;
    }
  scan->addresses = copy_list (arena, set->address);
  scan->chunk = (gsize) set->chunk;
  scan->reply_max = (gsize) set->reply_max;
  scan->connect_us = set->connect;
  scan->ticket = pli_op_wait (op);
  pli_op_on_cancel (op, cancelled, scan);
  ask (scan);
  return PLI_WAIT;
}
