/* control.h: the control socket, which `pli` commands reach a running server through; kept by the room `admin`. Internal
 * to core.
 *
 * A command connects, is asked for nothing (the kernel says who it is: root or the server's owner), sends one packed call
 * of the table in service/method.h or a question to the supervisor, and gets one answer. Loop thread. */
#ifndef PLI_SYS_CONTROL_H
#define PLI_SYS_CONTROL_H

#include "ipc/channel.h"
#include "ipc/status.h"

typedef struct PliControl PliControl;

typedef enum
{
  PLI_CONTROL_HELLO,  /* server to client: body: version */
  PLI_CONTROL_CALL,   /* method, body: packed args */
  PLI_CONTROL_STATUS, /* for the supervisor */
  PLI_CONTROL_RELOAD,
  PLI_CONTROL_STOP,
  PLI_CONTROL_RESULT, /* body: packed result, or PliStatus */
  PLI_CONTROL_ERROR,  /* method: PliErrorCode; body: text */
} PliControlType;

PliControl *pli_control_new (PliInstance *instance, PliChannel *supervisor, guint32 owner_uid);
/* NULL is fine. */
void pli_control_free (PliControl *control);
/* Makes the socket of a root, listening; -1 and @error when it cannot. */
int pli_control_bind (const char *root, GError **error);
/* @fd: listening; owned. */
void pli_control_listen (PliControl *control, int fd);
/* What the supervisor said to a question. */
void pli_control_answer (PliControl *control, const PliPacketHeader *header, PliSpan body);

#endif
