/* reload.c: new settings, certificates, listeners and plugins for running rooms; nothing is cut. First everything is read
 * and checked; only then rooms are told. A room that cannot take it keeps the old settings, and the asker hears why.
 *
 * A room takes no new code once its walls are up. So where plugins have changed, an edge room gets a successor, which
 * has the same listeners and a number of its own, and ends when its last session does; any other room asks those who call
 * it to wait, ends, and is started again. The order: auth (who shows a new certificate must find its key there), then
 * all others, then successors, which must find all the others, and last admin, which the asker waits at. */
#include "serve/supervisor-private.h"

#include "serve/check.h"
#include <pli/log.h>
#include <signal.h>

#define REPLACE_MOST_US (8 * G_USEC_PER_SEC)

static void
answer (Supervisor *s, guint64 asker, const GError *error)
{
  Child *admin = supervisor_find (s, PLI_ROOM_ADMIN, 0);

  if (error)
    pli_log (PLI_LOG_ERROR, "reload.failed", "why", error->message, NULL);
  else
    pli_logf (PLI_LOG_NOTICE, "reload.done", "generation %u", s->generation);
  if (asker && admin)
    supervisor_say (admin, PLI_WIRE_ANSWER, error ? (guint16) error->code : 0, asker,
                    pli_span_from (error ? error->message : ""), -1);
}

/* Its calls and sessions may end first. */
static void
retire (Child *child, gint64 most_us)
{
  supervisor_say (child, PLI_WIRE_RETIRE, 0, (guint64) most_us, pli_span (NULL, 0), -1);
}

static gboolean
has_other_plugins (const Child *child)
{
  return !child->retiring && (child->supervisor->reload_rooms & PLI_ROOM_BIT (child->kind))
         && (!child->plugin || snapshot_differs (child->supervisor, child->plugin));
}

/* It is started again when it has ended; one that is not running begins with the new plugins anyway. */
static void
replace (Child *child)
{
  child->replaced = child->pid != 0;
  child->ready = FALSE;
  if (child->pid)
    retire (child, REPLACE_MOST_US);
}

static void
await (Child *child)
{
  child->awaited = TRUE;
  child->supervisor->reload_waits++;
}

/* Either the successors are in force, and those before them end; or the other way round. */
static void
settle_generations (Supervisor *s, gboolean good)
{
  for (guint i = s->children->len; i > 0; i--)
    {
      Child *child = s->children->pdata[i - 1];

      if (!PLI_ROOM_IS_EDGE (child->kind) || !has_other_plugins (child))
        continue;
      child->retiring = child->fresh != good;
      child->fresh = FALSE;
      if (!child->retiring)
        continue;
      if (!child->pid)
        supervisor_remove (child);
      else if (good)
        retire (child, s->server->retire_after);
      else
        kill (child->pid, SIGKILL);
    }
}

/* Nobody is asked to use them any more but edge rooms that retire, which know no settings but their own. */
static void
end_hosts (Supervisor *s)
{
  for (guint i = s->children->len; i > 0; i--)
    {
      Child *host = s->children->pdata[i - 1];

      if (!host->plugin || host->retiring || snapshot_hosts (s, host->plugin))
        continue;
      for (guint k = 0; k < s->children->len; k++)
        if (((Child *) s->children->pdata[k])->retiring)
          supervisor_say (s->children->pdata[k], PLI_WIRE_UNHOST, 0, host->index, pli_span (NULL, 0), -1);
      host->retiring = TRUE;
      if (host->pid)
        retire (host, REPLACE_MOST_US);
      else
        supervisor_remove (host);
    }
}

static void
finish (Supervisor *s)
{
  g_autoptr (GError) error = NULL;
  Child *admin = supervisor_find (s, PLI_ROOM_ADMIN, 0);

  if (s->reload_problem)
    error = g_error_new (PLI_ERROR, PLI_ERROR_CONFIG, "%s", s->reload_problem);
  g_clear_pointer (&s->reload_problem, g_free);
  s->reload_step = RELOAD_NONE;
  settle_generations (s, !error);
  snapshot_settle (s, !error);
  end_hosts (s);
  g_clear_pointer (&s->reload_names, g_ptr_array_unref);
  g_clear_pointer (&s->reload_places, g_ptr_array_unref);
  answer (s, s->reload_asker, error);
  if (!error && has_other_plugins (admin))
    replace (admin);
}

static gboolean
has_text (GPtrArray *texts, const char *text)
{
  return g_ptr_array_find_with_equal_func (texts, text, g_str_equal, NULL);
}

static gboolean
has_name (GPtrArray *bound, const char *name)
{
  for (guint i = 0; i < bound->len; i++)
    if (g_str_equal (((PliBound *) bound->pdata[i])->name, name))
      return TRUE;
  return FALSE;
}

/* Places that were there go on; rooms close what lost its name and get what is new. */
static void
tell_listeners (Supervisor *s, Child *child, GPtrArray *names_before, GPtrArray *places_before)
{
  for (guint i = 0; i < names_before->len; i++)
    if (!has_name (s->bound, names_before->pdata[i]))
      supervisor_say (child, PLI_WIRE_UNLISTEN, 0, 0, pli_span_from (names_before->pdata[i]), -1);
  for (guint i = 0; i < s->bound->len; i++)
    {
      PliBound *bound = s->bound->pdata[i];

      if (bound->room == child->kind && !has_text (places_before, bound->place))
        supervisor_say (child, PLI_WIRE_LISTENER, 0, 0, pli_span_from (bound->name), bound->fd);
    }
}

static gboolean
tell_room (Supervisor *s, Child *child, GError **error)
{
  g_autoptr (PliArena) arena = pli_arena_new ();
  PliBuffer packed = { 0 };
  PliSetup setup;

  if (!supervisor_setup (s, s->config, child->kind, child->index, arena, &setup, error))
    return FALSE;
  pli_shape_pack (pli_setup_shape, &setup, &packed);
  supervisor_say (child, PLI_WIRE_RELOAD, 0, 0, pli_buffer_span (&packed), -1);
  pli_buffer_clear (&packed);
  await (child);
  return TRUE;
}

/* Settings as they are now, or a new process. A room that is not ready will begin with what is new. */
static gboolean
renew_room (Supervisor *s, Child *child, GError **error)
{
  if (!has_other_plugins (child))
    return tell_room (s, child, error);
  await (child);
  replace (child);
  return TRUE;
}

/* Rooms of plugins that have come; those that use them hear of it next. */
static void
start_hosts (Supervisor *s)
{
  guint n = s->children->len;

  supervisor_add_hosts (s);
  for (guint i = n; i < s->children->len; i++)
    {
      await (s->children->pdata[i]);
      supervisor_start (s->children->pdata[i]);
    }
}

static gboolean
tell_others (Supervisor *s, GError **error)
{
  g_autoptr (GPtrArray) names = g_steal_pointer (&s->reload_names);
  g_autoptr (GPtrArray) places = g_steal_pointer (&s->reload_places);

  for (guint i = 0; i < s->children->len; i++)
    {
      Child *child = s->children->pdata[i];
      gboolean later = has_other_plugins (child) && (PLI_ROOM_IS_EDGE (child->kind) || child->kind == PLI_ROOM_ADMIN);

      if (!child->ready || child->kind == PLI_ROOM_AUTH || child->retiring || later
          || (child->plugin && !snapshot_hosts (s, child->plugin)))
        continue;
      if (!renew_room (s, child, error))
        return FALSE;
      tell_listeners (s, child, names, places);
    }
  return TRUE;
}

static void
start_successors (Supervisor *s)
{
  guint n = s->children->len;

  for (guint i = 0; i < n; i++)
    {
      Child *old = s->children->pdata[i], *child;

      if (!PLI_ROOM_IS_EDGE (old->kind) || !has_other_plugins (old))
        continue;
      child = supervisor_add (s, old->kind, supervisor_free_index (s, old->kind));
      child->fresh = TRUE;
      await (child);
      supervisor_start (child);
    }
}

/* Is there room for one more generation of what has other plugins? */
static gboolean
may_succeed (Supervisor *s, GError **error)
{
  for (guint kind = 0; kind < PLI_N_ROOMS; kind++)
    {
      guint all = 0, now = 0;

      for (guint i = 0; PLI_ROOM_IS_EDGE (kind) && i < s->children->len; i++)
        {
          const Child *child = s->children->pdata[i];

          all += child->kind == kind;
          now += child->kind == kind && has_other_plugins (child);
        }
      if (now == 0 || all + now <= MIN (now * (guint) s->server->generations_max, PLI_ROOMS_MAX))
        continue;
      g_set_error (error, PLI_ERROR, PLI_ERROR_TRY_AGAIN,
                   "plugins of %s have changed, but rooms of %u earlier generations still have sessions "
                   "(generations-max of [server])",
                   pli_room_name ((PliRoomKind) kind), all / now - 1);
      return FALSE;
    }
  return TRUE;
}

/* Goes on until somebody is awaited, or all is done. Starting rooms counts as one who is, for it may fail at once. */
static void
advance (Supervisor *s)
{
  Child *auth = supervisor_find (s, PLI_ROOM_AUTH, 0);

  while (s->reload_step != RELOAD_NONE && s->reload_waits == 0)
    {
      g_autoptr (GError) error = NULL;

      s->reload_waits++;
      if (s->reload_step == RELOAD_HOSTS)
        start_hosts (s);
      else if (s->reload_step == RELOAD_AUTH && s->reload_problem)
        s->reload_step = RELOAD_SUCCESSORS;
      else if (s->reload_step == RELOAD_AUTH && auth->ready && !renew_room (s, auth, &error))
        s->reload_problem = g_strdup (error->message);
      else if (s->reload_step == RELOAD_OTHERS && !tell_others (s, &error) && !s->reload_problem)
        s->reload_problem = g_strdup (error->message);
      else if (s->reload_step == RELOAD_SUCCESSORS && !s->reload_problem)
        start_successors (s);
      s->reload_waits--;
      if (s->reload_step == RELOAD_END)
        finish (s);
      else
        s->reload_step++;
    }
}

void
reload_answered (Child *child, guint16 code, PliSpan text)
{
  Supervisor *s = child->supervisor;

  if (!child->awaited)
    return;
  child->awaited = FALSE;
  if (code != 0 && !s->reload_problem)
    {
      g_autofree char *name = supervisor_child_name (child);

      s->reload_problem = g_strdup_printf ("%s: %.*s", name, (int) MIN (text.len, 1000), text.data);
    }
  s->reload_waits--;
  advance (s);
}

static gboolean
try_reload (Supervisor *s, GError **error)
{
  g_autofree char *folder = pli_path_conf (s->root);
  g_autoptr (PliConfig) config = pli_config_load (folder, error);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) places = g_ptr_array_new_with_free_func (g_free);
  PliServerSettings *server;

  if (!config || !pli_check_in_child (s->root, error) || !snapshot_take (s, config, &s->reload_rooms, error)
      || !may_succeed (s, error))
    return FALSE;
  server = pli_config_bind (config, &pli_server_table, NULL, s->root, error);
  if (!server)
    return FALSE;
  for (guint i = 0; i < s->bound->len; i++)
    {
      PliBound *bound = s->bound->pdata[i];

      if (!has_text (names, bound->name))
        g_ptr_array_add (names, g_strdup (bound->name));
      g_ptr_array_add (places, g_strdup (bound->place));
    }
  if (!pli_bind_all (config, s->root, s->bound, error))
    {
      pli_settings_unref (server);
      return FALSE;
    }
  pli_config_unref (s->config);
  pli_settings_unref (s->server);
  s->config = pli_config_ref (config);
  s->server = server;
  s->generation++;
  s->reload_names = g_steal_pointer (&names);
  s->reload_places = g_steal_pointer (&places);
  return TRUE;
}

void
reload_begin (Supervisor *s, guint64 asker)
{
  g_autoptr (GError) error = NULL;

  if (s->reload_step != RELOAD_NONE)
    {
      error = g_error_new (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "another reload is under way");
      answer (s, asker, error);
      return;
    }
  s->reload_asker = asker;
  if (try_reload (s, &error))
    {
      s->reload_step = RELOAD_HOSTS;
      advance (s);
      return;
    }
  snapshot_settle (s, FALSE);
  answer (s, asker, error);
}
