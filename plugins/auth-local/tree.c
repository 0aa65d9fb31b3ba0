/* tree.c: the directory in memory: domains, and one entry for each address that is an account's or an alias, or that an
 * alias names. Filled when the database is opened, changed after each commit. Loop thread. */
#include "auth-local.h"

static void
account_free (LocalAccount *account)
{
  if (!account)
    return;
  g_free (account->display);
  g_free (account->hash);
  g_free (account->scram);
  g_free (account);
}

static void
entry_free (gpointer data)
{
  LocalEntry *entry = data;

  account_free (entry->account);
  g_clear_pointer (&entry->targets, g_ptr_array_unref);
  g_free (entry->address);
  g_free (entry);
}

LocalTree *
local_tree_new (void)
{
  LocalTree *tree = g_new0 (LocalTree, 1);

  tree->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  tree->domains = g_hash_table_new (g_str_hash, g_str_equal);
  tree->by_age = g_ptr_array_new_with_free_func (g_free);
  return tree;
}

void
local_tree_free (LocalTree *tree)
{
  if (!tree)
    return;
  g_hash_table_unref (tree->entries);
  g_hash_table_unref (tree->domains);
  g_ptr_array_unref (tree->by_age);
  g_free (tree);
}

void
local_tree_add_domain (LocalTree *tree, const char *domain)
{
  char *name = g_strdup (domain);

  g_ptr_array_add (tree->by_age, name);
  g_hash_table_add (tree->domains, name);
}

void
local_tree_remove_domain (LocalTree *tree, const char *domain)
{
  guint at;

  g_hash_table_remove (tree->domains, domain);
  if (g_ptr_array_find_with_equal_func (tree->by_age, domain, g_str_equal, &at))
    g_ptr_array_remove_index (tree->by_age, at);
}

LocalEntry *
local_tree_find (const LocalTree *tree, const char *address)
{
  return g_hash_table_lookup (tree->entries, address);
}

LocalAccount *
local_tree_account (const LocalTree *tree, const char *address)
{
  LocalEntry *entry = local_tree_find (tree, address);

  return entry ? entry->account : NULL;
}

LocalAccount *
local_account_new (const char *id, const char *display, const char *hash, const char *scram)
{
  LocalAccount *account = g_new0 (LocalAccount, 1);

  g_strlcpy (account->id, id, sizeof account->id);
  account->display = g_strdup (display);
  account->hash = g_strdup (hash);
  account->scram = g_strdup (scram);
  account->rights = PLI_MAY_IMAP | PLI_MAY_POP3 | PLI_MAY_SUBMIT;
  return account;
}

static LocalEntry *
entry_need (LocalTree *tree, const char *address)
{
  LocalEntry *entry = local_tree_find (tree, address);

  if (entry)
    return entry;
  entry = g_new0 (LocalEntry, 1);
  entry->address = g_strdup (address);
  g_hash_table_insert (tree->entries, entry->address, entry);
  return entry;
}

static void
entry_drop_if_idle (LocalTree *tree, LocalEntry *entry)
{
  if (!entry->account && !entry->targets && entry->uses == 0)
    g_hash_table_remove (tree->entries, entry->address);
}

void
local_tree_add_account (LocalTree *tree, const char *address, LocalAccount *account)
{
  LocalEntry *entry = entry_need (tree, address);

  account_free (entry->account);
  entry->account = account;
}

void
local_tree_remove_account (LocalTree *tree, const char *address)
{
  LocalEntry *entry = local_tree_find (tree, address);

  if (!entry)
    return;
  g_clear_pointer (&entry->account, account_free);
  entry_drop_if_idle (tree, entry);
}

void
local_tree_add_alias (LocalTree *tree, const char *address, const char *target)
{
  LocalEntry *entry = entry_need (tree, address), *to = entry_need (tree, target);

  if (!entry->targets)
    entry->targets = g_ptr_array_new ();
  g_ptr_array_add (entry->targets, to);
  to->uses++;
}

void
local_tree_remove_alias (LocalTree *tree, const char *address, const char *target)
{
  LocalEntry *entry = local_tree_find (tree, address);

  for (guint i = entry && entry->targets ? entry->targets->len : 0; i > 0; i--)
    {
      LocalEntry *to = entry->targets->pdata[i - 1];

      if (target && !g_str_equal (to->address, target))
        continue;
      g_ptr_array_remove_index (entry->targets, i - 1); /* the order of targets stays */
      to->uses--;
      if (to != entry)
        entry_drop_if_idle (tree, to);
    }
  if (!entry)
    return;
  if (entry->targets && entry->targets->len == 0)
    g_clear_pointer (&entry->targets, g_ptr_array_unref);
  entry_drop_if_idle (tree, entry);
}
