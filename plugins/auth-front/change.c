/* change.c: administration: changes and lists go to the source that keeps its users here, which is the one called "local";
 * unblocking is the front's own. */
#include "auth-front.h"

#define KEEPER "local"

typedef struct
{
  PliOp *op;
  PliTicket ticket;
  PliCall *call;
  gpointer result;
  gboolean list;
} Passing;

static void
gone (PliOp *op, gpointer user)
{
  Passing *passing = user;

  (void) op;
  pli_call_cancel (passing->call);
  pli_op_fail (passing->ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "nobody waits any more"));
}

static void
copy_rows (PliArena *arena, const PliDirectoryListResult *from, PliDirectoryListResult *to)
{
  PliDirectoryRow *rows = pli_arena_array (arena, PliDirectoryRow, MAX (from->n_rows, 1));

  for (guint i = 0; i < from->n_rows; i++)
    rows[i] = (PliDirectoryRow){ .name = pli_arena_strdup (arena, from->rows[i].name),
                                 .account = pli_arena_strdup (arena, from->rows[i].account),
                                 .target = pli_arena_strdup (arena, from->rows[i].target),
                                 .display = pli_arena_strdup (arena, from->rows[i].display),
                                 .disabled = from->rows[i].disabled };
  *to = (PliDirectoryListResult){ rows, from->n_rows, from->more };
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Passing *passing = user;
  PliArena *arena = pli_op_arena (passing->op);

  pli_op_on_cancel (passing->op, NULL, NULL);
  if (error)
    {
      pli_op_fail (passing->ticket, g_error_copy (error));
      return;
    }
  if (passing->list)
    copy_rows (arena, result, passing->result);
  else
    ((PliChangeResult *) passing->result)->account =
        pli_arena_strdup (arena, ((const PliChangeResult *) result)->account);
  pli_op_done (passing->ticket);
}

static Passing *
begin (PliOp *op, gpointer result, gboolean list)
{
  Passing *passing = pli_arena_new0 (pli_op_arena (op), Passing);

  *passing = (Passing){ .op = op, .ticket = pli_op_wait (op), .result = result, .list = list };
  pli_op_on_cancel (op, gone, passing);
  return passing;
}

static PliStep
unblock (PliOp *op, Front *front, const char *name)
{
  g_autofree char *lower = g_ascii_strdown (name ? name : "", -1);

  if (front_throttle_forget (front->throttle, lower))
    return PLI_DONE;
  return pli_op_error (op, PLI_ERROR_NOT_FOUND, "no failed logins are counted for \"%s\"", lower);
}

PliStep
front_change (PliOp *op, gpointer self, const PliChangeArgs *args, PliChangeResult *result)
{
  Front *front = self;
  Passing *passing;

  if (args->verb == PLI_ACCOUNT_UNBLOCK)
    return unblock (op, front, args->name);
  passing = begin (op, result, FALSE);
  passing->call = pli_source_ask (front->instance, KEEPER, PLI_SOURCE_CHANGE, args, answered, passing);
  return PLI_WAIT;
}

PliStep
front_list (PliOp *op, gpointer self, const PliDirectoryListArgs *args, PliDirectoryListResult *result)
{
  Front *front = self;
  Passing *passing = begin (op, result, TRUE);

  passing->call = pli_source_ask (front->instance, KEEPER, PLI_SOURCE_LIST, args, answered, passing);
  return PLI_WAIT;
}
