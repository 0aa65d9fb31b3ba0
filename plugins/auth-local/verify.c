/* verify.c: is this the password of that login? A login that was right a while ago is remembered; else the hash runs in
 * the offload pool. A login that does not exist in a domain of ours takes the same way. Passwords longer than any that can
 * be set are refused unhashed. Accounts made before there were SCRAM keys get theirs when the password is right. */
#include "auth-local.h"

typedef struct
{
  PliOp *op;
  PliTicket ticket;
  const PliVerifyArgs *args;
  PliVerifyResult *result;
  char *login;      /* canonical */
  const char *hash; /* copy, NULL for none */
  LocalSettings set;
  gint64 iterations; /* 0: no SCRAM keys are wanted */
  char *scram;
  gboolean right;
} Login;

static guint32
right_for (const char *service)
{
  static const struct
  {
    const char *service;
    guint32 right;
  } rows[] = { { "imap", PLI_MAY_IMAP }, { "pop3", PLI_MAY_POP3 }, { "submission", PLI_MAY_SUBMIT } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    if (g_strcmp0 (service, rows[i].service) == 0)
      return rows[i].right;
  return 0;
}

/* A login without a domain belongs to the default one. */
char *
local_canonical_login (Local *local, PliArena *arena, const char *login)
{
  const char *domain = local_default_domain (local);
  char *text = strchr (login, '@') || !domain ? pli_arena_strdup (arena, login)
                                              : pli_arena_printf (arena, "%s@%s", login, domain);

  pli_ascii_lower (text);
  return text;
}

const char *
local_why_not (const LocalAccount *account, const char *service)
{
  if (account->disabled)
    return "disabled";
  return (account->rights & right_for (service)) == 0 ? "not allowed for this service" : NULL;
}

/* NULL when this login may come in; else why not, for the log. */
static const char *
why_not (const LocalAccount *account, const PliVerifyArgs *args, const char *login, gboolean right)
{
  if (!account)
    return "no such account";
  if (!right)
    return "wrong password";
  if (local_why_not (account, args->service))
    return local_why_not (account, args->service);
  if (args->authzid && *args->authzid && g_ascii_strcasecmp (args->authzid, args->login) != 0
      && g_ascii_strcasecmp (args->authzid, login) != 0)
    return "another identity asked for";
  return NULL;
}

void
local_fill_who (Local *local, PliArena *arena, const LocalAccount *account, const char *login, PliVerifyResult *result)
{
  result->account = pli_arena_strdup (arena, account->id);
  result->login = login;
  result->name = pli_arena_strdup (arena, account->display);
  result->store = pli_arena_strdup (arena, local_store_of (local, login));
  result->rights = account->rights;
}

static void
refuse (Local *local, Login *login, const char *why)
{
  gboolean ours = local_tree_account (local->tree, login->login) != NULL;

  pli_op_fail (login->ticket, g_error_new_literal (PLI_ERROR, ours ? PLI_ERROR_DENIED : PLI_ERROR_NOT_FOUND, why));
}

/* The account had no SCRAM keys. */
typedef struct
{
  char *address, *scram, *hash;
  GError *error;
} Upgrade;

static void
write_keys (Local *local, gpointer user)
{
  Upgrade *upgrade = user;
  const char *const texts[] = { upgrade->scram, upgrade->address, upgrade->hash };

  local_db_run (local->db, "UPDATE account SET scram = ?1 WHERE address = ?2 AND hash = ?3", texts, 3, NULL,
                &upgrade->error);
}

static void
keys_written (Local *local, gpointer user)
{
  Upgrade *upgrade = user;
  LocalAccount *account = local_tree_account (local->tree, upgrade->address);

  if (upgrade->error)
    pli_log (PLI_LOG_WARNING, "auth.keys-not-kept", "login", upgrade->address, "why", upgrade->error->message, NULL);
  else if (account && g_strcmp0 (account->hash, upgrade->hash) == 0)
    {
      g_free (account->scram);
      account->scram = g_steal_pointer (&upgrade->scram);
    }
  g_clear_error (&upgrade->error);
  g_free (upgrade->address);
  g_free (upgrade->scram);
  g_free (upgrade->hash);
  g_free (upgrade);
}

static void
keep_keys (Local *local, Login *login)
{
  Upgrade *upgrade = g_new0 (Upgrade, 1);

  upgrade->address = g_strdup (login->login);
  upgrade->scram = g_steal_pointer (&login->scram);
  upgrade->hash = g_strdup (login->hash);
  local_jobs_add (local, write_keys, keys_written, upgrade);
}

/* In the offload pool. */
static void
check (Local *local, gpointer user)
{
  Login *login = user;

  (void) local;
  login->right = local_hash_check (login->args->password, login->hash, login->set.hash_cost);
  if (login->right && login->iterations > 0)
    login->scram = local_scram_new (login->args->password, login->iterations);
}

static void
checked (Local *local, gpointer user)
{
  Login *login = user;
  const LocalAccount *account = local_tree_account (local->tree, login->login);
  gint64 now = pli_clock_us (local->instance);
  const char *why;

  /* It may have been changed in the meantime. */
  login->right &= account && g_strcmp0 (account->hash, login->hash) == 0;
  why = why_not (account, login->args, login->login, login->right);
  if (why)
    {
      g_free (login->scram);
      refuse (local, login, why);
      return;
    }
  if (login->scram)
    keep_keys (local, login);
  local_memo_add (local->memo, login->login, login->args->password, account->hash, now, now + login->set.login_memory);
  local_fill_who (local, pli_op_arena (login->op), account, login->login, login->result);
  pli_op_done (login->ticket);
}

static gboolean
is_our_domain (Local *local, const char *login)
{
  const char *at = strrchr (login, '@');

  return at && g_hash_table_contains (local->tree->domains, at + 1);
}

PliStep
local_verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result)
{
  Local *local = self;
  PliArena *arena = pli_op_arena (op);
  Login *login;
  const LocalAccount *account;
  char *name;

  if (!args->login || strlen (args->login) > PLI_PATH_MAX || !args->password.data)
    return pli_op_error (op, PLI_ERROR_DENIED, "login refused");
  name = local_canonical_login (local, arena, args->login);
  account = local_tree_account (local->tree, name);
  if (!account && !is_our_domain (local, name))
    return pli_op_error (op, PLI_ERROR_NOT_FOUND, "the domain of this login is not in directory.db");
  if (account && account->hash && args->password.len <= LOCAL_PASSWORD_MAX
      && local_memo_has (local->memo, name, args->password, account->hash, pli_clock_us (local->instance))
      && !why_not (account, args, name, TRUE))
    {
      local_fill_who (local, arena, account, name, result);
      return PLI_DONE;
    }
  login = pli_arena_new0 (arena, Login);
  *login = (Login){ .op = op,
                    .args = args,
                    .result = result,
                    .login = name,
                    .hash = account ? pli_arena_strdup (arena, account->hash) : NULL,
                    .set = *local_settings (local),
                    .iterations = account && account->hash && !account->scram ? local_iterations (local) : 0 };
  login->ticket = pli_op_wait (op);
  if (args->password.len > LOCAL_PASSWORD_MAX || memchr (args->password.data, 0, args->password.len))
    refuse (local, login, "no password can be like this");
  else if (!local_hashing_add (local, check, checked, login))
    pli_op_fail (login->ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "too many logins at once"));
  return PLI_WAIT;
}
