/* table.c: entries in memory: a hash a space, and a heap over all spaces by the time at which an entry expires. What has
 * expired is gone at that moment for whoever asks; the heap's timer frees it within a second, a bounded number at a time. */
#include "state-sqlite.h"

#define SWEEP_MAX 5000                                   /* entries freed in one go */
#define SWEEP_PAUSE_US 1000000                           /* expiry is gathered for as long */
#define SWEEP_LATEST_US (3600 * (gint64) G_USEC_PER_SEC) /* the wall clock may be set meanwhile */

gsize
state_entry_bytes (const char *key, gsize value_len)
{
  return strlen (key) + value_len + STATE_ENTRY_OVERHEAD;
}

static StateEntry *
heap_at (State *state, guint at)
{
  return state->heap->pdata[at];
}

static void
heap_put (State *state, guint at, StateEntry *entry)
{
  state->heap->pdata[at] = entry;
  entry->heap_at = at;
}

static void
heap_up (State *state, guint at)
{
  StateEntry *entry = heap_at (state, at);

  while (at > 0 && entry->expires_us < heap_at (state, (at - 1) / 2)->expires_us)
    {
      heap_put (state, at, heap_at (state, (at - 1) / 2));
      at = (at - 1) / 2;
    }
  heap_put (state, at, entry);
}

static void
heap_down (State *state, guint at)
{
  StateEntry *entry = heap_at (state, at);

  for (;;)
    {
      guint child = 2 * at + 1;

      if (child >= state->heap->len)
        break;
      if (child + 1 < state->heap->len && heap_at (state, child + 1)->expires_us < heap_at (state, child)->expires_us)
        child++;
      if (entry->expires_us <= heap_at (state, child)->expires_us)
        break;
      heap_put (state, at, heap_at (state, child));
      at = child;
    }
  heap_put (state, at, entry);
}

static void
heap_remove (State *state, guint at)
{
  guint last = state->heap->len - 1;
  StateEntry *moved = heap_at (state, last);

  g_ptr_array_set_size (state->heap, (gint) last);
  if (at == last)
    return;
  heap_put (state, at, moved);
  heap_up (state, at);
  heap_down (state, moved->heap_at);
}

static void
entry_free (gpointer data)
{
  StateEntry *entry = data;

  g_clear_pointer (&entry->value, g_bytes_unref);
  g_free (entry->key);
  g_free (entry);
}

static void
space_free (gpointer data)
{
  StateSpace *space = data;

  g_hash_table_unref (space->entries);
  g_free (space->name);
  g_free (space);
}

StateSpace *
state_space (State *state, const char *name, gboolean make)
{
  StateSpace *space;

  space = g_hash_table_lookup (state->spaces, name);
  if (space || !make)
    return space;
  space = g_new0 (StateSpace, 1);
  space->name = g_strdup (name);
  space->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  g_hash_table_insert (state->spaces, space->name, space);
  return space;
}

StateEntry *
state_find (State *state, StateSpace *space, const char *key)
{
  StateEntry *entry = space ? g_hash_table_lookup (space->entries, key) : NULL;

  if (!entry || entry->expires_us > pli_now_us (state->instance))
    return entry;
  state_changed (state, entry, TRUE);
  state_remove (state, entry);
  return NULL;
}

StateEntry *
state_add (State *state, StateSpace *space, const char *key, gint64 expires_us)
{
  StateEntry *entry = g_new0 (StateEntry, 1);

  entry->space = space;
  entry->key = g_strdup (key);
  entry->made_us = pli_now_us (state->instance);
  entry->expires_us = expires_us;
  space->bytes += state_entry_bytes (key, 0);
  g_hash_table_insert (space->entries, entry->key, entry);
  g_ptr_array_add (state->heap, entry);
  heap_up (state, state->heap->len - 1);
  return entry;
}

void
state_set_value (StateEntry *entry, PliSpan value)
{
  entry->space->bytes -= entry->value ? g_bytes_get_size (entry->value) : 0;
  g_clear_pointer (&entry->value, g_bytes_unref);
  if (value.len > 0)
    entry->value = g_bytes_new (value.data, value.len);
  entry->space->bytes += value.len;
}

void
state_set_expiry (State *state, StateEntry *entry, gint64 expires_us)
{
  entry->expires_us = expires_us;
  heap_up (state, entry->heap_at);
  heap_down (state, entry->heap_at);
}

void
state_remove (State *state, StateEntry *entry)
{
  StateSpace *space = entry->space;

  if (entry->pending)
    entry->pending->entry = NULL;
  space->bytes -= state_entry_bytes (entry->key, entry->value ? g_bytes_get_size (entry->value) : 0);
  heap_remove (state, entry->heap_at);
  g_hash_table_remove (space->entries, entry->key);
}

static void
sweep (gpointer user)
{
  State *state = user;
  gint64 now_us = pli_now_us (state->instance);

  state->expiry = NULL;
  for (guint i = 0; i < SWEEP_MAX && state->heap->len > 0 && heap_at (state, 0)->expires_us <= now_us; i++)
    {
      StateEntry *entry = heap_at (state, 0);

      state_changed (state, entry, TRUE);
      state_remove (state, entry);
    }
  state_arm_expiry (state);
}

void
state_arm_expiry (State *state)
{
  gint64 now_us = pli_now_us (state->instance), at_us;

  if (state->heap->len == 0)
    return;
  at_us = CLAMP (heap_at (state, 0)->expires_us, now_us, now_us + SWEEP_LATEST_US) + SWEEP_PAUSE_US;
  if (state->expiry && state->expiry_at_us <= at_us)
    return;
  pli_timer_cancel (state->expiry);
  state->expiry = pli_timer_after (state->instance, at_us - now_us, sweep, state);
  state->expiry_at_us = at_us;
}

void
state_init_table (State *state)
{
  state->spaces = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, space_free);
  state->heap = g_ptr_array_new ();
}

void
state_free_table (State *state)
{
  g_clear_pointer (&state->spaces, g_hash_table_unref);
  g_clear_pointer (&state->heap, g_ptr_array_unref);
}
