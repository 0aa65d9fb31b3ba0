/* metrics.h: all counters and gauges of the process as text. Internal to core; plugins use <pli/log.h>. */
#ifndef PLI_LOG_METRICS_H
#define PLI_LOG_METRICS_H

#include <pli/log.h>

/* OpenMetrics text, each sample labelled with the room; without "# EOF". */
void pli_metrics_write (const char *room, guint index, PliBuffer *out);

#endif
