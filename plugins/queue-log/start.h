/* start.h: load, stop and unload of the plugin. */
#ifndef QUEUE_LOG_START_H
#define QUEUE_LOG_START_H

#include <pli/plugin.h>

gboolean queue_load (PliPlugin *plugin, GError **error);
void queue_stop (PliPlugin *plugin);
void queue_measure (PliPlugin *plugin);
void queue_unload (PliPlugin *plugin);

#endif
