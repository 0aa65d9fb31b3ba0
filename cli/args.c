/* args.c: see args.h. */
#include "cli/args.h"

/* How many words of @rest the option takes; 0 when there is none like it, -1 when its value is missing. */
static int
take (char **rest, const PliOption *options)
{
  for (; options->name; options++)
    {
      gsize len = strlen (options->name);

      if (strncmp (rest[0], options->name, len) != 0)
        continue;
      if (options->flag && rest[0][len] == 0)
        {
          *options->flag = TRUE;
          return 1;
        }
      if (options->value && rest[0][len] == '=')
        {
          *options->value = rest[0] + len + 1;
          return 1;
        }
      if (options->value && rest[0][len] == 0)
        {
          *options->value = rest[1];
          return rest[1] ? 2 : -1;
        }
    }
  return g_str_equal (rest[0], "--json");
}

gboolean
pli_args_parse (int *argc, char **argv, const PliOption *options)
{
  int kept = 1;

  for (int i = 1; i < *argc;)
    {
      int taken = argv[i][0] == '-' && argv[i][1] == '-' ? take (argv + i, options) : 0;

      if (g_str_equal (argv[i], "--"))
        {
          while (++i < *argc)
            argv[kept++] = argv[i];
          break;
        }
      if (taken < 0 || (taken == 0 && argv[i][0] == '-' && argv[i][1] == '-'))
        {
          g_autofree char *text = g_strdup_printf (taken < 0 ? "%s needs a value" : "unknown option %s", argv[i]);

          pli_cli_usage (argv[0], text);
          return FALSE;
        }
      if (taken == 0)
        argv[kept++] = argv[i++];
      else
        i += taken;
    }
  argv[kept] = NULL;
  *argc = kept;
  return TRUE;
}
