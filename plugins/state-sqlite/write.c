/* write.c: from memory to the file, a second after the first change: the loop thread gathers rows, a job in the offload
 * pool writes them in one transaction. After a write that failed the file is behind for good, so the next one writes all
 * that there is; memory is what counts. Life of the whole state is here too. */
#include "state-sqlite.h"

#include <pli/log.h>

typedef struct
{
  State *state;
  GPtrArray *rows;
  gboolean all;
  GError *error;
} Job;

void
state_row_free (gpointer data)
{
  StateRow *row = data;

  g_clear_pointer (&row->value, g_bytes_unref);
  g_free (row->key);
  g_free (row);
}

static void
row_fill (StateRow *row, const StateEntry *entry)
{
  g_clear_pointer (&row->value, g_bytes_unref);
  row->value = entry->value ? g_bytes_ref (entry->value) : NULL;
  row->count = entry->count;
  row->made_us = entry->made_us;
  row->expires_us = entry->expires_us;
}

static StateRow *
row_new (StateEntry *entry)
{
  StateRow *row = g_new0 (StateRow, 1);

  row->space = entry->space->name;
  row->key = g_strdup (entry->key);
  return row;
}

static void
flush (gpointer user)
{
  State *state = user;

  state->flush = NULL;
  state_write (state);
}

static void
write_after (State *state, gint64 delay_us)
{
  if (!state->flush && !state->writing)
    state->flush = pli_timer_after (state->instance, delay_us, flush, state);
}

void
state_changed (State *state, StateEntry *entry, gboolean gone)
{
  if (state->rewrite) /* it will be among all the others, or not */
    return;
  if (!entry->pending)
    {
      entry->pending = row_new (entry);
      entry->pending->entry = entry;
      g_ptr_array_add (state->pending, entry->pending);
    }
  entry->pending->gone = gone;
  row_fill (entry->pending, entry);
  write_after (state, STATE_WRITE_US);
}

/* Offload pool. */
static void
work (gpointer user)
{
  Job *job = user;
  State *state = job->state;

  if (!state->db)
    state->db = state_file_open (state->path, &job->error);
  if (state->db && state_file_write (state->db, job->rows, job->all, &job->error))
    return;
  g_clear_pointer (&state->db, sqlite3_close);
  if (g_error_matches (job->error, PLI_ERROR, PLI_ERROR_CORRUPT))
    state_file_set_aside (state->path);
}

static void
let_go (State *state, gboolean all)
{
  for (guint i = 0; i < state->pending->len; i++)
    {
      StateRow *row = state->pending->pdata[i];

      if (row->entry)
        row->entry->pending = NULL;
      row->entry = NULL;
    }
  if (all)
    g_ptr_array_set_size (state->pending, 0);
}

static void
written (gpointer user)
{
  Job *job = user;
  State *state = job->state;

  state->writing = FALSE;
  if (job->error)
    {
      pli_log (PLI_LOG_ERROR, "state.write", "error", job->error->message, NULL);
      let_go (state, TRUE);
      state->rewrite = TRUE;
    }
  if (state->plugin && state->rewrite && !state->stopping)
    write_after (state, STATE_RETRY_US);
  else if (state->plugin && state->pending->len > 0 && state->stopping)
    state_write (state);
  else if (state->plugin && state->pending->len > 0)
    write_after (state, STATE_WRITE_US);
  g_clear_error (&job->error);
  g_ptr_array_unref (job->rows);
  g_free (job);
  state_unref (state);
}

static void
gather_all (State *state)
{
  g_ptr_array_set_size (state->pending, 0);
  for (guint i = 0; i < state->heap->len; i++)
    {
      StateRow *row = row_new (state->heap->pdata[i]);

      row_fill (row, state->heap->pdata[i]);
      g_ptr_array_add (state->pending, row);
    }
}

void
state_write (State *state)
{
  Job *job;

  if (state->writing || (state->pending->len == 0 && !state->rewrite))
    return;
  g_clear_pointer (&state->flush, pli_timer_cancel);
  if (state->rewrite)
    gather_all (state);
  else
    let_go (state, FALSE);
  job = g_new0 (Job, 1);
  job->state = state_ref (state);
  job->rows = state->pending;
  job->all = state->rewrite;
  state->pending = g_ptr_array_new_with_free_func (state_row_free);
  state->rewrite = FALSE;
  state->writing = TRUE;
  pli_offload (state->instance, work, written, job);
}

static void
take_row (const StateRow *row, gpointer user)
{
  State *state = user;
  StateEntry *entry = state_add (state, state_space (state, row->space, TRUE), row->key, row->expires_us);
  gsize len = 0;
  const char *data = row->value ? g_bytes_get_data (row->value, &len) : NULL;

  state_set_value (entry, pli_span (data, len));
  entry->count = row->count;
  entry->made_us = row->made_us;
}

/* A file that cannot be understood is no reason to be without a server: state is lost, and says so. */
static gboolean
read_back (State *state, GError **error)
{
  g_autoptr (GError) mine = NULL;

  state->db = state_file_open (state->path, &mine);
  if (state->db && state_file_read (state->db, pli_now_us (state->instance), take_row, state, &mine))
    return TRUE;
  g_clear_pointer (&state->db, sqlite3_close);
  if (!g_error_matches (mine, PLI_ERROR, PLI_ERROR_CORRUPT))
    {
      g_propagate_error (error, g_steal_pointer (&mine));
      return FALSE;
    }
  pli_log (PLI_LOG_ERROR, "state.damaged", "error", mine->message, NULL);
  state_file_set_aside (state->path);
  state->db = state_file_open (state->path, error);
  state->rewrite = state->heap->len > 0;
  return state->db != NULL;
}

State *
state_new (PliPlugin *plugin, GError **error)
{
  State *state = g_new0 (State, 1);

  state->refs = 1;
  state->plugin = plugin;
  state->instance = pli_plugin_instance (plugin);
  state->path = g_build_filename (pli_plugin_folder (plugin), "state.db", NULL);
  state_init_table (state);
  state->pending = g_ptr_array_new_with_free_func (state_row_free);
  if (!read_back (state, error))
    {
      state_unref (state);
      return NULL;
    }
  if (state->rewrite)
    write_after (state, STATE_WRITE_US);
  state_arm_expiry (state);
  return state;
}

State *
state_ref (State *state)
{
  state->refs++;
  return state;
}

void
state_unref (State *state)
{
  if (--state->refs > 0)
    return;
  sqlite3_close (state->db);
  g_ptr_array_unref (state->pending);
  state_free_table (state);
  g_free (state->path);
  g_free (state);
}
