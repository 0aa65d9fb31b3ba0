/* plugin.c: store-pack, the default store: one SQLite database an account, messages by reference. */
#include "pack.h"

static const PliSetting settings[] = {
  PLI_LIST (PackSettings, folders, "Drafts:drafts Sent:sent Junk:junk Trash:trash Archive:archive",
            .doc = "Mailboxes that a new account has besides INBOX, as NAME:ROLE or NAME.", .rfc = "RFC 6154"),
  PLI_INT (PackSettings, name_max, "255", .min = 16, .max = 1024, .doc = "Longest name of a mailbox in bytes.",
           .rfc = "RFC 9051 5.1"),
  PLI_INT (PackSettings, depth_max, "20", .min = 1, .max = 100, .doc = "Most levels of a mailbox name."),
  PLI_SIZE (PackSettings, cache, "256MiB", .min = 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Memory for the databases and views of accounts that are not in use just now."),
  PLI_INT (PackSettings, open_max, "512", .min = 4, .max = 100000, .flags = PLI_RELOAD,
           .doc = "Most databases that are open at a time; each needs three descriptors."),
  PLI_DURATION (PackSettings, sync_delay, "1s", .min = 1, .max = 5 * G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Longest time for which deliveries and flags are gathered before one sync makes them durable."),
  PLI_SIZE (PackSettings, checkpoint, "4MiB", .min = 64 * 1024, .flags = PLI_RELOAD,
            .doc = "Size of an account's write-ahead log at which it is taken into the database."),
  PLI_SIZE (PackSettings, pack_size, "1GiB", .min = 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Size at which the file that appended messages go to is followed by a new one."),
  PLI_DURATION (PackSettings, young, "3d", .max = 3650 * (gint64) 86400 * G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc =
                    "Age from which a segment is emptied: what mailboxes still hold of it moves to their own files."),
  PLI_DURATION (PackSettings, compact_every, "1min", .min = 1000, .max = 86400 * (gint64) G_USEC_PER_SEC,
                .flags = PLI_RELOAD, .doc = "Pause between two looks for segments to be emptied."),
  PLI_SIZE (PackSettings, compact_step, "8MiB", .min = 64 * 1024, .max = 1024 * 1024 * 1024, .flags = PLI_RELOAD,
            .doc = "Bytes that move at a time; the mailbox waits meanwhile."),
  { 0 }
};

static const PliStore store = { .size = sizeof (PliStore),
                                .mailboxes = pack_slot_mailboxes,
                                .mailbox = pack_slot_mailbox,
                                .open = pack_slot_open,
                                .fetch = pack_slot_fetch,
                                .read = pack_slot_read,
                                .flags = pack_slot_flags,
                                .append = pack_slot_append,
                                .copy = pack_slot_copy,
                                .expunge = pack_slot_expunge,
                                .changes = pack_slot_changes,
                                .watch = pack_slot_watch,
                                .deliver = pack_slot_deliver,
                                .settled = pack_slot_settled,
                                .taken = pack_slot_taken,
                                .live = pack_slot_live };
static const PliService services[] = { PLI_STORE ("pack", &store), { 0 } };
static const char *const needs[] = { "volume", NULL };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  Pack *pack = pack_new (plugin, error);

  if (!pack)
    return FALSE;
  pli_plugin_set_data (plugin, pack);
  pli_store_on_gone (plugin, pack_gone);
  return TRUE;
}

static void
unload (PliPlugin *plugin)
{
  pack_close (pli_plugin_data (plugin));
}

PLI_PLUGIN (store_pack, .name = "store-pack", .version = "1", .summary = "Mailboxes in one SQLite database an account",
            .needs = needs, .settings = settings, .settings_size = sizeof (PackSettings), .services = services,
            .load = load, .unload = unload);
