/* sasl.c: one step of a SASL conversation (RFC 4422), by GNU SASL. Its callback cannot wait, so SCRAM's first step is done
 * twice: once to learn the login, and, when a source has given its keys, anew with them. PLAIN and LOGIN only collect;
 * the sources verify. A login without keys gets fake ones, and fails with its proof. */
#include "auth-front.h"

typedef struct
{
  FrontAttempt attempt;
  FrontTalk *talk;
  PliSaslResult *result;
  PliSpan response;
  const PliDirectorySettings *directory;
  guint at;
  PliCall *call;
} Step;

static Front *
front_of (const Step *step)
{
  return step->attempt.front;
}

static void
end_talk (Step *step)
{
  front_talk_end (front_of (step)->talks, g_steal_pointer (&step->talk));
}

static void
fail (Step *step, PliErrorCode code, const char *text)
{
  end_talk (step);
  pli_op_fail (step->attempt.ticket, g_error_new_literal (PLI_ERROR, (gint) code, text));
}

static void
challenge (Step *step, PliSpan text)
{
  step->talk->busy = FALSE;
  /* What clients of this mechanism, which no RFC has, look for. */
  if (g_str_equal (step->talk->mechanism, "LOGIN"))
    text = step->talk->steps == 1 ? PLI_SPAN ("Username:") : PLI_SPAN ("Password:");
  step->result->challenge = text;
  pli_op_done (step->attempt.ticket);
}

static void
name_attempt (Step *step)
{
  char *login = pli_arena_strdup (pli_op_arena (step->attempt.op), step->talk->login ? step->talk->login : "");

  pli_ascii_lower (login);
  step->attempt.login = login;
}

static void
refuse (Step *step, const char *why)
{
  const char *known = step->talk->why ? step->talk->why : why;

  end_talk (step);
  front_refuse (&step->attempt, known);
}

/* The client has said its empty last word. */
static void
sign_in (Step *step)
{
  Front *front = front_of (step);

  front_copy_who (pli_op_arena (step->attempt.op), &step->talk->keys.who, &step->result->who);
  front_throttle_succeeded (front->throttle, front_settings (front), step->attempt.login, step->attempt.peer,
                            pli_clock_us (front->instance));
  step->result->done = TRUE;
  end_talk (step);
  pli_op_done (step->attempt.ticket);
}

static gboolean
is_login (const char *login)
{
  return login && *login && strlen (login) <= PLI_PATH_MAX && g_utf8_validate (login, -1, NULL);
}

static void
verify (Step *step)
{
  PliArena *arena = pli_op_arena (step->attempt.op);
  FrontTalk *talk = step->talk;
  PliVerifyArgs *args = pli_arena_new0 (arena, PliVerifyArgs);

  if (!is_login (talk->login) || !talk->password || !*talk->password)
    {
      fail (step, PLI_ERROR_SYNTAX, "a login and a password are wanted");
      return;
    }
  args->login = pli_arena_strdup (arena, talk->login);
  args->authzid = pli_arena_strdup (arena, talk->authzid);
  args->service = step->attempt.service;
  args->peer = step->attempt.peer;
  args->password = pli_span_from (pli_arena_strdup (arena, talk->password));
  end_talk (step);
  front_verify_start (&step->attempt, args, &step->result->who, &step->result->done);
}

static void run (Step *step);

static void
use_keys (Step *step, const PliKeysResult *keys)
{
  FrontTalk *talk = step->talk;
  PliArena *arena = talk->arena;

  if (keys && keys->salt.data)
    {
      front_copy_who (arena, &keys->who, &talk->keys.who);
      talk->keys.salt = pli_arena_span (arena, keys->salt);
      talk->keys.stored_key = pli_arena_span (arena, keys->stored_key);
      talk->keys.server_key = pli_arena_span (arena, keys->server_key);
      talk->keys.iterations = keys->iterations;
    }
  else
    {
      front_fake_keys (front_of (step), arena, step->attempt.login, &talk->keys);
      talk->why = keys ? "there are no SCRAM keys of this login: it can use PLAIN, or a password set anew" : talk->why;
    }
  talk->has_keys = TRUE;
  if (front_talk_start_mechanism (front_of (step)->talks, talk) == GSASL_OK)
    run (step);
  else
    fail (step, PLI_ERROR_TRY_AGAIN, "libgsasl does not begin the mechanism");
}

static void
gone (PliOp *op, gpointer user)
{
  Step *step = user;

  (void) op;
  pli_call_cancel (step->call);
  g_clear_pointer (&step->directory, pli_directory_settings_unref);
  fail (step, PLI_ERROR_TRY_AGAIN, "the client has gone");
}

static void ask_keys (Step *step);

static void
keys_came (gpointer user, const void *result, const GError *error)
{
  Step *step = user;

  step->call = NULL;
  /* PERMANENT: a source without keys at all. */
  if (g_error_matches (error, PLI_ERROR, PLI_ERROR_NOT_FOUND)
      || g_error_matches (error, PLI_ERROR, PLI_ERROR_PERMANENT))
    {
      step->at++;
      ask_keys (step);
      return;
    }
  g_clear_pointer (&step->directory, pli_directory_settings_unref);
  pli_op_on_cancel (step->attempt.op, NULL, NULL);
  if (error && !g_error_matches (error, PLI_ERROR, PLI_ERROR_DENIED))
    {
      fail (step, (PliErrorCode) error->code, error->message);
      return;
    }
  if (error)
    step->talk->why = g_intern_string (error->message);
  use_keys (step, result);
}

static void
ask_keys (Step *step)
{
  PliKeysArgs args = { step->talk->login, step->attempt.service };
  const char *source = step->directory->sources[step->at];

  if (source)
    {
      step->call = pli_source_ask (front_of (step)->instance, source, PLI_SOURCE_KEYS, &args, keys_came, step);
      return;
    }
  g_clear_pointer (&step->directory, pli_directory_settings_unref);
  pli_op_on_cancel (step->attempt.op, NULL, NULL);
  step->talk->why = "no such account, or none with SCRAM keys";
  use_keys (step, NULL);
}

static void
find_keys (Step *step)
{
  FrontTalk *talk = step->talk;

  talk->wants_keys = FALSE;
  talk->login = g_strdup (gsasl_property_fast (talk->gsasl, GSASL_AUTHID));
  talk->authzid = g_strdup (gsasl_property_fast (talk->gsasl, GSASL_AUTHZID));
  name_attempt (step);
  if (!is_login (talk->login))
    {
      fail (step, PLI_ERROR_SYNTAX, "not a login");
      return;
    }
  if (talk->authzid && *talk->authzid && g_ascii_strcasecmp (talk->authzid, talk->login) != 0)
    talk->why = "another identity asked for";
  step->directory = pli_directory_settings (front_of (step)->instance);
  pli_op_on_cancel (step->attempt.op, gone, step);
  ask_keys (step);
}

static void
proven (Step *step, PliSpan last)
{
  if (step->talk->why)
    {
      refuse (step, NULL);
      return;
    }
  step->talk->proven = TRUE;
  challenge (step, last);
}

static void
run (Step *step)
{
  FrontTalk *talk = step->talk;
  PliSpan text;
  int code = front_talk_step (front_of (step)->talks, talk, step->response, pli_op_arena (step->attempt.op), &text);

  if (talk->wants_verify || talk->login)
    name_attempt (step);
  if (talk->wants_verify)
    verify (step);
  else if (talk->wants_keys)
    find_keys (step);
  else if (code == GSASL_NEEDS_MORE)
    challenge (step, text);
  else if (code == GSASL_OK && talk->has_keys)
    proven (step, text);
  else if (talk->has_keys && code != GSASL_MECHANISM_PARSE_ERROR)
    refuse (step, "wrong password");
  else
    fail (step, PLI_ERROR_SYNTAX, gsasl_strerror (code));
}

static gboolean
offers (const PliDirectorySettings *directory, const char *mechanism)
{
  for (guint i = 0; directory->mechanisms[i]; i++)
    if (g_ascii_strcasecmp (directory->mechanisms[i], mechanism) == 0)
      return TRUE;
  return FALSE;
}

/* NULL after the ticket was failed. */
static FrontTalk *
begin (Step *step, const PliSaslArgs *args)
{
  Front *front = front_of (step);
  const PliDirectorySettings *directory = pli_directory_settings (front->instance);
  gboolean offered = offers (directory, args->mechanism), plus = offers (directory, "SCRAM-SHA-256-PLUS");
  FrontTalk *talk;

  pli_directory_settings_unref (directory);
  if (!offered || (g_str_has_suffix (args->mechanism, "-PLUS") && !args->exporter.data && !args->unique.data))
    {
      fail (step, PLI_ERROR_PERMANENT, "the mechanism is not offered here");
      return NULL;
    }
  talk = front_talk_begin (front->talks, front_settings (front), pli_op_session (step->attempt.op),
                           pli_clock_us (front->instance));
  step->talk = talk;
  if (!talk)
    {
      fail (step, PLI_ERROR_TRY_AGAIN, "too many logins are under way");
      return NULL;
    }
  talk->mechanism = g_ascii_strup (args->mechanism, -1);
  /* Without -PLUS among the mechanisms a client that could use it must not be taken for one that was misled. */
  if (plus)
    {
      talk->exporter = pli_arena_span (talk->arena, args->exporter);
      talk->unique = pli_arena_span (talk->arena, args->unique);
    }
  if (front_talk_start_mechanism (front->talks, talk) == GSASL_OK)
    return talk;
  fail (step, PLI_ERROR_PERMANENT, "the mechanism is not offered on this connection");
  return NULL;
}

/* libgsasl's LOGIN asks for the name even when the client has said it. */
static void
skip_question (Step *step)
{
  FrontTalk *talk = step->talk;
  PliSpan question;

  if (g_str_equal (talk->mechanism, "LOGIN")
      && front_talk_step (front_of (step)->talks, talk, pli_span (NULL, 0), pli_op_arena (step->attempt.op), &question)
             == GSASL_NEEDS_MORE)
    talk->steps++;
}

static gboolean
within_limits (Step *step)
{
  const FrontSettings *set = front_settings (front_of (step));
  FrontTalk *talk = step->talk;

  talk->bytes += step->response.len;
  return ++talk->steps <= set->steps_max && talk->bytes <= set->response_max;
}

PliStep
front_sasl (PliOp *op, gpointer self, const PliSaslArgs *args, PliSaslResult *result)
{
  Front *front = self;
  Step *step = pli_arena_new0 (pli_op_arena (op), Step);

  *step = (Step){ .attempt = { .front = front, .op = op, .peer = args->peer, .service = args->service },
                  .result = result,
                  .response = args->response };
  step->attempt.ticket = pli_op_wait (op);
  step->talk = args->mechanism ? begin (step, args)
                               : front_talk_find (front->talks, pli_op_session (op), pli_clock_us (front->instance));
  if (args->mechanism && !step->talk)
    return PLI_WAIT;
  if (!step->talk || step->talk->busy)
    {
      step->talk = NULL;
      fail (step, PLI_ERROR_SYNTAX, "no conversation is under way, or its time is over");
      return PLI_WAIT;
    }
  if (args->mechanism && args->response.data)
    skip_question (step);
  if (!within_limits (step))
    {
      fail (step, PLI_ERROR_SYNTAX, "the conversation is too long");
      return PLI_WAIT;
    }
  /* None of our mechanisms has an empty response but at its end. */
  if (step->response.data && step->response.len == 0 && !step->talk->proven)
    {
      fail (step, PLI_ERROR_SYNTAX, "the response is empty");
      return PLI_WAIT;
    }
  step->talk->busy = TRUE;
  name_attempt (step);
  if (step->talk->has_keys && !front_admit (&step->attempt))
    end_talk (step);
  else if (!step->talk->proven)
    run (step);
  else if (step->response.len == 0)
    sign_in (step);
  else
    fail (step, PLI_ERROR_SYNTAX, "an empty last response is wanted");
  return PLI_WAIT;
}
