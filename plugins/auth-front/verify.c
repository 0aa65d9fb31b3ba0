/* verify.c: is this the password of that login? The sources are asked in order; the first that knows the login owns it,
 * whatever it answers. A source that cannot be asked ends the search: its users are told to try again. */
#include "auth-front.h"

typedef struct
{
  FrontAttempt attempt;
  const PliDirectorySettings *directory;
  guint at;
  const PliVerifyArgs *args;
  PliVerifyResult *result;
  gboolean *done;
  PliCall *call;
} Search;

void
front_copy_who (PliArena *arena, const PliVerifyResult *from, PliVerifyResult *to)
{
  *to = (PliVerifyResult){ .account = pli_arena_strdup (arena, from->account),
                           .login = pli_arena_strdup (arena, from->login),
                           .name = pli_arena_strdup (arena, from->name),
                           .store = pli_arena_strdup (arena, from->store),
                           .rights = from->rights,
                           .quota_bytes = from->quota_bytes };
}

static void
gone (PliOp *op, gpointer user)
{
  Search *search = user;

  (void) op;
  pli_call_cancel (search->call);
  pli_directory_settings_unref (search->directory);
  pli_op_fail (search->attempt.ticket, g_error_new_literal (PLI_ERROR, PLI_ERROR_TRY_AGAIN, "the client has gone"));
}

static void
end (Search *search)
{
  search->call = NULL;
  g_clear_pointer (&search->directory, pli_directory_settings_unref);
  pli_op_on_cancel (search->attempt.op, NULL, NULL);
}

static void ask_next (Search *search);

static void
answered (gpointer user, const void *result, const GError *error)
{
  Search *search = user;
  FrontAttempt *attempt = &search->attempt;

  search->call = NULL;
  if (g_error_matches (error, PLI_ERROR, PLI_ERROR_NOT_FOUND))
    {
      search->at++;
      ask_next (search);
      return;
    }
  end (search);
  if (g_error_matches (error, PLI_ERROR, PLI_ERROR_DENIED))
    front_refuse (attempt, error->message);
  else if (error)
    pli_op_fail (attempt->ticket, g_error_copy (error));
  else
    {
      front_throttle_succeeded (attempt->front->throttle, front_settings (attempt->front), attempt->login,
                                attempt->peer, pli_clock_us (attempt->front->instance));
      front_copy_who (pli_op_arena (attempt->op), result, search->result);
      if (search->done)
        *search->done = TRUE;
      pli_op_done (attempt->ticket);
    }
}

static void
ask_next (Search *search)
{
  const char *source = search->directory->sources[search->at];

  if (source)
    {
      search->call =
          pli_source_ask (search->attempt.front->instance, source, PLI_SOURCE_VERIFY, search->args, answered, search);
      return;
    }
  end (search);
  front_refuse (&search->attempt, "no such account");
}

void
front_verify_start (const FrontAttempt *attempt, const PliVerifyArgs *args, PliVerifyResult *result, gboolean *out_done)
{
  Search *search;

  if (!front_admit (attempt))
    return;
  search = pli_arena_new0 (pli_op_arena (attempt->op), Search);
  *search = (Search){ .attempt = *attempt,
                      .directory = pli_directory_settings (attempt->front->instance),
                      .args = args,
                      .result = result,
                      .done = out_done };
  pli_op_on_cancel (attempt->op, gone, search);
  ask_next (search);
}

PliStep
front_verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result)
{
  FrontAttempt attempt = { .front = self, .op = op, .peer = args->peer, .service = args->service };
  char *login;

  if (!args->login || strlen (args->login) > PLI_PATH_MAX || !args->password.data)
    return pli_op_error (op, PLI_ERROR_DENIED, "login refused");
  login = pli_arena_strdup (pli_op_arena (op), args->login);
  pli_ascii_lower (login);
  attempt.login = login;
  attempt.ticket = pli_op_wait (op);
  front_verify_start (&attempt, args, result, NULL);
  return PLI_WAIT;
}
