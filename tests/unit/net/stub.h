/* stub.h: a tiny line protocol that core/net is tested with. It keeps a journal of what core called.
 *
 * Lines: ECHO x → x · BIG n → n times '#', stopping while the output is full · WAIT → pauses · STARTTLS · IDLE ms ·
 * MAX n (input maximum) · BYE → ends, and writes behind it · what is longer than 1,000 bytes is not answered. */
#ifndef TEST_STUB_H
#define TEST_STUB_H

#include "net/session.h"

typedef struct
{
  GString *journal; /* one letter a call: O I D S i x n C */
  PliSession *session;
  gboolean inside; /* in a callback; core must not call another */
} StubLog;

typedef struct
{
  StubLog *log;
  guint64 left; /* of BIG */
} Stub;

extern const PliProtocol stub_protocol;
void stub_log_clear (StubLog *log);
/* Runs the loop until nothing more happens by itself. */
void stub_settle (PliInstance *instance);

#endif
