/* filter.h: deciders and observers on the way of a message in.
 *
 * A decider returns PLI_DONE with *verdict (CONTINUE is set before the call), PLI_FAIL after pli_op_error(), or
 * PLI_WAIT. Failure, a missed deadline or a crash means what `on-failure` of that filter says: defer, or skip; never
 * accept. A verdict decides, an edit changes the message, a fact informs. */
#ifndef PLI_FILTER_H
#define PLI_FILTER_H

#include <pli/message.h>

G_BEGIN_DECLS

typedef enum
{
  PLI_CONTINUE,
  PLI_ACCEPT, /* no further filter of this stage is asked; needs the right "accept" */
  PLI_REJECT,
  PLI_DEFER,
  PLI_DISCARD,
  PLI_QUARANTINE, /* accepted, but set apart; the filters behind are asked, and may refuse */
} PliVerdictKind;

typedef struct
{
  guint32 kind;       /* PliVerdictKind */
  guint32 code;       /* 0: 550 or 451 */
  const char *status; /* "5.7.1", NULL: by kind */
  const char *text;   /* one line; in pli_op_arena() or static */
  const char *by;     /* set by core: name of the plugin that decided, NULL for CONTINUE */
  const char *where;  /* "policy.lua:12", or what else in the plugin decided; NULL; as text */
} PliVerdict;

typedef struct
{
  const char *address;
} PliRcptArgs;

typedef struct
{
  const char *name; /* HELO, EHLO, LHLO argument */
} PliHelloArgs;

typedef enum
{
  PLI_STAGE_CONNECT,
  PLI_STAGE_HELLO,
  PLI_STAGE_MAIL,
  PLI_STAGE_RCPT,
  PLI_STAGE_MESSAGE,
  PLI_STAGE_HEADERS,
  PLI_N_STAGES,
} PliStage;

/* A slot that is NULL costs nothing. @txn is NULL for on_connect and on_hello. */
typedef struct
{
  gsize size;
  PliStep (*on_connect) (PliOp *op, PliSession *session, PliVerdict *verdict);
  PliStep (*on_hello) (PliOp *op, PliSession *session, const PliHelloArgs *args, PliVerdict *verdict);
  PliStep (*on_mail) (PliOp *op, PliTxn *txn, PliVerdict *verdict);
  PliStep (*on_rcpt) (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict);
  PliStep (*on_message) (PliOp *op, PliTxn *txn, PliVerdict *verdict);
  /* Observer: what was answered to the end of data. Cannot change anything. */
  void (*saw_end) (PliTxn *txn, const PliVerdict *verdict);
  /* The message is there; all filters are asked here before the first on_message: for what the header decides. */
  PliStep (*on_headers) (PliOp *op, PliTxn *txn, PliVerdict *verdict);
  /* May be NULL: then always. Whether the slot of @stage would have anything to say with the settings in force
   * (%PLI_N_STAGES: saw_end()): a filter that is not in use costs nothing. @self: of pli_plugin_set_data(). */
  gboolean (*wants) (gpointer self, PliStage stage);
} PliFilter;

/**
 * pli_filters_run:
 * @session: whose
 * @txn: (nullable): transaction
 * @args: the stage's args struct, or NULL
 * @done: gets a const PliVerdict * as result, CONTINUE when all agreed; never an error
 *
 * Asks the filters of @stage in order until one decides. For engines.
 */
PLI_API PliCall *
pli_filters_run (PliSession *session, PliTxn *txn, PliStage stage, const void *args, PliDone done, gpointer user);
/* Is there a filter for @stage? Lets an engine skip pli_filters_run(). */
PLI_API gboolean pli_filters_any (PliInstance *instance, PliStage stage);
/* Tells the observers what was answered to the end of data. For engines. */
PLI_API void pli_filters_end (PliTxn *txn, const PliVerdict *verdict);

G_END_DECLS

#endif
