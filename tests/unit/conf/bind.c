/* Tests lib/conf/value.c, bind.c, check.c, why.c and pack.c: what rows make of text, and the words of every refusal. */
#include "conf/config.h"
#include "conf/internal.h"
#include "conf/tools.h"

typedef struct
{
  gboolean flag;
  gint64 number, wait;
  guint64 size_max;
  gint mode;
  const char *name, *key, *tag;
  const char *const *nets;
  const char *file;
} Sample;

static const char *const modes[] = { "none", "offered", "implicit", NULL };

static const PliSetting rows[] = { PLI_BOOL (Sample, flag, "yes", .doc = "Flag."),
                                   PLI_INT (Sample, number, "5", .min = -3, .max = 10, .doc = "Number."),
                                   PLI_DURATION (Sample, wait, "90s", .max = G_GINT64_CONSTANT (3600000000),
                                                 .flags = PLI_RELOAD, .doc = "Wait."),
                                   PLI_SIZE (Sample, size_max, "1MiB", .min = 1024, .doc = "Size.", .rfc = "RFC 1870"),
                                   PLI_CHOICE (Sample, mode, "offered", .choices = modes, .doc = "Mode."),
                                   PLI_TEXT (Sample, name, NULL, .max = 8, .doc = "Name."),
                                   PLI_TEXT (Sample, key, NULL, .flags = PLI_SECRET, .doc = "Key."),
                                   PLI_TEXT (Sample, tag, NULL, .flags = PLI_DEPRECATED, .doc = "Use name."),
                                   PLI_LIST (Sample, nets, "a, b", .flags = PLI_RELOAD, .doc = "Nets."),
                                   PLI_PATH (Sample, file, "data/x", .doc = "File."),
                                   { 0 } };
static const PliConfigTable table = {
  "sample", PLI_GROUP_PLAIN, rows, sizeof (PliSetting), sizeof (Sample), "A sample"
};

typedef struct
{
  gint64 port;
} Door;

static const PliSetting door_rows[] = {
  PLI_INT (Door, port, NULL, .min = 1, .max = 65535, .flags = PLI_REQUIRED, .doc = "Port to listen on."), { 0 }
};
static const PliConfigTable door = { "door", PLI_GROUP_NAMED, door_rows, sizeof (PliSetting), sizeof (Door), NULL };

static PliConfig *
parse (const char *text)
{
  PliConfig *config = pli_config_new ();
  g_autoptr (GError) error = NULL;

  pli_config_add (config, pli_span_from (text), "f", &error);
  g_assert_no_error (error);
  return config;
}

typedef struct
{
  PliType type;
  const char *text;
  gint64 value; /* -1: refused */
} Value;

static const Value values[] = {
  { PLI_TYPE_BOOL, "yes", 1 },
  { PLI_TYPE_BOOL, "True", 1 },
  { PLI_TYPE_BOOL, "ON", 1 },
  { PLI_TYPE_BOOL, "no", 0 },
  { PLI_TYPE_BOOL, "false", 0 },
  { PLI_TYPE_BOOL, "off", 0 },
  { PLI_TYPE_BOOL, "1", -1 },
  { PLI_TYPE_BOOL, "", -1 },
  { PLI_TYPE_INT, "0", 0 },
  { PLI_TYPE_INT, "9223372036854775807", G_MAXINT64 },
  { PLI_TYPE_INT, "9223372036854775808", -1 },
  { PLI_TYPE_INT, "-7", -7 },
  { PLI_TYPE_INT, "--7", -1 },
  { PLI_TYPE_INT, "+7", -1 },
  { PLI_TYPE_INT, "7 ", -1 },
  { PLI_TYPE_INT, "", -1 },
  { PLI_TYPE_SIZE, "10", 10 },
  { PLI_TYPE_SIZE, "10B", 10 },
  { PLI_TYPE_SIZE, "4KiB", 4096 },
  { PLI_TYPE_SIZE, "4 kib", 4096 },
  { PLI_TYPE_SIZE, "25MiB", 25 << 20 },
  { PLI_TYPE_SIZE, "2GiB", G_GINT64_CONSTANT (2) << 30 },
  { PLI_TYPE_SIZE, "3MB", 3000000 },
  { PLI_TYPE_SIZE, "8388607TiB", G_GINT64_CONSTANT (8388607) << 40 },
  { PLI_TYPE_SIZE, "8388608TiB", -1 },
  { PLI_TYPE_SIZE, "18446744073709551616", -1 },
  { PLI_TYPE_SIZE, "1.5MiB", -1 },
  { PLI_TYPE_SIZE, "10M", -1 },
  { PLI_TYPE_SIZE, "-1", -1 },
  { PLI_TYPE_SIZE, "MiB", -1 },
  { PLI_TYPE_DURATION, "0", 0 },
  { PLI_TYPE_DURATION, "7us", 7 },
  { PLI_TYPE_DURATION, "250ms", 250000 },
  { PLI_TYPE_DURATION, "4 s", 4000000 },
  { PLI_TYPE_DURATION, "5min", 300000000 },
  { PLI_TYPE_DURATION, "2h", G_GINT64_CONSTANT (7200000000) },
  { PLI_TYPE_DURATION, "7d", G_GINT64_CONSTANT (604800000000) },
  { PLI_TYPE_DURATION, "1w", G_GINT64_CONSTANT (604800000000) },
  { PLI_TYPE_DURATION, "4", -1 },
  { PLI_TYPE_DURATION, "4m", -1 },
  { PLI_TYPE_DURATION, "9999999999999999w", -1 },
  { PLI_TYPE_CHOICE, "implicit", 2 },
  { PLI_TYPE_CHOICE, "Implicit", -1 },
};

static void
test_values (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      PliSetting row = { .type = values[i].type, .name = "x", .choices = modes };
      g_autoptr (GError) error = NULL;
      gint64 value = -1;

      g_test_message ("%s", values[i].text);
      if (pli_value_read (&row, values[i].text, &value, &error))
        g_assert_cmpint (value, ==, values[i].value);
      else
        {
          g_assert_cmpint (values[i].value, ==, -1);
          g_assert_error (error, PLI_ERROR, PLI_ERROR_CONFIG);
        }
    }
}

static void
test_defaults (void)
{
  g_autoptr (PliConfig) config = parse ("");
  Sample *set = pli_config_bind (config, &table, NULL, "/srv/pli", NULL);

  g_assert_true (set->flag);
  g_assert_cmpint (set->number, ==, 5);
  g_assert_cmpint (set->wait, ==, 90 * G_USEC_PER_SEC);
  g_assert_cmpuint (set->size_max, ==, 1 << 20);
  g_assert_cmpint (set->mode, ==, 1);
  g_assert_null (set->name);
  g_assert_cmpstr (set->nets[0], ==, "a");
  g_assert_cmpstr (set->nets[1], ==, "b");
  g_assert_null (set->nets[2]);
  g_assert_cmpstr (set->file, ==, "/srv/pli/data/x");
  pli_settings_unref (set);
}

static void
test_bound (void)
{
  PliConfig *config = parse ("[sample]\nflag = off\nnumber = -3\nwait = 1h\nsize-max = 4KiB\nmode = none\n"
                             "name = 12345678\nnets = \nfile = /abs\n[door in]\nport = 25\n");
  Sample *set = pli_config_bind (config, &table, NULL, "/srv", NULL);
  Door *in = pli_config_bind (config, &door, "in", NULL, NULL);

  pli_config_unref (config); /* the structs own what they point to */
  g_assert_false (set->flag);
  g_assert_cmpint (set->number, ==, -3);
  g_assert_cmpint (set->wait, ==, G_GINT64_CONSTANT (3600000000));
  g_assert_cmpuint (set->size_max, ==, 4096);
  g_assert_cmpint (set->mode, ==, 0);
  g_assert_cmpstr (set->name, ==, "12345678");
  g_assert_null (set->nets[0]);
  g_assert_cmpstr (set->file, ==, "/abs");
  g_assert_cmpint (in->port, ==, 25);
  g_assert_true (pli_settings_ref (set) == set);
  pli_settings_unref (set);
  g_assert_cmpstr (set->name, ==, "12345678");
  pli_settings_unref (set);
  pli_settings_unref (in);
  pli_settings_unref (NULL);
}

typedef struct
{
  const char *text, *error;
} Refusal;

static const Refusal refusals[] = {
  { "[sample]\nflag = perhaps\n", "f:2: [sample] flag: write yes or no" },
  { "[sample]\nnumber = 11\n", "f:2: [sample] number: write -3 to 10" },
  { "[sample]\nnumber = -4\n", "f:2: [sample] number: write -3 to 10" },
  { "[sample]\nwait = 61min\n", "f:2: [sample] wait: write 0 to 1h" },
  { "[sample]\nwait = 4 # short\n", "f:2: [sample] wait: write a duration: a number with us, ms, s, min, h, d or w; a "
                                    "comment needs a line of its own" },
  { "[sample]\nsize-max = 1023\n", "f:2: [sample] size-max: write at least 1KiB" },
  { "[sample]\nmode = maybe\n", "f:2: [sample] mode: write none, offered or implicit" },
  { "[sample]\nname = 123456789\n", "f:2: [sample] name: write 0 to 8 bytes" },
};

static void
test_refusals (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autoptr (PliConfig) config = parse (refusals[i].text);
      g_autoptr (GError) error = NULL;

      g_assert_null (pli_config_bind (config, &table, NULL, NULL, &error));
      g_assert_error (error, PLI_ERROR, PLI_ERROR_CONFIG);
      g_assert_cmpstr (error->message, ==, refusals[i].error);
    }
}

static void
test_required (void)
{
  g_autoptr (PliConfig) config = parse ("[door in]\n");
  g_autoptr (GError) error = NULL;

  g_assert_null (pli_config_bind (config, &door, "in", NULL, &error));
  g_assert_cmpstr (error->message, ==, "[door in] needs \"port\" (Port to listen on.); set it in conf.d");
}

/* A row as an older and as a newer header has it. */
typedef struct
{
  PliSetting row;
  const char *future;
} LongRow;

static void
test_strides (void)
{
  g_autoptr (PliConfig) config = parse ("[t]\na = 7\nb = x\n");
  LongRow longs[] = { { .row = { .type = PLI_TYPE_INT, .name = "a" }, .future = "?" },
                      { .row = { .type = PLI_TYPE_TEXT, .name = "b", .offset = 8 }, .future = "?" },
                      { .future = NULL } };
  char shorts[3][G_STRUCT_OFFSET (PliSetting, doc)] = { 0 };
  PliConfigTable older = { "t", PLI_GROUP_PLAIN, (const PliSetting *) shorts, sizeof shorts[0], 16, NULL };
  PliConfigTable newer = { "t", PLI_GROUP_PLAIN, &longs[0].row, sizeof longs[0], 16, NULL };
  const PliConfigTable *tables[] = { &older, &newer };

  for (guint i = 0; i < 2; i++)
    memcpy (shorts[i], &longs[i], sizeof shorts[i]);
  for (guint i = 0; i < 2; i++)
    {
      struct
      {
        gint64 a;
        const char *b;
      } *set = pli_config_bind (config, tables[i], NULL, NULL, NULL);

      g_assert_cmpint (set->a, ==, 7);
      g_assert_cmpstr (set->b, ==, "x");
      pli_settings_unref (set);
    }
  newer.struct_size = 12;
  g_assert_null (pli_config_bind (config, &newer, NULL, NULL, NULL));
}

static const char *const problems_expected[] = {
  "f:1: there is no group [smaple]; did you mean \"sample\"?",
  "f:3: there is no group [zzzzzzz]; `pli plugin list` shows the plugins there are",
  "f:5: [sample] has no key \"sizemax\"; did you mean \"size-max\"?",
  "f:6: [sample] has no key \"size_max\"; did you mean \"size-max\"?",
  "f:7: [sample] has no key \"nonsense\"; `pli config show sample` lists its keys",
  "f:8: [sample] number = many: write a whole number",
  "f:9: [sample] tag is deprecated: Use name.",
  "f:10: [sample x] takes no name; write [sample]",
  "f:11: [door] needs a name; write [door NAME]",
  "f:12: [door in] needs \"port\" (Port to listen on.)",
};

static void
test_check (void)
{
  g_autoptr (PliConfig) config =
      parse ("[smaple]\nx = 1\n[zzzzzzz]\n[sample]\nsizemax = 1\nsize_max = 1\nnonsense = 1\n"
             "number = many\ntag = t\n[sample x]\n[door]\n[door in]\n");
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) pli_config_problem_free);
  PliConfigTable tables[] = { table, door };

  g_assert_false (pli_config_check (config, tables, 2, problems));
  for (guint i = 0; i < problems->len; i++)
    {
      const PliConfigProblem *problem = problems->pdata[i];

      g_assert_cmpuint (i, <, G_N_ELEMENTS (problems_expected));
      g_assert_cmpstr (problem->text, ==, problems_expected[i]);
      g_assert_cmpint (problem->warning, ==, strstr (problem->text, "deprecated") != NULL);
    }
  g_assert_cmpuint (problems->len, ==, G_N_ELEMENTS (problems_expected));
}

static void
test_check_clean (void)
{
  g_autoptr (PliConfig) config = parse ("[sample]\ntag = t\nport = 1\n[door in]\nport = 25\n");
  g_autoptr (GPtrArray) problems = g_ptr_array_new_with_free_func ((GDestroyNotify) pli_config_problem_free);
  PliConfigTable more = { "sample", PLI_GROUP_PLAIN, door_rows, sizeof (PliSetting), sizeof (Door), NULL };
  PliConfigTable tables[] = { table, door, more };

  g_assert_true (pli_config_check (config, tables, 3, problems));
  g_assert_cmpuint (problems->len, ==, 1); /* the warning */
}

static void
test_why (void)
{
  g_autoptr (PliConfig) config = parse ("[sample]\nnumber = 1\nkey = hush\n");
  g_autoptr (PliConfigWhy) number = NULL;
  g_autoptr (PliConfigWhy) key = NULL;
  g_autoptr (PliConfigWhy) wait = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (pli_config_add (config, PLI_SPAN ("[sample]\nnumber = 2\n"), "g", NULL));
  number = pli_config_why (config, &table, NULL, "number", NULL);
  g_assert_cmpstr (number->value, ==, "2");
  g_assert_cmpstr (number->origin->file, ==, "g");
  g_assert_cmpuint (number->origin->line, ==, 2);
  g_assert_cmpuint (number->overridden->len, ==, 1);
  g_assert_cmpstr (((PliConfigEntry *) number->overridden->pdata[0])->file, ==, "f");
  key = pli_config_why (config, &table, NULL, "key", NULL);
  g_assert_cmpstr (key->value, ==, "***");
  wait = pli_config_why (config, &table, NULL, "wait", NULL);
  g_assert_cmpstr (wait->value, ==, "90s");
  g_assert_null (wait->origin);
  g_assert_null (pli_config_why (config, &table, NULL, "numbre", &error));
  g_assert_error (error, PLI_ERROR, PLI_ERROR_NOT_FOUND);
  g_assert_cmpstr (error->message, ==, "[sample] has no key \"numbre\"; did you mean \"number\"?");
}

static void
test_equal (void)
{
  g_autoptr (PliConfig) one = parse ("[sample]\nwait = 1s\nname = a\n");
  g_autoptr (PliConfig) two = parse ("[sample]\nwait = 2s\nname = a\n");
  g_autoptr (PliConfig) three = parse ("[sample]\nwait = 2s\nname = b\nnets = a\n");
  Sample *a = pli_config_bind (one, &table, NULL, NULL, NULL), *b = pli_config_bind (two, &table, NULL, NULL, NULL);
  Sample *c = pli_config_bind (three, &table, NULL, NULL, NULL);

  g_assert_true (pli_settings_equal (&table, a, b, FALSE));
  g_assert_false (pli_settings_equal (&table, a, b, TRUE));
  g_assert_false (pli_settings_equal (&table, b, c, FALSE));
  g_assert_false (pli_settings_equal (&table, b, c, TRUE));
  g_assert_true (pli_settings_equal (&table, a, a, TRUE));
  pli_settings_unref (a);
  pli_settings_unref (b);
  pli_settings_unref (c);
}

/* Packing */

static void
test_pack (void)
{
  g_autoptr (PliConfig) config = parse ("[sample]\nname = a\n[secret]\nkey = k\n[door in]\nport = 1\n[door out]\n");
  const char *const groups[] = { "sample", "door", NULL };
  g_auto (PliBuffer) bytes = { 0 };
  g_autoptr (PliConfig) copy = NULL;
  g_autoptr (PliConfigWhy) why = NULL;

  g_assert_true (pli_config_add (config, PLI_SPAN ("[sample]\n\nname = b\n"), "g", NULL));
  pli_config_pack (config, groups, &bytes);
  copy = pli_config_unpack (pli_buffer_span (&bytes), NULL);
  g_assert_cmpstr (pli_config_text (copy, "sample", NULL, "name"), ==, "b");
  g_assert_cmpstr (pli_config_text (copy, "door", "in", "port"), ==, "1");
  g_assert_true (pli_config_has (copy, "door", "out"));
  g_assert_false (pli_config_has (copy, "secret", NULL));
  why = pli_config_why (copy, &table, NULL, "name", NULL);
  g_assert_cmpstr (why->origin->file, ==, "g");
  g_assert_cmpuint (why->origin->line, ==, 3);
  g_assert_cmpuint (why->overridden->len, ==, 1);
}

/* Every cut and every changed byte is either understood or refused. */
static void
test_unpack_damaged (void)
{
  g_autoptr (PliConfig) config = parse ("[sample]\nname = a\n[door in]\nport = 1\n");
  const char *const groups[] = { "sample", "door", NULL };
  g_auto (PliBuffer) bytes = { 0 };
  guint refused = 0;

  pli_config_pack (config, groups, &bytes);
  for (gsize cut = 0; cut < bytes.len; cut++)
    {
      g_autofree char *part =
          g_memdup2 (bytes.data, MAX (cut, 1)); /* exact, so that a sanitizer sees reads behind it */
      g_autoptr (PliConfig) copy = pli_config_unpack (pli_span (part, cut), NULL);

      refused += !copy;
    }
  g_assert_cmpuint (refused, >=, bytes.len - 4); /* a cut between records is no damage */
  for (gsize at = 0; at < bytes.len; at++)
    for (guint bit = 0; bit < 8; bit++)
      {
        g_autofree char *changed = g_memdup2 (bytes.data, bytes.len);

        changed[at] ^= (char) (1 << bit);
        pli_config_unref (pli_config_unpack (pli_span (changed, bytes.len), NULL));
      }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/conf/value/types", test_values);
  g_test_add_func ("/conf/bind/defaults", test_defaults);
  g_test_add_func ("/conf/bind/values", test_bound);
  g_test_add_func ("/conf/bind/refusals", test_refusals);
  g_test_add_func ("/conf/bind/required", test_required);
  g_test_add_func ("/conf/bind/strides", test_strides);
  g_test_add_func ("/conf/bind/equal", test_equal);
  g_test_add_func ("/conf/check/problems", test_check);
  g_test_add_func ("/conf/check/clean", test_check_clean);
  g_test_add_func ("/conf/why", test_why);
  g_test_add_func ("/conf/pack/round-trip", test_pack);
  g_test_add_func ("/conf/pack/damaged", test_unpack_damaged);
  return g_test_run ();
}
