/* test.h: the harness for tests of plugins, in libpli-test (pkg-config pli-test-1).
 *
 * A plugin alone in a process, or several with the real façades between them, as with `pli serve --single`; a folder of
 * its own, a clock that the test may hold, and clients on fake connections. Plugins are opened by the real loader from
 * $PLI_PLUGIN_PATH (folders, by colons), then from where they are installed. Functions fail the test (g_error) when
 * something is wrong that the test is not about. One thread. */
#ifndef PLI_TEST_H
#define PLI_TEST_H

#include <pli/op.h>
#include <pli/protocol.h>

G_BEGIN_DECLS

typedef struct PliTest PliTest;

/**
 * pli_test_new:
 * @root: (nullable): keep using this folder (to open again what an earlier one wrote); NULL: a new one
 * @plugins: names, NULL-terminated
 * @conf: (nullable): settings text, as one file of conf.d
 */
PLI_API PliTest *pli_test_new (const char *root, const char *const *plugins, const char *conf);
/* Unloads the plugins, which sync and close; the folder stays if @keep. Fails when a call never ended. */
PLI_API void pli_test_free (PliTest *test, gboolean keep);
/* For the façades of <pli/…>. */
PLI_API PliInstance *pli_test_instance (PliTest *test);
/* Runs the loop until @done becomes TRUE; fails the test after 60 s of real time. */
PLI_API void pli_test_until (PliTest *test, const gboolean *done);
/* Runs what is ready now. */
PLI_API void pli_test_turn (PliTest *test);
/* From now on time passes only by pli_test_move_clock(). @now_us: µs since 1970. */
PLI_API void pli_test_hold_clock (PliTest *test, gint64 now_us);
PLI_API void pli_test_move_clock (PliTest *test, gint64 by_us);

/* Adds a directory and a queue: addresses at example.test are ours (loop@, disabled@ and later@ are what they say), every
 * password is "secret". What engines submit is kept. */
PLI_API void pli_test_world (PliTest *test);
/* Messages accepted since pli_test_world(). */
PLI_API guint pli_test_n_taken (void);
/* The last one as it would be stored, NULL when there was none. (transfer none) */
PLI_API const char *pli_test_taken (void);

/* A client of an engine. */
typedef struct PliTestClient PliTestClient;

/* @protocol: "smtp", "imap", "pop3"; its plugin is loaded. @role: of the listener: "mx", "submission"; NULL. @peer: the
 * client's address as text. No TLS; plaintext logins are allowed. */
PLI_API PliTestClient *pli_test_client_new (PliTest *test, const char *protocol, const char *role, const char *peer);
PLI_API void pli_test_client_free (PliTestClient *client);
/* Sends @text (write the CRLF) and returns all that was answered since the last question. (transfer none), until the
 * next one. */
PLI_API const char *pli_test_client_say (PliTestClient *client, const char *text);
/* The same; fails the test unless the last line of the answer begins with @reply. */
PLI_API void pli_test_client_expect (PliTestClient *client, const char *text, const char *reply);
PLI_API PliSession *pli_test_client_session (PliTestClient *client);

/* Appends to @account's INBOX. */
PLI_API void pli_test_append (PliTest *test, const char *account, const char *message);

G_END_DECLS

#endif
