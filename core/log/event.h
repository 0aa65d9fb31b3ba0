/* event.h: where events go. Internal to core; plugins use <pli/log.h>. */
#ifndef PLI_LOG_EVENT_H
#define PLI_LOG_EVENT_H

#include <pli/log.h>

/* Before other threads start. @who: name of the room, in each line. */
void pli_log_setup (int fd, gboolean json, PliLogLevel least, const char *who);

#endif
