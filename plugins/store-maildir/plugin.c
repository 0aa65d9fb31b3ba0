/* plugin.c: store-maildir: Maildir++ trees, shared with Dovecot, Courier and what else knows Maildirs. */
#include "maildir.h"

static const char *const sync_names[] = { "optimized", "always", "never", NULL };
static const char *const line_ends_names[] = { "lf", "crlf", NULL };

static const PliSetting settings[] = {
  PLI_PATH (MaildirSettings, path, NULL,
            .doc =
                "Where an account's tree is: %u is its address, %n and %d what stands before and behind the @, %a its "
                "id. Unset, trees are in the plugin's folder; others are below the path of a [volume NAME]."),
  PLI_LIST (MaildirSettings, folders, "Drafts:drafts Sent:sent Junk:junk Trash:trash Archive:archive",
            .doc = "Mailboxes that a new tree has besides INBOX, as NAME:ROLE or NAME; in a tree that is there already "
                   "only the roles are given.",
            .rfc = "RFC 6154"),
  PLI_INT (MaildirSettings, name_max, "255", .min = 16, .max = 1024,
           .doc = "Longest name of a mailbox in bytes; as a folder's name it must fit into 255.",
           .rfc = "RFC 9051 5.1"),
  PLI_INT (MaildirSettings, depth_max, "20", .min = 1, .max = 100, .doc = "Most levels of a mailbox name."),
  PLI_SIZE (MaildirSettings, cache, "256MiB", .min = 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Memory for the views of accounts that are not in use just now."),
  PLI_INT (MaildirSettings, open_max, "512", .min = 4, .max = 100000, .flags = PLI_RELOAD,
           .doc = "Most accounts that are kept open at a time; each needs two descriptors."),
  PLI_SIZE (MaildirSettings, message_max, "256MiB", .min = 1024 * 1024, .max = 0xffffffff,
            .doc = "Largest file that is served or delivered."),
  PLI_CHOICE (MaildirSettings, fsync, "optimized", .choices = sync_names,
              .doc = "What is synced before an answer: all but changes of flags, all, or nothing."),
  PLI_CHOICE (MaildirSettings, line_ends, "lf", .choices = line_ends_names,
              .doc = "How lines end in files: as other programs on this system expect, or as messages are served; a "
                     "message that would be changed by `lf` keeps its CRLF."),
  PLI_DURATION (MaildirSettings, poll, "5s", .min = 10 * 1000, .max = G_GINT64_CONSTANT (3600) * G_USEC_PER_SEC,
                .doc = "How often folders that sessions watch are looked at for changes by other programs."),
  PLI_DURATION (MaildirSettings, lock_timeout, "10s", .min = 10 * 1000, .max = 60 * G_USEC_PER_SEC,
                .doc = "Longest wait for a lock file of another program."),
  { 0 }
};

static const PliStore store = { .size = sizeof (PliStore),
                                .mailboxes = maildir_slot_mailboxes,
                                .mailbox = maildir_slot_mailbox,
                                .open = maildir_slot_open,
                                .fetch = maildir_slot_fetch,
                                .read = maildir_slot_read,
                                .flags = maildir_slot_flags,
                                .append = maildir_slot_append,
                                .copy = maildir_slot_copy,
                                .expunge = maildir_slot_expunge,
                                .changes = maildir_slot_changes,
                                .watch = maildir_slot_watch,
                                .deliver = maildir_slot_deliver,
                                .settled = maildir_slot_settled,
                                .live = maildir_live,
                                .taken = maildir_slot_taken };
static const PliService services[] = { PLI_STORE ("maildir", &store), { 0 } };
static const char *const needs[] = { "volume", NULL };

static gboolean
check_folders (const MaildirSettings *set, GError **error)
{
  for (const char *const *word = set->folders; word && *word; word++)
    {
      g_autofree char *given = NULL, *name = NULL;
      guint32 role;

      if (!maildir_folder_parse (*word, &given, &role))
        {
          g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[store-maildir] folders: %s has no role that exists",
                       *word);
          return FALSE;
        }
      name = maildir_name (set, given, error);
      if (!name)
        return FALSE;
    }
  return TRUE;
}

static gboolean
load (PliPlugin *plugin, GError **error)
{
  const MaildirSettings *set = pli_plugin_settings (plugin);
  g_autofree char *example = maildir_tree_path (set, "", "a1", "user@example.org", error);
  Maildir *maildir;

  if (!example || !check_folders (set, error))
    return FALSE;
  maildir = g_new0 (Maildir, 1);
  maildir->plugin = plugin;
  maildir->instance = pli_plugin_instance (plugin);
  maildir->set = *set;
  maildir->set.path = g_strdup (set->path);
  maildir->set.folders = (const char *const *) g_strdupv ((GStrv) set->folders);
  maildir->life = (guint64) g_random_int () << 32 | g_random_int ();
  maildir->folder = g_strdup (pli_plugin_folder (plugin));
  maildir->accounts = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, maildir_account_free);
  maildir->watches = maildir_watches_new ();
  maildir->addresses = maildir_addresses_new (set->path);
  pli_plugin_set_data (plugin, maildir);
  pli_store_on_gone (plugin, maildir_gone);
  return TRUE;
}

/* Turns that are under way answer their calls; the last one frees. */
static void
unload (PliPlugin *plugin)
{
  Maildir *maildir = pli_plugin_data (plugin);

  maildir->closed = TRUE;
  pli_timer_cancel (g_steal_pointer (&maildir->poll));
  maildir_addresses_stop (maildir);
  maildir_free_when_over (maildir);
}

PLI_PLUGIN (store_maildir, .name = "store-maildir", .version = "1",
            .summary = "Mailboxes as Maildir++ folders, shared with other programs", .needs = needs,
            .settings = settings, .settings_size = sizeof (MaildirSettings), .services = services, .load = load,
            .unload = unload);
