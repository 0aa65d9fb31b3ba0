/* policy.h: settings and state of policy-lua, and what its files call of each other.
 *
 * A *state* is one Lua machine with all scripts loaded; a reload makes another, and calls under way end in the one they
 * began in. A *call* is one stage of one message: it runs the handlers of the stage one after the other in a coroutine,
 * within its budgets, and may wait for names to be looked up. What handlers see is the call's *scene*, filled in by
 * filter.c, router.c or a test. All on the room's loop thread. */
#ifndef POLICY_H
#define POLICY_H

#include "list.h"
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <pli/dns.h>
#include <pli/filter.h>
#include <pli/route.h>
#include <stdarg.h>

typedef struct
{
  gint64 instructions;
  guint64 memory, memory_total, body_max;
  gint64 time;
} PolicySettings;

typedef enum
{
  POLICY_CONNECT,
  POLICY_HELLO,
  POLICY_MAIL,
  POLICY_RCPT,
  POLICY_HEADERS,
  POLICY_MESSAGE,
  POLICY_ROUTE,
  POLICY_DELIVER,
  POLICY_N_STAGES,
} PolicyStage;

#define POLICY_AT(stage) (1u << (stage))
#define POLICY_SMTP                                                                                                    \
  (POLICY_AT (POLICY_CONNECT) | POLICY_AT (POLICY_HELLO) | POLICY_AT (POLICY_MAIL) | POLICY_AT (POLICY_RCPT)           \
   | POLICY_AT (POLICY_HEADERS) | POLICY_AT (POLICY_MESSAGE))
#define POLICY_QUEUE (POLICY_AT (POLICY_ROUTE) | POLICY_AT (POLICY_DELIVER))

typedef enum
{
  POLICY_NONE,
  POLICY_ACCEPT,
  POLICY_REJECT,
  POLICY_DEFER,
  POLICY_DISCARD,
  POLICY_QUARANTINE,
  POLICY_TO,
  POLICY_FILE,
  POLICY_REDIRECT,
  POLICY_COPY,
  POLICY_N_KINDS,
} PolicyKind;

/* What the handlers of a stage said together; texts are in the call's arena. */
typedef struct
{
  PolicyKind kind;
  guint code, flags; /* flags: PliFlags */
  const char *status, *text, *name, *where;
  const char **to; /* NULL-terminated, or NULL */
  guint n_to;
} PolicyAnswer;

/* What a test says instead of other rooms. */
typedef struct
{
  GHashTable *facts;   /* name → value */
  GHashTable *answers; /* "txt:name", "lookup:address" → values with spaces between them */
  GString *edits;      /* "add X-Name: value" a line */
  PliInstance *instance;
} PolicyStandIn;

/* What a script can see of a message and who brings it; NULL and 0 for what a stage does not have. */
typedef struct
{
  PliTxn *txn; /* for facts and edits */
  const char *peer, *local, *tls, *role, *login, *helo;
  gboolean loopback;
  const char *id, *sender;
  const char *const *rcpts;
  guint64 announced;
  gint64 received_us;
  const char *rcpt, *account, *original;
  guint tries;
  PliSpan header;  /* with its empty line */
  PliSpan message; /* stage message */
  guint64 bytes;
  PolicyStandIn *stand_in;
} PolicyScene;

typedef struct Policy Policy;
typedef struct PolicyState PolicyState;
typedef struct PolicyCall PolicyCall;

/* The texts that a state was made of. */
typedef struct
{
  guint refs;
  PliArena *arena;
  const PliScript *scripts;
  guint n;
} PolicySource;

typedef struct
{
  int ref;
  char *where; /* "policy.lua:12", of the function */
} PolicyHandler;

struct PolicyState
{
  lua_State *L;
  guint refs; /* of the policy, and of each call */
  PliPlugin *plugin;
  PolicySettings set;
  PolicySource *source;
  gsize bytes, limit;
  gboolean refused; /* memory, so that it is better to begin anew */
  gboolean loading;
  PolicyCall *running;
  GArray *handlers[POLICY_N_STAGES]; /* PolicyHandler */
  GHashTable *lists;                 /* name → PolicyList */
  GArray *idle;                      /* int: references of coroutines that can be used again */
  GPtrArray *tests;                  /* PolicyHandler: pli.test() */
  gboolean testing;
  guint64 last_id; /* of calls */
};

/* Plugin data. */
struct Policy
{
  PliPlugin *plugin;
  PolicyState *state;
};

struct PolicyCall
{
  PolicyState *state;
  PolicyStage stage;
  PolicyScene scene;
  PolicyAnswer answer;
  guint64 id;
  guint handler;
  PliArena *arena;
  lua_State *co;
  int co_ref;
  guint64 steps, steps_max;
  gsize memory, bytes_before, limit_before;
  gint64 cpu_us, cpu_from_us;
  gboolean tight; /* out of budget: every further instruction is an error */
  char *error;    /* why it failed */
  PliCall *pending;
  guint asked;                     /* PliDnsType, 0: an address */
  const void *result;              /* of what was asked, while the call is being resumed */
  const GError *failed;            /* the same */
  void (*take) (PolicyCall *call); /* fills verdict from answer */
  PliTicket ticket;
  void *verdict; /* PliVerdict or PliRouteResult */
};

extern const char *const policy_stage_names[], *const policy_kind_names[];

/* source.c */
PolicySource *policy_source_new (PliPlugin *plugin);
PolicySource *policy_source_ref (PolicySource *source);
void policy_source_unref (PolicySource *source);

/* state.c: one machine. */
PolicyState *policy_state_new (PliPlugin *plugin, PolicySource *source, const PolicySettings *set, gboolean testing);
PolicyState *policy_state_ref (PolicyState *state);
void policy_state_unref (PolicyState *state);
PolicyState *policy_state_of (lua_State *L);
/* The call that runs now; an error when none does. */
PolicyCall *policy_call_of (lua_State *L);
/* Counts @steps more; does not return when the budget is used up. */
void policy_charge (lua_State *L, guint64 steps);
/* The same for work on so many bytes. */
void policy_charge_bytes (lua_State *L, gsize bytes);
/* Budgets begin and end around whatever runs scripts. */
PolicyCall *policy_budget_enter (PolicyState *state, PolicyCall *call, lua_State *L);
void policy_budget_leave (PolicyState *state, PolicyCall *before);

/* load.c: from texts to a state with all handlers, or an error with file and line. */
PolicyState *policy_load (PliPlugin *plugin, PolicySource *source, const PolicySettings *set, GError **error);
/* @only: names of top-level scripts to run, NULL: all; with pli.test when @testing. */
PolicyState *policy_load_some (PliPlugin *plugin, PolicySource *source, const PolicySettings *set,
                               const char *const *only, gboolean testing, GError **error);
/* Runs one text as script @name in @state. */
gboolean policy_run_text (PolicyState *state, const char *name, PliSpan text, GError **error);

/* call.c */
/* Begins the stage: PLI_DONE with call->answer, PLI_FAIL with call->error, PLI_WAIT: policy_call_finished() follows. The caller
 * has set stage, scene, arena; all ends with policy_call_clear(). */
PliStep policy_call_start (PolicyCall *call, PolicyState *state);
/* An answer to what the call asked has come; result and failed are set. */
void policy_call_wake (PolicyCall *call);
void policy_call_clear (PolicyCall *call);

/* sandbox.c, pattern-lib.c: what scripts find in their globals. */
void policy_open_sandbox (lua_State *L);
void policy_open_patterns (lua_State *L); /* into the table on top */
/* Says "file:line: …"; does not return. @level as in lua_getstack(). */
int policy_error_at (lua_State *L, int level, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* api.c: the table `pli`; answer.c, ask.c, list-lib.c, test-lib.c add to it. */
void policy_open_api (lua_State *L);
/* The table on top becomes one that can only be read; reading what it does not have is an error. */
void policy_lock (lua_State *L);
void policy_open_answers (lua_State *L);
void policy_open_asking (lua_State *L);
void policy_open_lists (lua_State *L);
void policy_open_tests (lua_State *L);
extern const char *const policy_option_names[POLICY_N_KINDS][8];

/* answer.c: the value at @index as an answer, in @arena. FALSE: it is none. */
gboolean policy_answer_read (lua_State *L, int index, PliArena *arena, PolicyAnswer *out);
/* Takes @one, said at @stage, into the answer of all. FALSE with *out_problem. @out_final: no further handler is asked. */
gboolean policy_answer_merge (PolicyAnswer *all, const PolicyAnswer *one, PolicyStage stage, PliArena *arena,
                              gboolean *out_final, const char **out_problem);

/* bound.c: objects that stand for a part of the running call's scene. */
typedef enum
{
  POLICY_SESSION,
  POLICY_TXN,
  POLICY_RCPTS,
  POLICY_MSG,
  POLICY_HEADER,
  POLICY_FACTS,
  POLICY_N_BOUND,
} PolicyBound;

typedef struct
{
  const char *name;
  void (*push) (lua_State *L, PolicyCall *call);
} PolicyField;

void policy_open_bound (lua_State *L);
void policy_bound_push (lua_State *L, PolicyCall *call, PolicyBound kind);
/* The call that the object at @index belongs to; an error when that is not the one that runs. */
PolicyCall *policy_bound_check (lua_State *L, int index, PolicyBound kind);
/* Ends with a zeroed row; NULL for those that take any key. */
const PolicyField *policy_bound_fields (PolicyBound kind);
/* Pushes the arguments of a handler of the call's stage; returns how many. */
int policy_push_args (lua_State *L, PolicyCall *call);
/* What kinds these are; returns how many. */
guint policy_stage_args (PolicyStage stage, PolicyBound out[2]);
extern const PolicyField policy_session_fields[], policy_txn_fields[], policy_rcpt_fields[], policy_msg_fields[];
void policy_push_text (lua_State *L, const char *text);
/* Pushes what is in @buffer, and clears it. */
void policy_push_buffer (lua_State *L, PolicyCall *call, PliBuffer *buffer);
int policy_header_index (lua_State *L);
int policy_facts_index (lua_State *L);

/* lint.c: what can be seen to be wrong without running it. */
gboolean policy_lint (const char *name, PliSpan text, GError **error);

/* run.c */
PliStep
policy_run (PliOp *op, PolicyStage stage, const PolicyScene *scene, void (*take) (PolicyCall *call), void *result);
/* A call that waited is over. */
void policy_call_finished (PolicyCall *call, gboolean ok);
/* A new state from the same texts, since the old one ran out of memory. */
void policy_renew (Policy *policy);

/* filter.c, router.c, command.c */
extern const PliFilter policy_filter;
extern const PliRouter policy_router;
int policy_command (PliPlugin *plugin, int argc, char **argv);

#endif
