/* misbehave.h: what the filters that misbehave on purpose share: which stages they do it at.
 *
 * `stages` lists where the fault happens; elsewhere the filter agrees at once. */
#ifndef MISBEHAVE_H
#define MISBEHAVE_H

#include <pli/filter.h>

typedef struct
{
  const char *const *stages;
  gint64 every; /* misbehave-fail: each how many calls */
  gint64 delay; /* misbehave-late: µs */
} Misbehave;

#define MISBEHAVE_STAGES                                                                                               \
  PLI_LIST (Misbehave, stages, "rcpt", .doc = "Where the fault happens: connect, hello, mail, rcpt, headers, message.")

static inline gboolean
misbehave_at (PliOp *op, const char *stage)
{
  PliPlugin *plugin = pli_op_self (op);
  const Misbehave *set = pli_plugin_settings (plugin);

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
    return misbehave_at (op, "connect") ? fault (op, NULL, verdict) : PLI_DONE;                                        \
  }                                                                                                                    \
  static PliStep on_hello (PliOp *op, PliSession *session, const PliHelloArgs *args, PliVerdict *verdict)              \
  {                                                                                                                    \
    (void) session;                                                                                                    \
    (void) args;                                                                                                       \
    return misbehave_at (op, "hello") ? fault (op, NULL, verdict) : PLI_DONE;                                          \
  }                                                                                                                    \
  static PliStep on_mail (PliOp *op, PliTxn *txn, PliVerdict *verdict)                                                 \
  {                                                                                                                    \
    return misbehave_at (op, "mail") ? fault (op, txn, verdict) : PLI_DONE;                                            \
  }                                                                                                                    \
  static PliStep on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict)                        \
  {                                                                                                                    \
    (void) args;                                                                                                       \
    return misbehave_at (op, "rcpt") ? fault (op, txn, verdict) : PLI_DONE;                                            \
  }                                                                                                                    \
  static PliStep on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict)                                              \
  {                                                                                                                    \
    return misbehave_at (op, "message") ? fault (op, txn, verdict) : PLI_DONE;                                         \
  }                                                                                                                    \
  static PliStep on_headers (PliOp *op, PliTxn *txn, PliVerdict *verdict)                                              \
  {                                                                                                                    \
    return misbehave_at (op, "headers") ? fault (op, txn, verdict) : PLI_DONE;                                         \
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
