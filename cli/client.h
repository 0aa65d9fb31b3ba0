/* client.h: the other end of the control socket (sys/control.h). Internal to the program. */
#ifndef PLI_CLI_CLIENT_H
#define PLI_CLI_CLIENT_H

#include "service/method.h"
#include "sys/control.h"

/**
 * pli_client_ask:
 * @header: type, and what goes with it
 * @out_reply: gets the body of a PLI_CONTROL_RESULT
 * @out_runs: (out): FALSE when no server runs; there is an error too then
 *
 * Asks the running server one question and waits for the answer.
 *
 * Errors: what the server answered; %PLI_ERROR_TRY_AGAIN: no server, or it is gone; %PLI_ERROR_DENIED.
 */
gboolean pli_client_ask (const char *root, const PliPacketHeader *header, PliSpan body, PliBuffer *out_reply,
                         gboolean *out_runs, GError **error);
/* A method of a service. @shard: which room of its kind answers; @result: its texts are in @arena. */
gboolean pli_client_call (const char *root, PliMethodNumber number, guint shard, const void *args, PliArena *arena,
                          void *result, gboolean *out_runs, GError **error);

#endif
