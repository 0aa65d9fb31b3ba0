/* plugin.c: store-memory, a store that keeps everything in RAM and forgets it at the end: the model for the tests of
 * stores, and enough to try Pli out. */
#include "memory.h"

static const PliSetting settings[] = {
  PLI_LIST (MemorySettings, folders, "Drafts:drafts Sent:sent Junk:junk Trash:trash Archive:archive",
            .doc = "Mailboxes that a new account has besides INBOX, as NAME:ROLE or NAME.", .rfc = "RFC 6154"),
  PLI_INT (MemorySettings, name_max, "255", .min = 16, .max = 1024, .doc = "Longest name of a mailbox in bytes.",
           .rfc = "RFC 9051 5.1"),
  PLI_INT (MemorySettings, depth_max, "20", .min = 1, .max = 100, .doc = "Most levels of a mailbox name."),
  { 0 }
};

static const PliStore store = { .size = sizeof (PliStore),
                                .mailboxes = memory_mailboxes,
                                .mailbox = memory_mailbox,
                                .open = memory_open,
                                .fetch = memory_fetch,
                                .read = memory_read,
                                .flags = memory_flags,
                                .append = memory_append,
                                .copy = memory_copy,
                                .expunge = memory_expunge,
                                .changes = memory_changes,
                                .watch = memory_watch,
                                .deliver = memory_deliver,
                                .settled = memory_settled,
                                .live = memory_live };
static const PliService services[] = { PLI_STORE ("memory", &store), { 0 } };

static gboolean
load (PliPlugin *plugin, GError **error)
{
  const MemorySettings *set = pli_plugin_settings (plugin);

  for (const char *const *word = set->folders; word && *word; word++)
    {
      g_autofree char *name = NULL;
      guint32 role;

      if (!memory_folder_parse (*word, &name, &role))
        {
          g_set_error (error, PLI_ERROR, PLI_ERROR_CONFIG, "[store-memory] folders: %s has no role that exists", *word);
          return FALSE;
        }
    }
  pli_plugin_set_data (plugin, memory_new (plugin));
  pli_store_on_gone (plugin, memory_gone);
  return TRUE;
}

static void
unload (PliPlugin *plugin)
{
  memory_close (pli_plugin_data (plugin));
}

PLI_PLUGIN (store_memory, .name = "store-memory", .version = "1",
            .summary = "Mailboxes in RAM, for tests and demonstrations", .settings = settings,
            .settings_size = sizeof (MemorySettings), .services = services, .load = load, .unload = unload);
