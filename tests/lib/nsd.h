/* nsd.h: a name server (NSD) with zones of the test's own, on a free port of 127.0.0.1, in a folder that goes with it. */
#ifndef PLI_TEST_NSD_H
#define PLI_TEST_NSD_H

#include <glib.h>

typedef struct
{
  char *folder;
  GPid pid;
  guint port;
} PliTestNsd;

typedef struct
{
  const char *name; /* "example.test" */
  const char *text; /* master file; NULL: FOLDER/NAME is there already */
} PliTestZone;

/* NULL where nsd is not installed. */
PliTestNsd *pli_test_nsd_new (void);
/* Starts it with @zones, which end with a NULL name, and waits until it answers. */
void pli_test_nsd_start (PliTestNsd *nsd, const PliTestZone *zones);
void pli_test_nsd_free (PliTestNsd *nsd);

#endif
