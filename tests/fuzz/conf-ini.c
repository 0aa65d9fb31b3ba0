/* Fuzzes lib/conf: any bytes as a settings file, then packed, unpacked and checked; and as packed settings. */
#include "conf/config.h"

typedef struct
{
  gint64 port, wait;
  guint64 size_max;
  const char *const *nets;
} Sample;

static const PliSetting rows[] = { PLI_INT (Sample, port, "25", .min = 1, .max = 65535, .doc = "Port."),
                                   PLI_DURATION (Sample, wait, "1s", .doc = "Wait."),
                                   PLI_SIZE (Sample, size_max, "1MiB", .doc = "Size."),
                                   PLI_LIST (Sample, nets, "", .doc = "Nets."),
                                   { 0 } };
static const PliConfigTable tables[] = { { "house", PLI_GROUP_PLAIN, rows, sizeof (PliSetting), sizeof (Sample), NULL },
                                         { "door", PLI_GROUP_NAMED, rows, sizeof (PliSetting), sizeof (Sample),
                                           NULL } };

static void
use (const PliConfig *config)
{
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) pli_config_problem_free);
  gboolean well = pli_config_check (config, tables, G_N_ELEMENTS (tables), problems);
  gpointer set = pli_config_bind (config, &tables[0], NULL, "/", NULL);

  g_assert (set || !well); /* what check() lets pass can be bound */
  pli_settings_unref (set);
}

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const groups[] = { "house", "door", NULL };
  PliSpan text = pli_span ((const char *) data, size);
  g_autoptr (PliConfig) config = pli_config_new ();
  g_autoptr (PliConfig) copy = NULL;
  g_autoptr (PliConfig) foreign = pli_config_unpack (text, NULL);
  g_auto (PliBuffer) packed = { 0 }, again = { 0 };

  if (foreign)
    use (foreign);
  if (!pli_config_add (config, text, "f", NULL))
    return 0;
  use (config);
  pli_config_pack (config, groups, &packed);
  copy = pli_config_unpack (pli_buffer_span (&packed), NULL);
  g_assert (copy);
  pli_config_pack (copy, groups, &again);
  g_assert (pli_span_equal (pli_buffer_span (&packed), pli_buffer_span (&again)));
  return 0;
}
