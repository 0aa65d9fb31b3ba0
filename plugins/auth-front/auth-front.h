/* auth-front.h: what the files of the plugin share.
 *
 * The front answers for all directories: it asks the sources of `[directory] sources` one after the other, leads SASL
 * conversations, and counts failed logins where all protocols and all sources meet. It knows no user itself. */
#ifndef AUTH_FRONT_H
#define AUTH_FRONT_H

#include <gsasl.h>
#include <pli/directory.h>
#include <pli/mail.h>
#include <pli/plugin.h>

typedef struct
{
  gint64 failure_delay, failure_delay_max, failure_memory;
  gint64 login_failures_max, client_failures_max, block_time, known_client_memory;
  gint64 conversations_max, conversation_time, steps_max;
  guint64 response_max;
} FrontSettings;

typedef struct FrontThrottle FrontThrottle;
typedef struct FrontTalks FrontTalks;

typedef struct
{
  PliPlugin *plugin;
  PliInstance *instance;
  FrontThrottle *throttle;
  FrontTalks *talks;
  guint8 secret[32]; /* of the salts of logins that do not exist */
} Front;

const FrontSettings *front_settings (const Front *front);

/* throttle.c: counts failures by login and by client. All times by pli_clock_us(). */
FrontThrottle *front_throttle_new (void);
void front_throttle_free (FrontThrottle *throttle);
/* Counts one; returns how long its answer is held back. @out_blocked: (out): "login" or "client" when this failure
 * begins a block, else NULL. */
gint64 front_throttle_failed (FrontThrottle *throttle, const FrontSettings *set, const char *login, const char *peer,
                              gint64 now_us, const char **out_blocked);
/* Why this login is not even tried, NULL when it may be. */
const char *front_throttle_blocked (FrontThrottle *throttle, const char *login, const char *peer, gint64 now_us);
void front_throttle_succeeded (FrontThrottle *throttle, const FrontSettings *set, const char *login, const char *peer,
                               gint64 now_us);
/* @name: a login or a client's address. FALSE when nothing was counted for it. */
gboolean front_throttle_forget (FrontThrottle *throttle, const char *name);

/* refuse.c */
typedef struct
{
  Front *front;
  PliOp *op;
  PliTicket ticket;
  const char *login, *peer, *service;
} FrontAttempt;

/* Fails the ticket with PLI_ERROR_DENIED, later and later; counts, logs. @why: for the log. */
void front_refuse (const FrontAttempt *attempt, const char *why);
/* TRUE when it may be tried; else it was refused. */
gboolean front_admit (const FrontAttempt *attempt);

/* verify.c */
/* Completes attempt->ticket. @args: in the op's arena. @out_done: (out) (nullable): set when the ticket is completed well */
void front_verify_start (const FrontAttempt *attempt, const PliVerifyArgs *args, PliVerifyResult *result,
                         gboolean *out_done);
void front_copy_who (PliArena *arena, const PliVerifyResult *from, PliVerifyResult *to);

/* fake.c */
gboolean front_secret_load (Front *front, GError **error);
/* Keys of a login that has none, the same each time. */
void front_fake_keys (const Front *front, PliArena *arena, const char *login, PliKeysResult *out);

/* conversation.c: what is kept between the steps of one session, bounded in number and in time. */
typedef struct
{
  guint64 session;
  gint64 until_us;
  guint steps;
  gsize bytes;
  char *mechanism;
  Gsasl_session *gsasl;
  char *login, *authzid, *password; /* as the client said */
  PliArena *arena;                  /* of keys and bindings */
  PliKeysResult keys;
  PliSpan exporter, unique;
  const char *why; /* it cannot end well, whatever the client says: for the log */
  gboolean has_keys, wants_keys, wants_verify;
  gboolean proven; /* waits for the client's empty last word */
  gboolean busy;   /* a call of a source's is under way for it */
} FrontTalk;

FrontTalks *front_talks_new (void);
void front_talks_free (FrontTalks *talks);
/* Ends the session's older one. NULL when there are too many. */
FrontTalk *front_talk_begin (FrontTalks *talks, const FrontSettings *set, guint64 session, gint64 now_us);
/* NULL when there is none, or its time is over. */
FrontTalk *front_talk_find (FrontTalks *talks, guint64 session, gint64 now_us);
/* NULL is fine. */
void front_talk_end (FrontTalks *talks, FrontTalk *talk);
/* Of libgsasl: one step. @out_challenge: (out): what it says, in @arena */
int front_talk_step (FrontTalks *talks, FrontTalk *talk, PliSpan response, PliArena *arena, PliSpan *out_challenge);
/* GSASL_OK, or a code of libgsasl's. Begins the mechanism anew. */
int front_talk_start_mechanism (FrontTalks *talks, FrontTalk *talk);

/* Slots */
PliStep front_resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result);
PliStep front_verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result);
PliStep front_change (PliOp *op, gpointer self, const PliChangeArgs *args, PliChangeResult *result);
PliStep front_list (PliOp *op, gpointer self, const PliDirectoryListArgs *args, PliDirectoryListResult *result);
PliStep front_sasl (PliOp *op, gpointer self, const PliSaslArgs *args, PliSaslResult *result);

#endif
