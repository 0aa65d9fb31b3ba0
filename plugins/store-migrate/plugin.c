/* plugin.c: store-migrate: moves accounts between stores, step by step as `pli store migrate` asks. */
#include "migrate.h"

static const PliSetting settings[] = {
  PLI_DURATION (MigrateSettings, step_time, "1s", .min = 10 * 1000, .max = 60 * G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "About how long one step of a move takes; between steps the command shows how far it is."),
  { 0 }
};

static void
move_free (gpointer data)
{
  Move *move = data;

  g_clear_pointer (&move->boxes, g_ptr_array_unref);
  g_free (move);
}

static void
free_when_over (Migrate *migrate)
{
  if (!migrate->closed || migrate->running > 0)
    return;
  g_hash_table_unref (migrate->moves);
  g_hash_table_unref (migrate->places);
  g_free (migrate->folder);
  g_free (migrate);
}

/* Offload pool. @store: where an old copy is from now on. */
static gboolean
settle (Move *move, const char *store, GError **error)
{
  Place *place = move->place;
  g_autofree char *left = g_strconcat (place->left, ",", store, NULL);

  g_free (place->left);
  place->left = g_steal_pointer (&left);
  place->held = place->begun = FALSE;
  return place_write (move->migrate, place, error);
}

/* What was not begun leaves no trace; what was leaves a part of a copy. */
static gboolean
cancel (Move *move, GError **error)
{
  Place *place = move->place;
  g_autofree char *to = g_steal_pointer (&place->to);

  place->to = g_strdup (place->from);
  if (place->begun)
    return settle (move, to, error);
  place->held = FALSE;
  return place_write (move->migrate, place, error);
}

static gboolean
begin (Move *move, GError **error)
{
  g_autoptr (GError) why = NULL;

  if (!place_write (move->migrate, move->place, error))
    return FALSE;
  if (migrate_prepare (move, &why))
    return TRUE;
  /* A target that must be left alone: the account goes on where it is. */
  if (why->code == PLI_ERROR_PERMANENT && !move->place->begun && cancel (move, error))
    move->phase = MIGRATE_CANCEL;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&why));
  return FALSE;
}

static void
work (gpointer user)
{
  Move *move = user;
  gboolean ok = TRUE;

  if (move->phase == MIGRATE_PROBE)
    {
      migrate_probe (move, &move->error);
      return;
    }
  if (move->phase == MIGRATE_CANCEL)
    {
      cancel (move, &move->error);
      return;
    }
  if (move->phase == MIGRATE_PREPARE)
    ok = begin (move, &move->error);
  if (ok && move->phase == MIGRATE_COPY)
    ok = migrate_copy (move, &move->error);
  if (ok && move->phase == MIGRATE_VERIFY)
    ok = migrate_verify (move, &move->error);
  if (ok && move->phase == MIGRATE_DONE)
    settle (move, move->place->from, &move->error);
}

/* Loop thread. */
static void
after_probe (Move *move)
{
  Place *place = move->place;

  if (!move->error)
    {
      place->held = TRUE;
      move->phase = MIGRATE_PREPARE;
      pli_store_place (move->migrate->instance, place->account, "");
      return;
    }
  g_free (place->to);
  place->to = g_strdup (place->from);
}

static void
over (gpointer user)
{
  Move *move = user;
  Migrate *migrate = move->migrate;
  Place *place = move->place;
  PliTicket ticket = move->ticket;
  gboolean done = !move->error && (move->phase == MIGRATE_DONE || move->phase == MIGRATE_CANCEL);
  GError *error;

  if (move->phase == MIGRATE_PROBE)
    after_probe (move);
  error = g_steal_pointer (&move->error);
  migrate->busy = FALSE;
  migrate->running--;
  *move->result = (PliMigrateResult){ move->copied, move->verified, move->total, done };
  if (done || move->phase == MIGRATE_CANCEL)
    pli_store_place (migrate->instance, place->account, place->to);
  if (done)
    pli_log (PLI_LOG_NOTICE, "store.moved", "account", place->account, "to", place->to, NULL);
  /* After an error the next call begins with a look at what is there. */
  if (done || error)
    g_hash_table_remove (migrate->moves, place->account);
  if (error)
    pli_op_fail (ticket, error);
  else
    pli_op_done (ticket);
  free_when_over (migrate);
}

static Place *
place_new (Migrate *migrate, const PliMigrateArgs *args)
{
  Place *place = g_new0 (Place, 1);

  place->account = g_strdup (args->account);
  place->from = g_strdup (args->from);
  place->to = g_strdup (args->from);
  place->left = g_strdup ("-");
  g_hash_table_insert (migrate->places, place->account, place);
  return place;
}

static gboolean
word_ok (const char *word)
{
  return word && *word && strlen (word) <= 32
         && strspn (word, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen (word);
}

static PliStep
step (PliOp *op, gpointer self, const PliMigrateArgs *args, PliMigrateResult *result)
{
  Migrate *migrate = self;
  const MigrateSettings *set = pli_plugin_settings (migrate->plugin);
  Place *place;
  gboolean stays;
  Move *move;

  if (!word_ok (args->account) || !word_ok (args->from) || !word_ok (args->to))
    return pli_op_error (op, PLI_ERROR_PERMANENT, "an account and two stores are wanted");
  if (migrate->busy || migrate->closed)
    return pli_op_error (op, PLI_ERROR_TRY_AGAIN, "another account is being moved just now");
  place = places_get (migrate, args->account);
  place = place ? place : place_new (migrate, args);
  result->done = !place->held && g_str_equal (place->to, args->to);
  if (result->done)
    return PLI_DONE;
  stays = place->held && g_str_equal (place->from, args->to);
  if (place->held && !stays && !g_str_equal (place->to, args->to))
    return pli_op_error (op, PLI_ERROR_PERMANENT, "the account is being moved from store %s to %s: finish that first",
                         place->from, place->to);
  move = g_hash_table_lookup (migrate->moves, place->account);
  if (!move)
    {
      move = g_new0 (Move, 1);
      move->migrate = migrate;
      move->place = place;
      move->phase = place->held ? MIGRATE_PREPARE : MIGRATE_PROBE;
      g_hash_table_insert (migrate->moves, place->account, move);
    }
  if (stays)
    move->phase = MIGRATE_CANCEL;
  else if (move->phase == MIGRATE_PROBE)
    {
      g_free (place->from);
      place->from = place->to;
      place->to = g_strdup (args->to);
      place->begun = FALSE;
    }
  move->result = result;
  move->ticket = pli_op_wait (op);
  move->until_us = g_get_monotonic_time () + set->step_time;
  migrate->busy = TRUE;
  migrate->running++;
  pli_offload (migrate->instance, work, over, move);
  return PLI_WAIT;
}

static const PliMigrator migrator = { .size = sizeof (PliMigrator), .step = step, .deliver = migrate_deliver };
static const PliService services[] = { { PLI_SERVICE_MIGRATOR, "migrate", &migrator }, { 0 } };
static const char *const needs[] = { "volume", NULL };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  Migrate *migrate = g_new0 (Migrate, 1);

  migrate->plugin = plugin;
  migrate->instance = pli_plugin_instance (plugin);
  migrate->folder = g_strdup (pli_plugin_folder (plugin));
  migrate->places = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, place_free);
  migrate->moves = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, move_free);
  pli_plugin_set_data (plugin, migrate);
  if (places_load (migrate, error))
    return TRUE;
  migrate->closed = TRUE;
  free_when_over (migrate);
  return FALSE;
}

static void
unload (PliPlugin *plugin)
{
  Migrate *migrate = pli_plugin_data (plugin);

  migrate->closed = TRUE;
  free_when_over (migrate);
}

PLI_PLUGIN (store_migrate, .name = "store-migrate", .version = "1", .summary = "Moves accounts between stores",
            .needs = needs, .settings = settings, .settings_size = sizeof (MigrateSettings), .services = services,
            .load = load, .unload = unload);
