/* wire-run.c: runs wire scripts and says in TAP how it went: wire-run [--plugin-path P] [--verbose] FILE…
 *
 * One test a script and way (wire.h). --verbose shows events of all levels. */
#include "wire.h"

#include "log/event.h"
#include <stdio.h>
#include <unistd.h>

static guint n, n_failed;

static void
say (gboolean well, const char *path, const char *what, const GError *error)
{
  printf ("%s %u - %s: %s\n", well ? "ok" : "not ok", ++n, path, what);
  if (error)
    printf ("# %s\n", error->message);
  n_failed += well ? 0 : 1;
  fflush (stdout);
}

static void
run (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PliWire) wire = pli_wire_parse (path, &error);

  if (!wire)
    {
      say (FALSE, path, "does not parse", error);
      return;
    }
  for (guint way = 0; way < PLI_WIRE_WAYS; way++)
    if (pli_wire_has_way (wire, way))
      {
        g_autoptr (GError) why = NULL;
        gboolean well = pli_wire_play (wire, way, &why);

        say (well, path, pli_wire_way_name (way), why);
      }
}

int
main (int argc, char **argv)
{
  gboolean verbose = FALSE;
  int at = 1;

  for (; at < argc && argv[at][0] == '-'; at++)
    if (g_str_equal (argv[at], "--plugin-path") && at + 1 < argc)
      g_setenv ("PLI_PLUGIN_PATH", argv[++at], TRUE);
    else if (g_str_equal (argv[at], "--verbose"))
      verbose = TRUE;
    else
      break;
  if (at == argc || argv[at][0] == '-')
    {
      fprintf (stderr, "usage: wire-run [--plugin-path P] [--verbose] FILE…\n");
      return 2;
    }
  pli_log_setup (STDERR_FILENO, FALSE, verbose ? PLI_LOG_DEBUG : PLI_LOG_ERROR, "wire");
  for (; at < argc; at++)
    run (argv[at]);
  printf ("1..%u\n", n);
  return n_failed > 0 ? 1 : 0;
}
