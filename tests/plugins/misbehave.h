/* misbehave.h: what the filters that misbehave on purpose share: which stages they do it at.
 *
 * `stages` lists where the fault happens; elsewhere the filter agrees at once. `sender` limits it to one sender's mail. */
#ifndef MISBEHAVE_H
#define MISBEHAVE_H

#include <pli/filter.h>

typedef struct
{
  const char *const *stages;
  const char *sender;
  gint64 every; /* misbehave-fail: each how many calls */
  gint64 delay; /* misbehave-late: µs */
} Misbehave;

#define MISBEHAVE_STAGES                                                                                               \
  PLI_LIST (Misbehave, stages, "rcpt",                                                                                 \
            .doc = "Where the fault happens: connect, hello, mail, rcpt, headers, message."),                          \
      PLI_TEXT (Misbehave, sender, NULL, .doc = "Only for this sender's mail.")

static inline gboolean
misbehave_at (PliOp *op, PliTxn *txn, const char *stage)
{
  PliPlugin *plugin = pli_op_self (op);
  const Misbehave *set = pli_plugin_settings (plugin);

  if (set->sender && (!txn || !g_str_equal (pli_txn_sender (txn), set->sender)))
    return FALSE;
  for (guint i = 0; set->stages[i]; i++)
    if (g_str_equal (set->stages[i], stage))
      return TRUE;
  return FALSE;
}

static inline gboolean
misbehave_load (PliPlugin *plugin, GError **error)
{
  (void) error;
  pli_plugin_set_data (plugin, plugin);
  return TRUE;
}

/* Defines the six deciders, each of which calls fault (op, txn or NULL) at its stage. */
#define MISBEHAVE_DECIDERS                                                                                             \
  static PliStep on_connect (PliOp *op, PliSession *session, PliVerdict *verdict)                                      \
  {                                                                                                                    \
    (void) session;                                                                                                    \
    return misbehave_at (op, NULL, "connect") ? fault (op, NULL, verdict) : PLI_DONE;                                  \
  }                                                                                                                    \
  static PliStep on_hello (PliOp *op, PliSession *session, const PliHelloArgs *args, PliVerdict *verdict)              \
  {                                                                                                                    \
    (void) session;                                                                                                    \
    (void) args;                                                                                                       \
    return misbehave_at (op, NULL, "hello") ? fault (op, NULL, verdict) : PLI_DONE;                                    \
  }                                                                                                                    \
  static PliStep on_mail (PliOp *op, PliTxn *txn, PliVerdict *verdict)                                                 \
  {                                                                                                                    \
    return misbehave_at (op, txn, "mail") ? fault (op, txn, verdict) : PLI_DONE;                                       \
  }                                                                                                                    \
  static PliStep on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict)                        \
  {                                                                                                                    \
    (void) args;                                                                                                       \
    return misbehave_at (op, txn, "rcpt") ? fault (op, txn, verdict) : PLI_DONE;                                       \
  }                                                                                                                    \
  static PliStep on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)                                              \
  {                                                                                                                    \
    return misbehave_at (op, txn, "message") ? fault (op, txn, verdict) : PLI_DONE;                                    \
  }                                                                                                                    \
  static PliStep on_headers (PliOp *op, PliTxn *txn, PliVerdict *verdict)                                              \
  {                                                                                                                    \
    return misbehave_at (op, txn, "headers") ? fault (op, txn, verdict) : PLI_DONE;                                    \
  }                                                                                                                    \
  static const PliFilter filter = { .size = sizeof (PliFilter),                                                        \
                                    .on_connect = on_connect,                                                          \
                                    .on_hello = on_hello,                                                              \
                                    .on_mail = on_mail,                                                                \
                                    .on_rcpt = on_rcpt,                                                                \
                                    .on_message = on_message,                                                          \
                                    .on_headers = on_headers };                                                        \
  static const PliService services[] = { PLI_FILTER ("misbehave", &filter), { 0 } };

#endif
