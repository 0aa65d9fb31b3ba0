/* plugin.c: a whole small plugin, to copy and change: it delays recipients, which makes bulk senders go away.
 *
 * What there is to learn: settings are a struct and one row a field; core fills the struct, writes the conf file and
 * the docs from the rows. A decider answers at once (PLI_DONE, nothing allocated), fails (PLI_FAIL), or takes a ticket
 * and answers later (PLI_WAIT); core keeps the deadline and forgets the ticket when the client hangs up. What a plugin
 * offers is listed in `services`, and PLI_PLUGIN is all that it exports. No locks: all runs on the room's loop thread.
 *
 * To make your own: copy the folder, replace "skeleton" by "filter-yours" in folder, local.mk and PLI_PLUGIN, and see
 * <pli/filter.h> for the other slots. */
#include <pli/filter.h>

typedef struct
{
  gint64 wait; /* µs */
  guint64 max_size;
} Tarry;

static const PliSetting settings[] = {
  PLI_DURATION (Tarry, wait, "4s", .max = 60 * (gint64) G_USEC_PER_SEC, .flags = PLI_RELOAD,
                .doc = "Delay before each recipient is answered."),
  PLI_SIZE (Tarry, max_size, "1MiB", .min = 1024, .flags = PLI_RELOAD,
            .doc = "Messages announced larger than this are not delayed.", .rfc = "RFC 1870"),
  { 0 }
};

static PliStep
on_rcpt (PliOp *op, PliTxn *txn, const PliRcptArgs *args, PliVerdict *verdict)
{
  const Tarry *set = pli_txn_settings (txn, PLI_SELF);

  (void) args;
  (void) verdict; /* stays PLI_CONTINUE */
  if (set->wait == 0 || pli_txn_announced_bytes (txn) > set->max_size)
    return PLI_DONE;
  pli_op_done_after (pli_op_wait (op), set->wait);
  return PLI_WAIT;
}

static const PliFilter filter = { .size = sizeof (PliFilter), .on_rcpt = on_rcpt };
static const PliService services[] = { PLI_FILTER ("tarry", &filter), { 0 } };

PLI_PLUGIN (skeleton, .name = "skeleton", .version = "1", .summary = "Delays recipients; a template to copy",
            .settings = settings, .settings_size = sizeof (Tarry), .services = services);
