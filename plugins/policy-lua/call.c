/* call.c: one stage of one message: its handlers one after the other, each in a coroutine, until one decides. See policy.h.
 *
 * The coroutine of a handler that has returned is used again; one that failed or was given up is left to the collector,
 * so that nothing of it runs any more. */
#include "policy.h"

#define IDLE_MAX 8

const char *const policy_stage_names[] = { "connect", "hello", "mail",    "rcpt", "headers",
                                           "message", "route", "deliver", NULL };

static void
take_thread (PolicyCall *call)
{
  PolicyState *state = call->state;
  GArray *idle = state->idle;

  if (idle->len > 0)
    {
      call->co_ref = g_array_index (idle, int, idle->len - 1);
      g_array_set_size (idle, idle->len - 1);
      lua_rawgeti (state->L, LUA_REGISTRYINDEX, call->co_ref);
      call->co = lua_tothread (state->L, -1);
      lua_pop (state->L, 1);
      return;
    }
  call->co = lua_newthread (state->L);
  call->co_ref = luaL_ref (state->L, LUA_REGISTRYINDEX);
}

static void
drop_thread (PolicyCall *call, gboolean clean)
{
  GArray *idle = call->state->idle;

  if (!call->co)
    return;
  if (clean && !call->tight && idle->len < IDLE_MAX)
    {
      lua_settop (call->co, 0);
      g_array_append_val (idle, call->co_ref);
    }
  else
    luaL_unref (call->state->L, LUA_REGISTRYINDEX, call->co_ref);
  call->co = NULL;
}

static const PolicyHandler *
handler_of (const PolicyCall *call)
{
  return &g_array_index (call->state->handlers[call->stage], PolicyHandler, call->handler);
}

static int
push_handler (PolicyCall *call)
{
  lua_rawgeti (call->co, LUA_REGISTRYINDEX, handler_of (call)->ref);
  return policy_push_args (call->co, call);
}

/* Errors of Lua name file and line; one that does not, the function. */
static void
note_error (PolicyCall *call)
{
  const char *text = lua_type (call->co, -1) == LUA_TSTRING ? lua_tostring (call->co, -1) : "an error that is no text";

  if (strstr (text, ".lua:"))
    call->error = pli_arena_strdup (call->arena, text);
  else
    call->error = pli_arena_printf (call->arena, "%s: %s", handler_of (call)->where, text);
  for (char *c = call->error; *c; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
}

/* What the handler returned, FALSE with call->error. */
static gboolean
take_answer (PolicyCall *call, int n_results, gboolean *out_final)
{
  PolicyAnswer one;
  const char *problem;

  *out_final = FALSE;
  if (n_results == 0 || lua_isnil (call->co, -n_results))
    return TRUE;
  if (!policy_answer_read (call->co, -n_results, call->arena, &one))
    {
      call->error =
          pli_arena_printf (call->arena, "%s: the function returned a %s, not an answer such as pli.reject ()",
                            handler_of (call)->where, luaL_typename (call->co, -n_results));
      return FALSE;
    }
  if (policy_answer_merge (&call->answer, &one, call->stage, call->arena, out_final, &problem))
    return TRUE;
  call->error = pli_arena_printf (call->arena, "%s: %s", one.where, problem);
  return FALSE;
}

static int
resume (PolicyCall *call, int n_args, int *out_n_results)
{
  PolicyCall *before = policy_budget_enter (call->state, call, call->co);
  int status = lua_resume (call->co, before ? before->co : NULL, n_args, out_n_results);

  policy_budget_leave (call->state, before);
  return status;
}

static PliStep
go_on (PolicyCall *call, int n_args)
{
  for (;;)
    {
      gboolean final;
      int n_results, status = resume (call, n_args, &n_results);

      if (status == LUA_YIELD)
        return PLI_WAIT;
      if (status != LUA_OK)
        note_error (call);
      if (status != LUA_OK || !take_answer (call, n_results, &final))
        {
          drop_thread (call, FALSE);
          return PLI_FAIL;
        }
      lua_settop (call->co, 0);
      if (final || ++call->handler >= call->state->handlers[call->stage]->len)
        break;
      n_args = push_handler (call);
    }
  drop_thread (call, TRUE);
  return PLI_DONE;
}

PliStep
policy_call_start (PolicyCall *call, PolicyState *state)
{
  call->state = policy_state_ref (state);
  call->id = ++state->last_id;
  call->steps_max = (guint64) state->set.instructions;
  if (state->handlers[call->stage]->len == 0)
    return PLI_DONE;
  take_thread (call);
  return go_on (call, push_handler (call));
}

void
policy_call_wake (PolicyCall *call)
{
  PliStep step = go_on (call, 0);

  call->result = NULL;
  call->failed = NULL;
  if (step != PLI_WAIT)
    policy_call_finished (call, step == PLI_DONE);
}

void
policy_call_clear (PolicyCall *call)
{
  PolicyState *state = call->state;

  if (!state)
    return;
  pli_call_cancel (call->pending);
  call->pending = NULL;
  drop_thread (call, FALSE);
  call->state = NULL;
  policy_state_unref (state);
}
