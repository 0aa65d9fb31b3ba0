/* vouch.c: a directory for tests of host rooms, compiled as auth-vouch.so by tests/hostile/sources.py. It knows good@, and
 * for others says what it should not, or tries what it may not. Each has the password "secret". */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pli/directory.h>
#include <pli/plugin.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* NULL when the walls are where they should be. */
static const char *
hole (void)
{
  struct sockaddr_in discard = { .sin_family = AF_INET,
                                 .sin_port = htons (9),
                                 .sin_addr = { htonl (INADDR_LOOPBACK) } };
  int file = open ("/etc/passwd", O_RDONLY | O_CLOEXEC), path = socket (AF_UNIX, SOCK_STREAM, 0);
  int out = socket (AF_INET, SOCK_STREAM, 0);
  const char *what = NULL;

  if (file >= 0)
    what = "a file can be read";
  else if (path >= 0)
    what = "a path socket can be made";
  else if (out < 0 || (connect (out, (struct sockaddr *) &discard, sizeof discard) < 0 && errno != ECONNREFUSED))
    what = "no connection can be made";
  else if (bind (out, (struct sockaddr *) &discard, sizeof discard) == 0)
    what = "a port can be bound";
  if (out >= 0)
    close (out);
  return what;
}

static PliStep
on_verify (PliOp *op, gpointer self, const PliVerifyArgs *args, PliVerifyResult *result)
{
  const char *what;

  (void) self;
  if (!pli_span_equal (args->password, PLI_SPAN ("secret")))
    return pli_op_error (op, PLI_ERROR_DENIED, "wrong password");
  *result = (PliVerifyResult){ .account = "vouch1", .login = args->login, .rights = PLI_MAY_IMAP };
  if (g_str_has_prefix (args->login, "thief@"))
    result->account = "0thief";
  else if (g_str_has_prefix (args->login, "other@"))
    result->login = "ann@example.test";
  else if (g_str_has_prefix (args->login, "crash@"))
    abort ();
  else if (g_str_has_prefix (args->login, "walls@") && (what = hole ()))
    return pli_op_error (op, PLI_ERROR_DENIED, "%s", what);
  return PLI_DONE;
}

static PliStep
on_resolve (PliOp *op, gpointer self, const PliResolveArgs *args, PliResolveResult *result)
{
  PliTarget *target = pli_arena_new0 (pli_op_arena (op), PliTarget);

  (void) self;
  result->kind = PLI_RCPT_UNKNOWN;
  if (!g_str_has_prefix (args->address, "good@") && !g_str_has_prefix (args->address, "thief@"))
    return PLI_DONE;
  result->kind = PLI_RCPT_LOCAL;
  *target = (PliTarget){ .account = *args->address == 'g' ? "vouch1" : "0thief", .address = args->address };
  result->targets = target;
  result->n_targets = 1;
  return PLI_DONE;
}

static const PliDirectory directory = { .size = sizeof directory, .resolve = on_resolve, .verify = on_verify };
static const PliService services[] = { PLI_DIRECTORY ("vouch", &directory), { 0 } };

PLI_PLUGIN (auth_vouch, .name = "auth-vouch", .version = "1", .summary = "For tests: knows good@",
            .services = services);
