/* supervisor.c: the life of rooms: start, ready, death, start again with back-off, end. See supervisor.h. */
#include "serve/supervisor-private.h"

#include "log/event.h"
#include "serve/check.h"
#include "serve/lock.h"
#include "serve/spawn.h"
#include "serve/supervisor.h"
#include "sys/control.h"
#include "sys/folders.h"
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gnutls/crypto.h>
#include <pli/log.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
#endif

#define DELAY_FIRST_US (100 * 1000)
#define DELAY_FORGET_US (30 * G_USEC_PER_SEC) /* a room that lived so long starts over with the short delay */
#define END_MOST_US (10 * G_USEC_PER_SEC)

static void start_child (gpointer user);

void
supervisor_say (Child *child, PliWireType type, guint16 method, guint64 call, PliSpan body, int fd)
{
  PliPacketHeader header = { .type = (guint8) type, .method = method, .call = call };

  if (child->channel)
    pli_channel_send (child->channel, &header, body, fd);
}

gboolean
supervisor_setup (Supervisor *s, PliConfig *config, PliRoomKind kind, guint index, PliArena *arena, PliSetup *out,
                  GError **error)
{
  PliSetupHost *hosts = pli_arena_array (arena, PliSetupHost, s->children->len);
  PliSetupSource source = { s->root, config, s->plugin_folder, hosts, 0 };

  for (guint i = 0; i < s->children->len; i++)
    {
      const Child *child = s->children->pdata[i];

      if (child->plugin && !child->retiring && snapshot_hosts (s, child->plugin))
        hosts[source.n_hosts++] = (PliSetupHost){ child->plugin, child->index };
    }
  if (!pli_setup_make (&source, PLI_ROOM_BIT (kind), index, arena, out, error))
    return FALSE;
  out->generation = s->generation;
  if (PLI_ROOM_IS_EDGE (kind))
    out->ticket_key = pli_span ((const char *) s->ticket_key, sizeof s->ticket_key);
  return TRUE;
}

/* Life */

static void
say_ready (Supervisor *s)
{
  for (guint i = 0; i < s->children->len; i++)
    if (!((Child *) s->children->pdata[i])->ready)
      return;
  if (s->announced)
    return;
  s->announced = TRUE;
  pli_log (PLI_LOG_NOTICE, "server.ready", "root", s->root, NULL);
#ifdef HAVE_SYSTEMD
  sd_notify (0, "READY=1");
#endif
}

/* It does not answer whom it should: it is started again by its end. */
static void
end_host (const Child *asker, guint index)
{
  Child *host = supervisor_find (asker->supervisor, PLI_ROOM_HOST, index);

  if (!host || !host->pid || (asker->kind != PLI_ROOM_SMTP && asker->kind != PLI_ROOM_AUTH))
    return;
  pli_log (PLI_LOG_ERROR, "host.stuck", "plugin", host->plugin, NULL);
  kill (host->pid, SIGKILL);
}

static void
on_packet (PliChannel *channel, const PliPacketHeader *header, PliPacketBody *body, int fd, gpointer user)
{
  Child *child = user;
  Supervisor *s = child->supervisor;
  PliSpan text = pli_span_head (pli_packet_span (body), 1000);
  g_autofree char *name = supervisor_child_name (child);
  g_autofree char *copy = pli_span_dup (text);

  (void) channel;
  if (fd >= 0)
    g_close (fd, NULL);
  switch (header->type)
    {
    case PLI_WIRE_READY:
      child->ready = TRUE;
      g_free (child->walls);
      child->walls = g_steal_pointer (&copy);
      say_ready (s);
      if (child->awaited)
        reload_answered (child, 0, pli_span (NULL, 0));
      break;
    case PLI_WIRE_FAILED:
      pli_log (PLI_LOG_ERROR, "room.failed", "room", name, "why", copy, NULL);
      break;
    case PLI_WIRE_RELOADED:
      reload_answered (child, header->method, text);
      break;
    case PLI_WIRE_STUCK:
      end_host (child, (guint) header->call);
      break;
    case PLI_WIRE_ASK_STATUS:
    case PLI_WIRE_ASK_RELOAD:
    case PLI_WIRE_ASK_STOP:
      if (child->kind != PLI_ROOM_ADMIN)
        pli_log (PLI_LOG_ERROR, "supervisor.refused", "room", name, NULL);
      else if (header->type == PLI_WIRE_ASK_STATUS)
        report_status (s, header->call);
      else if (header->type == PLI_WIRE_ASK_RELOAD)
        reload_begin (s, header->call);
      else
        {
          supervisor_say (child, PLI_WIRE_ANSWER, 0, header->call, pli_span (NULL, 0), -1);
          supervisor_end (s);
        }
      break;
    default:
      pli_log (PLI_LOG_ERROR, "supervisor.refused", "room", name, NULL);
    }
}

static void
on_closed (PliChannel *channel, gpointer user)
{
  Child *child = user;

  /* Its end is noticed by SIGCHLD. */
  pli_channel_free (channel);
  child->channel = NULL;
}

static const PliChannelFuncs funcs = { on_packet, on_closed };

static void
later (Child *child)
{
  gint64 most = child->supervisor->server->restart_delay_max;

  child->delay_us = child->delay_us == 0 ? DELAY_FIRST_US : MIN (child->delay_us * 2, most);
  child->timer = pli_timer_after (child->supervisor->instance, child->delay_us, start_child, child);
}

void
supervisor_start (Child *child)
{
  Supervisor *s = child->supervisor;
  g_autoptr (PliArena) arena = pli_arena_new ();
  g_autoptr (GError) error = NULL;
  PliSetup setup;
  int fd;

  child->timer = NULL;
  child->started_us = pli_clock_us (s->instance);
  child->since_us = pli_now_us (s->instance);
  child->ready = FALSE;
  if (supervisor_setup (s, s->config, child->kind, child->index, arena, &setup, &error)
      && pli_folders_make (&setup, child->kind, &error))
    child->pid = pli_spawn (child->kind, &setup, &fd, &error);
  if (error)
    {
      pli_log (PLI_LOG_ERROR, "room.not-started", "why", error->message, NULL);
      if (!child->fresh)
        later (child);
      reload_answered (child, PLI_ERROR_TRY_AGAIN, pli_span_from (error->message));
      return;
    }
  child->channel = pli_channel_new (s->instance->loop, fd, &funcs, child);
  links_of (child);
  links_listeners (child);
}

static void
start_child (gpointer user)
{
  supervisor_start (user);
}

static void
all_gone (Supervisor *s)
{
  for (guint i = 0; i < s->children->len; i++)
    if (((Child *) s->children->pdata[i])->pid)
      return;
  if (s->ending)
    pli_loop_quit (s->instance->loop);
}

/* Its end was not asked for. */
static void
later_after (Child *child, int status, gboolean lived)
{
  g_autofree char *name = supervisor_child_name (child);

  pli_logf (PLI_LOG_ERROR, "room.died", "%s: %s %d; it is started again", name,
            WIFSIGNALED (status) ? "signal" : "exit code",
            WIFSIGNALED (status) ? WTERMSIG (status) : WEXITSTATUS (status));
  child->restarts++;
  if (lived)
    child->delay_us = 0;
  later (child);
}

static void
child_died (Child *child, int status)
{
  Supervisor *s = child->supervisor;
  g_autofree char *name = supervisor_child_name (child);
  /* A host's crash is mostly one message's: the others do not wait for it to be good for long. */
  gboolean lived = pli_clock_us (s->instance) - child->started_us > DELAY_FORGET_US || (child->plugin && child->ready);

  child->pid = 0;
  child->ready = FALSE;
  pli_channel_free (child->channel);
  child->channel = NULL;
  if (s->ending)
    {
      all_gone (s);
      return;
    }
  if (child->retiring)
    {
      pli_logf (PLI_LOG_NOTICE, "room.retired", "%s: status %d", name, status);
      supervisor_remove (child);
      return;
    }
  if (child->replaced)
    {
      child->replaced = FALSE;
      supervisor_start (child);
      return;
    }
  if (!child->fresh)
    later_after (child, status, lived);
  reload_answered (child, PLI_ERROR_TRY_AGAIN, PLI_SPAN ("ended meanwhile; the log says why"));
}

static void
reap (Supervisor *s)
{
  int status;
  pid_t pid;

  while ((pid = waitpid (-1, &status, WNOHANG)) > 0)
    for (guint i = 0; i < s->children->len; i++)
      if (((Child *) s->children->pdata[i])->pid == pid)
        {
          child_died (s->children->pdata[i], status);
          break;
        }
}

static void
end_now (gpointer user)
{
  Supervisor *s = user;

  s->end_timer = NULL;
  for (guint i = 0; i < s->children->len; i++)
    {
      Child *child = s->children->pdata[i];

      if (child->pid)
        kill (child->pid, SIGKILL);
    }
}

static gboolean
is_running (Supervisor *s, gboolean edges)
{
  for (guint i = 0; i < s->children->len; i++)
    {
      Child *child = s->children->pdata[i];

      if (child->pid && edges == PLI_ROOM_IS_EDGE (child->kind))
        return TRUE;
    }
  return FALSE;
}

/* Edges first, so that what they have under way is still answered by the others. */
static void
stop_rooms (gpointer user)
{
  Supervisor *s = user;
  gboolean edges = is_running (s, TRUE);

  for (guint i = 0; i < s->children->len; i++)
    {
      Child *child = s->children->pdata[i];
      pli_timer_cancel (child->timer);
      child->timer = NULL;
      if (child->pid && edges == PLI_ROOM_IS_EDGE (child->kind))
        supervisor_say (child, PLI_WIRE_STOP, 0, 0, pli_span (NULL, 0), -1);
    }
  if (edges)
    pli_timer_after (s->instance, 50 * 1000, stop_rooms, s);
  all_gone (s);
}

void
supervisor_end (Supervisor *s)
{
  if (s->ending)
    return;
  s->ending = TRUE;
  pli_log (PLI_LOG_NOTICE, "server.stopping", NULL);
  s->end_timer = pli_timer_after (s->instance, END_MOST_US * 2, end_now, s);
  stop_rooms (s);
}

static void
on_signal (gpointer user, guint32 events)
{
  Supervisor *s = user;
  struct signalfd_siginfo info;

  (void) events;
  while (read (s->signal_fd, &info, sizeof info) == sizeof info)
    if (info.ssi_signo == SIGCHLD)
      reap (s);
    else if (info.ssi_signo == SIGHUP)
      reload_begin (s, 0);
    else
      supervisor_end (s);
}

/* Start */

static int
open_signals (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGCHLD);
  sigaddset (&set, SIGHUP);
  sigaddset (&set, SIGINT);
  sigaddset (&set, SIGTERM);
  sigprocmask (SIG_BLOCK, &set, NULL);
  return signalfd (-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
root_gone (gpointer user)
{
  pli_log (PLI_LOG_ERROR, "server.root-gone", NULL);
  supervisor_end (user);
}

static gboolean
open_log (Supervisor *s, GError **error)
{
  int fd = -1;

  if (s->server->log == PLI_LOG_TO_FILE)
    fd = open (s->server->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
#ifdef HAVE_SYSTEMD
  else if (s->server->log == PLI_LOG_TO_JOURNALD)
    fd = sd_journal_stream_fd ("pli", 6, 0);
#endif
  if (s->server->log != PLI_LOG_TO_STDERR && (fd < 0 || dup2 (fd, STDERR_FILENO) < 0))
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "the log cannot be opened: %s", g_strerror (errno));
      return FALSE;
    }
  if (fd >= 0)
    close (fd);
  pli_log_setup (STDERR_FILENO, s->server->log_format == 1, (PliLogLevel) s->server->log_level, "supervisor");
  return TRUE;
}

static void
add_children (Supervisor *s)
{
  supervisor_add (s, PLI_ROOM_ADMIN, 0);
  supervisor_add (s, PLI_ROOM_AUTH, 0);
  for (gint64 i = 0; i < s->server->store_rooms; i++)
    supervisor_add (s, PLI_ROOM_STORE, (guint) i);
  supervisor_add (s, PLI_ROOM_QUEUE, 0);
  supervisor_add (s, PLI_ROOM_OUT, 0);
  for (gint64 i = 0; i < s->server->smtp_rooms; i++)
    supervisor_add (s, PLI_ROOM_SMTP, (guint) i);
  for (gint64 i = 0; i < s->server->access_rooms; i++)
    supervisor_add (s, PLI_ROOM_ACCESS, (guint) i);
  supervisor_add_hosts (s);
}

static gboolean
prepare (Supervisor *s, GError **error)
{
  g_autofree char *folder = pli_path_conf (s->root);

  s->config = pli_config_load (folder, error);
  if (!s->config || !pli_check_in_child (s->root, error))
    return FALSE;
  s->server = pli_config_bind (s->config, &pli_server_table, NULL, s->root, error);
  if (!s->server)
    return FALSE;
  s->lock = pli_lock_take (s->instance->loop, s->root, root_gone, s, error);
  if (!s->lock || !open_log (s, error) || !pli_bind_all (s->config, s->root, s->bound, error))
    return FALSE;
  s->control_fd = pli_control_bind (s->root, error);
  if (s->control_fd < 0)
    return FALSE;
  snapshot_clean (s);
  if (!snapshot_take (s, s->config, &s->reload_rooms, error))
    return FALSE;
  s->generation = 1;
  if (gnutls_rnd (GNUTLS_RND_KEY, s->ticket_key, sizeof s->ticket_key) < 0)
    g_error ("no randomness");
  return TRUE;
}

static void
child_free (gpointer data)
{
  Child *child = data;

  pli_channel_free (child->channel);
  pli_timer_cancel (child->timer);
  g_free (child->walls);
  g_free (child->plugin);
  g_free (child);
}

gboolean
pli_supervisor_run (const char *root, GError **error)
{
  Supervisor s = { .root = g_strdup (root), .control_fd = -1 };
  PliWatch *watch;
  gboolean ok;

  signal (SIGPIPE, SIG_IGN);
  s.signal_fd = open_signals ();
  s.instance = pli_instance_new ();
  s.since_us = pli_now_us (s.instance);
  s.bound = g_ptr_array_new_with_free_func (pli_bound_free);
  s.children = g_ptr_array_new_with_free_func (child_free);
  watch = pli_watch_new (s.instance->loop, s.signal_fd, EPOLLIN, on_signal, &s);
  ok = prepare (&s, error);
  if (ok)
    {
      add_children (&s);
      for (guint i = 0; i < s.children->len; i++)
        start_child (s.children->pdata[i]);
      pli_loop_run (s.instance->loop);
      pli_log (PLI_LOG_NOTICE, "server.stopped", NULL);
    }
  pli_watch_remove (watch);
  g_ptr_array_unref (s.children);
  g_ptr_array_unref (s.bound);
  pli_timer_cancel (s.end_timer);
  g_clear_pointer (&s.plugins, g_hash_table_unref);
  g_clear_pointer (&s.plugins_before, g_hash_table_unref);
  g_free (s.plugin_folder);
  g_free (s.folder_before);
  pli_config_unref (s.config);
  pli_settings_unref (s.server);
  close (s.signal_fd);
  if (s.control_fd >= 0)
    close (s.control_fd);
  pli_lock_free (s.lock);
  pli_instance_free (s.instance);
  g_free (s.root);
  return ok;
}
