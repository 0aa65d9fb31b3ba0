/* world.h: what surrounds an engine under test: a directory and a queue of the test's own. example.test is ours, any
 * password is "secret"; what is accepted is kept here instead of being delivered. */
#ifndef PLI_TEST_WORLD_H
#define PLI_TEST_WORLD_H

#include <pli/plugin.h>

/* What came to the queue. */
typedef struct
{
  guint n;
  char *sender, *rcpts, *message, *message_id, *envelope, *mailbox; /* of the last one */
  guint32 fail;                                                     /* PliErrorCode to answer with, 0: take it */
} Queued;

extern Queued queued;
extern const PliPluginInfo test_services_LTX_pli_plugin;

#endif
