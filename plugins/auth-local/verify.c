/* verify.c: is this the password of that login? A login that was right a while ago is remembered; else the hash runs in
 * the offload pool. A login that does not exist takes the same way, and all failures read the same and are held back the
 * same. Passwords longer than any that can be set are refused unhashed. */
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
  gboolean right, cancelled;
  PliTimer *delay;
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
static char *
canonical_login (Local *local, PliArena *arena, const char *login)
{
  const char *domain = local_default_domain (local);
  char *text = strchr (login, '@') || !domain ? pli_arena_strdup (arena, login)
                                              : pli_arena_printf (arena, "%s@%s", login, domain);

  pli_ascii_lower (text);
  return text;
}

/* NULL when this login may come in; else why not, for the log. */
static const char *
why_not (const LocalAccount *account, const PliVerifyArgs *args, const char *login, gboolean right)
{
  if (!account)
    return "no such account";
  if (!right)
    return "wrong password";
  if (account->disabled)
    return "disabled";
  if ((account->rights & right_for (args->service)) == 0)
    return "not allowed for this service";
  if (args->authzid && *args->authzid && g_ascii_strcasecmp (args->authzid, args->login) != 0
      && g_ascii_strcasecmp (args->authzid, login) != 0)
    return "another identity asked for";
  return NULL;
}

static void
fill (Local *local, PliArena *arena, const LocalAccount *account, const char *login, PliVerifyResult *result)
{
  result->account = pli_arena_strdup (arena, account->id);
  result->login = login;
  result->name = pli_arena_strdup (arena, account->display);
  result->store = pli_arena_strdup (arena, local_store_of (local, login));
  result->rights = account->rights;
}

static void
refuse_now (gpointer user)
{
  Login *login = user;

  login->delay = NULL;
  pli_op_fail (login->ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_DENIED, "login refused"));
}

static void
gone (PliOp *op, gpointer user)
{
  Login *login = user;

  (void) op;
  login->cancelled = TRUE;
  if (!login->delay)
    return;
  pli_timer_cancel (login->delay);
  refuse_now (login);
}

static void
refuse (Local *local, Login *login, const char *why)
{
  gint64 wait = local_throttle_failed (local->throttle, &login->set, login->login, login->args->peer,
                                       pli_clock_us (local->instance));

  pli_log (PLI_LOG_NOTICE, "auth.refused", "login", login->login, "service", login->args->service, "peer",
           login->args->peer, "why", why, NULL);
  if (login->cancelled || wait == 0)
    refuse_now (login);
  else
    login->delay = pli_timer_after (local->instance, wait, refuse_now, login);
}

/* In the offload pool. */
static void
check (Local *local, gpointer user)
{
  Login *login = user;

  (void) local;
  login->right = local_hash_check (login->args->password, login->hash, login->set.hash_cost);
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
      refuse (local, login, why);
      return;
    }
  local_memo_add (local->memo, login->login, login->args->password, account->hash, now, now + login->set.login_memory);
  local_throttle_succeeded (local->throttle, login->login);
  fill (local, pli_op_arena (login->op), account, login->login, login->result);
  pli_op_done (login->ticket);
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
  name = canonical_login (local, arena, args->login);
  account = local_tree_account (local->tree, name);
  if (account && account->hash && args->password.len <= LOCAL_PASSWORD_MAX
      && local_memo_has (local->memo, name, args->password, account->hash, pli_clock_us (local->instance))
      && !why_not (account, args, name, TRUE))
    {
      fill (local, arena, account, name, result);
      return PLI_DONE;
    }
  login = pli_arena_new0 (arena, Login);
  *login = (Login){ .op = op,
                    .args = args,
                    .result = result,
                    .login = name,
                    .hash = account ? pli_arena_strdup (arena, account->hash) : NULL,
                    .set = *local_settings (local) };
  login->ticket = pli_op_wait (op);
  pli_op_on_cancel (op, gone, login);
  if (args->password.len > LOCAL_PASSWORD_MAX || memchr (args->password.data, 0, args->password.len))
    refuse (local, login, "no password can be like this");
  else if (!local_hashing_add (local, check, checked, login))
    pli_op_fail (login->ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "too many logins at once"));
  return PLI_WAIT;
}
