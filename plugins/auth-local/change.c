/* change.c: administration: names are checked and brought into their one form, the password is hashed, the database
 * written and synced, then the tree in memory follows. Answers when the change is durable. */
#include "auth-local.h"

static gboolean
refuse (GError **error, const char *format, const char *name)
{
  g_set_error (error, PLI_ERROR, PLI_ERROR_PERMANENT, format, name);
  return FALSE;
}

/* Text and domain of an address, both in @arena and in lower case. */
static gboolean
canonical (PliArena *arena, const char *text, const char **out_address, const char **out_domain, GError **error)
{
  PliAddress address;
  g_autoptr (GError) why = NULL;
  char *local;

  if (!text || text[0] == '@')
    return refuse (error, "\"%s\" is not an address; for all other users of a domain, set catch-all in [domain D]",
                   text ? text : "");
  if (!pli_address_parse (pli_span_from (text), PLI_PATH_UTF8, arena, &address, &why) || address.domain.data[0] == '[')
    {
      g_set_error (error, PLI_ERROR, PLI_ERROR_PERMANENT, "\"%s\" is not an address: %s", text,
                   why ? why->message : "a domain is wanted behind the @");
      return FALSE;
    }
  local = pli_arena_text (arena, address.local);
  pli_ascii_lower (local);
  address.local.data = local;
  *out_address = pli_address_text (arena, &address);
  if (out_domain)
    *out_domain = pli_arena_text (arena, address.domain);
  return TRUE;
}

static gboolean
canonical_domain (PliArena *arena, const char *text, const char **out_domain, GError **error)
{
  char *domain = pli_arena_strdup (arena, text);

  if (!domain || !pli_domain_valid (pli_span_from (domain), TRUE))
    return refuse (error, "\"%s\" is not a domain name", text ? text : "");
  pli_ascii_lower (domain);
  *out_domain = domain;
  return TRUE;
}

static gboolean
check_password (const LocalSettings *set, PliSpan password, GError **error)
{
  if ((gint64) password.len >= set->password_min && password.len <= LOCAL_PASSWORD_MAX
      && !memchr (password.data, 0, password.len))
    return TRUE;
  g_set_error (error, PLI_ERROR, PLI_ERROR_PERMANENT, "a password has %d to %d bytes and no NUL",
               (int) set->password_min, LOCAL_PASSWORD_MAX);
  return FALSE;
}

static gboolean
prepare (const LocalSettings *set, PliArena *arena, const PliChangeArgs *args, LocalChange *change, GError **error)
{
  if (args->verb == PLI_DOMAIN_ADD || args->verb == PLI_DOMAIN_REMOVE)
    return canonical_domain (arena, args->name, &change->name, error);
  if (args->verb > PLI_ALIAS_REMOVE)
    return refuse (error, "auth-local does not know this %s", "change");
  if (!canonical (arena, args->name, &change->name, &change->domain, error))
    return FALSE;
  if ((args->verb == PLI_ALIAS_ADD || (args->verb == PLI_ALIAS_REMOVE && args->target))
      && !canonical (arena, args->target, &change->target, NULL, error))
    return FALSE;
  if (args->verb == PLI_ACCOUNT_PASSWORD && !args->password.data)
    return refuse (error, "a new password is wanted for %s", change->name);
  if (args->password.data && !check_password (set, args->password, error))
    return FALSE;
  if (args->display && (strlen (args->display) > 255 || !g_utf8_validate (args->display, -1, NULL)))
    return refuse (error, "the display name of %s has more than 255 bytes, or is not UTF-8", change->name);
  return TRUE;
}

static void
apply (Local *local, LocalChange *change)
{
  LocalTree *tree = local->tree;
  LocalAccount *account = local_tree_account (tree, change->name);

  switch (change->verb)
    {
    case PLI_DOMAIN_ADD:
      local_tree_add_domain (tree, change->name);
      break;
    case PLI_DOMAIN_REMOVE:
      local_tree_remove_domain (tree, change->name);
      break;
    case PLI_ACCOUNT_ADD:
      local_tree_add_account (tree, change->name,
                              local_account_new (change->id, change->display, change->hash, change->scram));
      break;
    case PLI_ACCOUNT_PASSWORD:
      g_free (account->hash);
      account->hash = g_strdup (change->hash);
      g_free (account->scram);
      account->scram = g_strdup (change->scram);
      break;
    case PLI_ACCOUNT_DISABLE:
    case PLI_ACCOUNT_ENABLE:
      account->disabled = change->verb == PLI_ACCOUNT_DISABLE;
      break;
    case PLI_ACCOUNT_REMOVE:
      local_tree_remove_account (tree, change->name);
      break;
    case PLI_ALIAS_ADD:
      local_tree_add_alias (tree, change->name, change->target);
      break;
    default:
      local_tree_remove_alias (tree, change->name, change->target);
    }
}

/* In the offload pool, alone with the database. */
static void
write_it (Local *local, gpointer user)
{
  LocalChange *change = user;

  local_write (local->db, change, &change->error);
}

static void
finish (LocalChange *change)
{
  g_clear_pointer (&change->hash, g_free);
  g_clear_pointer (&change->scram, g_free);
  if (change->error)
    pli_op_fail (change->ticket, g_steal_pointer (&change->error));
  else
    pli_op_done (change->ticket);
}

static void
written (Local *local, gpointer user)
{
  LocalChange *change = user;

  if (!change->error)
    {
      apply (local, change);
      if (change->verb == PLI_ACCOUNT_ADD)
        change->result->account = change->id;
    }
  finish (change);
}

static void
hash_it (Local *local, gpointer user)
{
  LocalChange *change = user;

  (void) local;
  change->hash = local_hash_new (change->password, change->hash_cost, &change->error);
  if (change->hash)
    change->scram = local_scram_new (change->password, change->iterations);
}

static void
hashed (Local *local, gpointer user)
{
  LocalChange *change = user;

  if (change->error)
    finish (change);
  else
    local_jobs_add (local, write_it, written, change);
}

PliStep
local_change (PliOp *op, gpointer self, const PliChangeArgs *args, PliChangeResult *result)
{
  Local *local = self;
  const LocalSettings *set = local_settings (local);
  LocalChange *change = pli_arena_new0 (pli_op_arena (op), LocalChange);
  gboolean hash = args->verb == PLI_ACCOUNT_PASSWORD || (args->verb == PLI_ACCOUNT_ADD && args->password.data);
  GError *error = NULL;

  change->verb = args->verb;
  change->display = args->display;
  change->password = args->password;
  change->result = result;
  change->hash_cost = set->hash_cost;
  change->iterations = local_iterations (local);
  change->now_us = pli_now_us (local->instance);
  if (!prepare (set, pli_op_arena (op), args, change, &error))
    return pli_op_take_error (op, error);
  if (args->verb == PLI_ACCOUNT_ADD)
    pli_id_new (change->id, change->now_us);
  change->ticket = pli_op_wait (op);
  if (!hash)
    local_jobs_add (local, write_it, written, change);
  else if (!local_hashing_add (local, hash_it, hashed, change))
    pli_op_fail (change->ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "too many logins at once"));
  return PLI_WAIT;
}
