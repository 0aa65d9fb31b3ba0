/* send.h: what line.c (who is next) and send.c (what the transport says) share. */
#ifndef QUEUE_LOG_SEND_H
#define QUEUE_LOG_SEND_H

#include "queue-log.h"

typedef struct
{
  char *route, *domain; /* GRefStrings; first: the key */
  guint under_way, failures;
  GQueue line;    /* Send */
  gboolean ready; /* in Sends.ready */
} Destination;

struct Sends
{
  GHashTable *destinations; /* itself -> Destination */
  GQueue ready;             /* Destination: with a line, and below its limit; served in turn */
  guint under_way;
  guint64 bytes;     /* of messages under way */
  GHashTable *calls; /* Send: with the transport */
  gboolean pumping;
};

typedef struct
{
  Destination *destination;
  Message *m;
  guint n, size;
  guint32 *numbers;
  PliCall *call; /* under way */
} Send;

/* send.c: begins with a Send that has left its line. */
void send_begin (Send *send);
/* line.c: it is over; the next one may begin. Frees @send, and maybe its message. */
void send_over (Send *send);
/* Puts off all that is in line for a destination. */
void line_empty (Destination *d, const char *reason, gboolean soon);
void send_postpone (Send *send, const char *reason, gboolean soon);

#endif
