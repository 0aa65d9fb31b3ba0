/* clamav.h: settings of filter-clamav, and what its files call of each other. Loop thread. */
#ifndef CLAMAV_H
#define CLAMAV_H

#include <pli/filter.h>

typedef struct
{
  const char *const *address;
  gint infected; /* ClamavInfected */
  gint too_big;  /* ClamavTooBig */
  guint64 size_max, chunk, reply_max;
  gint64 connect;
  const char *mark;
} ClamavSettings;

typedef enum
{
  CLAMAV_REJECT,
  CLAMAV_QUARANTINE,
} ClamavInfected;

typedef enum
{
  CLAMAV_BIG_PASS,
  CLAMAV_BIG_REJECT,
  CLAMAV_BIG_QUARANTINE,
} ClamavTooBig;

/* What the settings say of the end, copied: a reload may come while clamd thinks. */
typedef struct
{
  PliTxn *txn;
  PliArena *arena;
  PliVerdict *verdict;
  ClamavInfected infected;
  ClamavTooBig too_big;
  const char *mark;
  gboolean is_submitted; /* by one of our users */
} ClamavEnd;

/* scan.c */
PliStep clamav_on_message (PliOp *op, PliTxn *txn, PliVerdict *verdict);

/* verdict.c */
void clamav_clean (const ClamavEnd *end);
void clamav_infected (const ClamavEnd *end, const char *signature);
void clamav_too_big (const ClamavEnd *end);

#endif
