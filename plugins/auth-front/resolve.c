/* resolve.c: what stands behind an address: the sources are asked in order, and the first that has it answers. Where an alias
 * of one source names addresses outside it, the other sources are asked for those. A domain that is ours has a
 * postmaster, be it in another source (RFC 5321 4.5.1). A source that cannot be asked ends the search. */
#include "auth-front.h"

typedef struct
{
  Front *front;
  PliOp *op;
  PliTicket ticket;
  PliResolveResult *result;
  const PliDirectorySettings *directory;
  const char *address; /* asked for now */
  guint at;            /* source */
  guint owner;         /* whose alias `outside` is of */
  PliRcptKind best;    /* while nobody has it */
  GArray *targets;     /* PliTarget, found */
  GQueue outside;      /* addresses that the owner's aliases name */
  gboolean alias;      /* `address` comes from `outside` */
  gboolean postmaster; /* asked for already */
  PliCall *call;
} Search;

static void ask_next (Search *search);

static void
end (Search *search)
{
  search->call = NULL;
  g_clear_pointer (&search->directory, pli_directory_settings_unref);
  g_clear_pointer (&search->targets, g_array_unref);
  g_queue_clear (&search->outside);
  pli_op_on_cancel (search->op, NULL, NULL);
}

static void
gone (PliOp *op, gpointer user)
{
  Search *search = user;

  (void) op;
  pli_call_cancel (search->call);
  end (search);
  pli_op_fail (search->ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the caller has gone"));
}

static void
succeed (Search *search)
{
  guint n = search->targets->len;

  search->result->kind = search->best;
  if (search->best == PLI_RCPT_LOCAL)
    {
      PliTarget *targets = pli_arena_array (pli_op_arena (search->op), PliTarget, MAX (n, 1));

      if (n > 0)
        memcpy (targets, search->targets->data, n * sizeof *targets);
      search->result->targets = targets;
      search->result->n_targets = n;
    }
  end (search);
  pli_op_done (search->ticket);
}

static gboolean
has_target (const Search *search, const PliTarget *target)
{
  for (guint i = 0; i < search->targets->len; i++)
    {
      const PliTarget *other = &g_array_index (search->targets, PliTarget, i);

      if (g_strcmp0 (other->account, target->account) == 0 && g_strcmp0 (other->address, target->address) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Of another source than an alias came from, only accounts are taken: sources cannot send each other round. */
static void
take_target (Search *search, const PliTarget *from)
{
  PliArena *arena = pli_op_arena (search->op);
  PliTarget target = { .account = pli_arena_strdup (arena, from->account),
                       .address = pli_arena_strdup (arena, from->address),
                       .detail = pli_arena_strdup (arena, from->detail),
                       .store = pli_arena_strdup (arena, from->store) };

  if (!target.account && !search->alias && search->directory->sources[1])
    g_queue_push_tail (&search->outside, (gpointer) target.address);
  else if (!has_target (search, &target))
    g_array_append_val (search->targets, target);
}

/* Nobody has `address`. */
static void
found_none (Search *search)
{
  if (search->alias && search->best == PLI_RCPT_FOREIGN)
    {
      const PliTarget remote = { .address = search->address };

      if (!has_target (search, &remote))
        g_array_append_val (search->targets, remote);
    }
  else if (!search->alias && search->best == PLI_RCPT_UNKNOWN && !search->postmaster
           && g_ascii_strncasecmp (search->address, "postmaster@", 11) == 0)
    {
      search->postmaster = TRUE;
      search->address = "postmaster";
      search->at = 0;
      ask_next (search);
      return;
    }
  if (!search->alias)
    {
      succeed (search);
      return;
    }
  search->address = NULL;
  ask_next (search);
}

static void
take (Search *search, const PliResolveResult *result)
{
  if (result->kind == PLI_RCPT_FOREIGN || result->kind == PLI_RCPT_UNKNOWN)
    {
      search->best = MAX (search->best, (PliRcptKind) result->kind);
      search->at++;
      ask_next (search);
      return;
    }
  if (!search->alias)
    search->owner = search->at;
  if (result->kind == PLI_RCPT_LOCAL)
    for (guint i = 0; i < result->n_targets; i++)
      take_target (search, &result->targets[i]);
  else if (!search->alias)
    {
      search->best = (PliRcptKind) result->kind;
      succeed (search);
      return;
    }
  search->address = NULL;
  ask_next (search);
}

static void
answered (gpointer user, const void *result, const GError *error)
{
  Search *search = user;

  search->call = NULL;
  if (result)
    {
      take (search, result);
      return;
    }
  end (search);
  pli_op_fail (search->ticket, g_error_copy (error));
}

/* The next address that an alias names; FALSE when there is none. */
static gboolean
next_address (Search *search)
{
  search->address = g_queue_pop_head (&search->outside);
  search->alias = TRUE;
  search->best = PLI_RCPT_FOREIGN;
  search->at = 0;
  return search->address != NULL;
}

static void
ask_next (Search *search)
{
  const char *source;
  PliResolveArgs args;

  if (!search->address && !next_address (search))
    {
      search->best = search->targets->len > 0 ? PLI_RCPT_LOCAL : PLI_RCPT_UNKNOWN;
      succeed (search);
      return;
    }
  if (search->alias && search->at == search->owner)
    search->at++;
  source = search->directory->sources[search->at];
  args.address = search->address;
  if (source)
    search->call = pli_source_ask (search->front->instance, source, PLI_SOURCE_RESOLVE, &args, answered, search);
  else
    found_none (search);
}

PliStep
front_resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result)
{
  Search *search = pli_arena_new0 (pli_op_arena (op), Search);

  result->kind = PLI_RCPT_UNKNOWN;
  if (!args->address)
    return PLI_DONE;
  *search = (Search){ .front = self,
                      .op = op,
                      .ticket = pli_op_wait (op),
                      .result = result,
                      .directory = pli_directory_settings (((Front *) self)->instance),
                      .address = args->address,
                      .targets = g_array_new (FALSE, FALSE, sizeof (PliTarget)) };
  g_queue_init (&search->outside);
  pli_op_on_cancel (op, gone, search);
  ask_next (search);
  return PLI_WAIT;
}
