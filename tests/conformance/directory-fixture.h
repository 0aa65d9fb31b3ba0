/* directory-fixture.h: what the files of the directory suite share: the directory that most tests begin with. */
#ifndef PLI_TEST_DIRECTORY_FIXTURE_H
#define PLI_TEST_DIRECTORY_FIXTURE_H

#include "lib/harness.h"
#include "service/method.h"

typedef struct
{
  const char *plugin;
  const char *conf; /* fast hashes, no delays */
} Backend;

typedef struct
{
  guint32 verb;
  const char *name, *target, *password;
  int error; /* PliErrorCode, 0: done */
} Step;

/* @root: NULL for a fresh one. */
PliTest *open_test (const Backend *backend, const char *root);
/* Fails the test unless the step ends as it says. */
void run_step (PliTest *test, const Step *step);
void run_steps (PliTest *test, const Step *steps, gsize n);
/* Domains, accounts and aliases; the first adds one.example. */
void found (PliTest *test);

/* directory-login.c; the data is a Backend. */
void test_verify (gconstpointer data);
void test_changed_login (gconstpointer data);

#endif
