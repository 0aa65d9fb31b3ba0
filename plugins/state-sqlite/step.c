/* step.c: the one slot: a call is one step on one key, answered at once from memory. Limits come before anything is
 * allocated. */
#include "state-sqlite.h"

#define TTL_MAX_US (3650 * 86400 * (gint64) G_USEC_PER_SEC)

static gboolean
makes (const PliStateArgs *args)
{
  return args->verb == PLI_STATE_PUT || args->verb == PLI_STATE_PUT_NEW || args->verb == PLI_STATE_ADD;
}

static const char *
fault (const PliStateArgs *args)
{
  gsize space = args->space ? strlen (args->space) : 0, key = args->key ? strlen (args->key) : 0;

  if (args->verb > PLI_STATE_DELETE)
    return "no such verb";
  if (space == 0 || space > STATE_SPACE_MAX)
    return "no space of that name is possible";
  if (key == 0 || key > STATE_KEY_MAX)
    return "a key has 1 to 512 bytes";
  if (args->value.len > STATE_VALUE_MAX)
    return "a value has at most 4096 bytes";
  if (makes (args) && (args->ttl_us <= 0 || args->ttl_us > TTL_MAX_US))
    return "an entry lives for some time, and at most ten years";
  return NULL;
}

/* Is there room for @more bytes, in a new entry or in one that is there? */
static gboolean
has_room (State *state, const StateSpace *space, gboolean new, gsize more)
{
  const StateSettings *set = pli_plugin_settings (state->plugin);

  if (!space)
    return g_hash_table_size (state->spaces) < (guint64) set->spaces_max;
  return (!new || g_hash_table_size (space->entries) < (guint64) set->entries_max)
         && space->bytes + more <= set->bytes_max;
}

static void
fill (PliOp *op, const StateEntry *entry, PliStateResult *result)
{
  if (!entry)
    return;
  if (entry->value)
    {
      gsize len;
      const char *data = g_bytes_get_data (entry->value, &len);

      result->value = pli_arena_span (pli_op_arena (op), pli_span (data, len));
    }
  result->count = entry->count;
  result->made_us = entry->made_us;
  result->expires_us = entry->expires_us;
}

static gint64
sum (gint64 a, gint64 b)
{
  gint64 c;

  if (__builtin_add_overflow (a, b, &c))
    return b > 0 ? G_MAXINT64 : G_MININT64;
  return c;
}

static void
change (State *state, StateEntry *entry, gboolean new, const PliStateArgs *args)
{
  if (args->verb == PLI_STATE_ADD)
    entry->count = sum (entry->count, args->add);
  else
    state_set_value (entry, args->value);
  if (args->verb == PLI_STATE_PUT && !new)
    state_set_expiry (state, entry, pli_now_us (state->instance) + args->ttl_us);
  state_changed (state, entry, FALSE);
  state_arm_expiry (state);
}

PliStep
state_step (PliOp *op, gpointer self, const PliStateArgs *args, PliStateResult *result)
{
  State *state = self;
  const char *why = fault (args);
  gint64 expires_us = pli_now_us (state->instance) + args->ttl_us;
  StateSpace *space;
  StateEntry *entry;
  gboolean reads;

  if (why)
    return pli_op_error (op, PLI_ERROR_PERMANENT, "%s", why);
  space = state_space (state, args->space, FALSE);
  entry = state_find (state, space, args->key);
  result->found = entry != NULL;
  reads = !makes (args) || (args->verb == PLI_STATE_PUT_NEW && entry);
  if (args->verb == PLI_STATE_DELETE && entry)
    {
      state_changed (state, entry, TRUE);
      state_remove (state, entry);
      entry = NULL;
    }
  if (!reads)
    {
      gboolean new = entry == NULL;

      if (!has_room (state, space, new, args->value.len + (new ? state_entry_bytes (args->key, 0) : 0)))
        return pli_op_error (op, PLI_ERROR_QUOTA, "%s has as much state as it may", args->space);
      if (new)
        entry = state_add (state, state_space (state, args->space, TRUE), args->key, expires_us);
      change (state, entry, new, args);
    }
  fill (op, entry, result);
  return PLI_DONE;
}
