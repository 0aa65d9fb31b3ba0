/* report.c: what a room tells of itself: its counters as OpenMetrics text, and the calls that wait. Loop thread. */
#include "log/metrics.h"
#include "net/session.h"
#include "plugin/registry.h"
#include "service/method.h"

PLI_SHAPE (PliReportArgs, F_U32 (PliReportArgs, what));
PLI_SHAPE (PliReportResult, F_TEXT (PliReportResult, text));

const PliMethod pli_report_methods[] = {
  { "room.report", PLI_SERVICE_END, PLI_N_ROOMS, PLI_ROOM_BIT (PLI_ROOM_ADMIN), PLI_CALL_IDEMPOTENT,
    10 * G_USEC_PER_SEC, offsetof (PliOwn, report), &PliReportArgs_shape, &PliReportResult_shape },
};

typedef struct
{
  PliBuffer *out;
  const char *room;
  guint index;
  gint64 now_us;
} Printing;

static void
print_op (const char *label, gint64 since_us, gboolean answered, gpointer user)
{
  Printing *p = user;

  pli_buffer_printf (p->out, "%s/%u %s %.3fs%s\n", p->room, p->index, label,
                     (double) (p->now_us - since_us) / G_USEC_PER_SEC, answered ? " (given up)" : "");
}

static const char *
room_text (PliInstance *instance)
{
  for (guint kind = 0; kind < PLI_N_ROOMS; kind++)
    if (instance->rooms == PLI_ROOM_BIT (kind))
      return pli_room_name ((PliRoomKind) kind);
  return "single";
}

static void
refresh (PliInstance *instance)
{
  if (instance->net)
    pli_gauge_set (pli_gauge ("sessions", "Connections now"), (gint64) pli_net_counts (instance->net).sessions);
  pli_gauge_set (pli_gauge ("calls_waiting", "Calls under way"), pli_op_waiting (instance));
  for (guint i = 0; i < pli_registry_n (instance->registry); i++)
    {
      PliPlugin *plugin = pli_registry_nth (instance->registry, i);

      if (plugin->loaded && plugin->info.measure)
        plugin->info.measure (plugin);
    }
}

PliStep
pli_report (PliOp *op, gpointer self, const void *args, void *result)
{
  const PliReportArgs *what = args;
  PliReportResult *out = result;
  PliInstance *instance = self;
  g_auto (PliBuffer) text = { 0 };
  Printing printing = { &text, room_text (instance), instance->room_index, pli_clock_us (instance) };

  if (what->what == PLI_REPORT_METRICS)
    {
      refresh (instance);
      pli_metrics_write (printing.room, printing.index, &text);
    }
  else
    pli_op_foreach (instance, print_op, &printing);
  out->text = pli_arena_text (pli_op_arena (op), text.len > 0 ? pli_buffer_span (&text) : PLI_SPAN (""));
  return PLI_DONE;
}
