/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Results that are saved, of every type that is kept, and others. */

#include "resume-small.h"
#include "test-bench.h"

#include "run/gflow-values-private.h"

static GValue *the_value;
static guint n_given;

static gboolean
body_give (GFlowNode  *node,
           GFlowRun   *run,
           gpointer    user_data,
           GError    **error)
{
  n_given++;
  g_flow_run_set_result (run, node, the_value);
  return TRUE;
}

/* Whether a result of that value is there in a run that goes on, without being given again. */
static gboolean
is_kept (GValue *given,
         GValue *restored)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *node = g_flow_add (flow, "a", body_give, NULL, NULL, NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GFlowRun) resumed = NULL;
  g_autoptr(GVariant) saved = NULL;

  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
  the_value = given;
  n_given = 0;
  resume_execute (run, FALSE);
  saved = resume_save (run);
  resumed = resume_restore (flow, saved);
  resume_execute (resumed, FALSE);
  g_value_init (restored, G_VALUE_TYPE (given));
  g_value_copy (g_flow_run_get_result (resumed, node), restored);
  g_value_unset (given);
  return n_given == 1;
}

#define ASSERT_KEPT(type, set, get, assert_same, value)         \
  G_STMT_START                                                  \
  {                                                             \
    g_auto(GValue) _given = G_VALUE_INIT;                       \
    g_auto(GValue) _restored = G_VALUE_INIT;                    \
                                                                \
    g_value_init (&_given, type);                               \
    set (&_given, value);                                       \
    g_assert_true (is_kept (&_given, &_restored));              \
    g_assert_true (G_VALUE_TYPE (&_restored) == (type));        \
    assert_same (get (&_restored), value);                      \
  }                                                             \
  G_STMT_END

#define SAME(a, b) g_assert_true ((a) == (b))
#define SAME_STRING(a, b) g_assert_cmpstr (a, ==, b)

static void
test_numbers (void)
{
  ASSERT_KEPT (G_TYPE_BOOLEAN, g_value_set_boolean, g_value_get_boolean, SAME, TRUE);
  ASSERT_KEPT (G_TYPE_CHAR, g_value_set_schar, g_value_get_schar, SAME, -128);
  ASSERT_KEPT (G_TYPE_UCHAR, g_value_set_uchar, g_value_get_uchar, SAME, 255);
  ASSERT_KEPT (G_TYPE_INT, g_value_set_int, g_value_get_int, SAME, G_MININT);
  ASSERT_KEPT (G_TYPE_UINT, g_value_set_uint, g_value_get_uint, SAME, G_MAXUINT);
  ASSERT_KEPT (G_TYPE_LONG, g_value_set_long, g_value_get_long, SAME, G_MINLONG);
  ASSERT_KEPT (G_TYPE_ULONG, g_value_set_ulong, g_value_get_ulong, SAME, G_MAXULONG);
  ASSERT_KEPT (G_TYPE_INT64, g_value_set_int64, g_value_get_int64, SAME, G_MININT64);
  ASSERT_KEPT (G_TYPE_UINT64, g_value_set_uint64, g_value_get_uint64, SAME, G_MAXUINT64);
  ASSERT_KEPT (G_TYPE_FLOAT, g_value_set_float, g_value_get_float, SAME, 1.5f);
  ASSERT_KEPT (G_TYPE_DOUBLE, g_value_set_double, g_value_get_double, SAME, 0.1);
  ASSERT_KEPT (G_TYPE_FLOW_RUN_WHEN, g_value_set_enum, g_value_get_enum, SAME,
               G_FLOW_RUN_WHEN_ANY_FAILED);
  ASSERT_KEPT (G_TYPE_APPLICATION_FLAGS, g_value_set_flags, g_value_get_flags, SAME,
               (guint) (G_APPLICATION_NON_UNIQUE | G_APPLICATION_REPLACE));
}

static void
test_strings (void)
{
  ASSERT_KEPT (G_TYPE_STRING, g_value_set_string, g_value_get_string, SAME_STRING, "some ☃");
  ASSERT_KEPT (G_TYPE_STRING, g_value_set_string, g_value_get_string, SAME_STRING, "");
  ASSERT_KEPT (G_TYPE_STRING, g_value_set_string, g_value_get_string, SAME_STRING, NULL);
  ASSERT_KEPT (G_TYPE_STRING, g_value_set_string, g_value_get_string, SAME_STRING, "no UTF-8: \xff");
}

static void
assert_same_strv (gconstpointer a,
                  gconstpointer b)
{
  if (a == NULL || b == NULL)
    g_assert_true (a == b);
  else
    g_assert_cmpstrv (a, b);
}

static void
assert_same_bytes (gconstpointer a,
                   gconstpointer b)
{
  if (a == NULL || b == NULL)
    g_assert_true (a == b);
  else
    g_assert_true (g_bytes_equal (a, b));
}

static void
test_boxed (void)
{
  const char *none[] = { NULL }, *some[] = { "a", "", "☃", NULL }, *odd[] = { "a", "\xff", NULL };
  g_autoptr(GBytes) bytes = g_bytes_new_static ("a\0b", 3);
  g_autoptr(GBytes) no_bytes = g_bytes_new_static (NULL, 0);

  ASSERT_KEPT (G_TYPE_STRV, g_value_set_boxed, g_value_get_boxed, assert_same_strv, none);
  ASSERT_KEPT (G_TYPE_STRV, g_value_set_boxed, g_value_get_boxed, assert_same_strv, some);
  ASSERT_KEPT (G_TYPE_STRV, g_value_set_boxed, g_value_get_boxed, assert_same_strv, odd);
  ASSERT_KEPT (G_TYPE_STRV, g_value_set_boxed, g_value_get_boxed, assert_same_strv, NULL);
  ASSERT_KEPT (G_TYPE_BYTES, g_value_set_boxed, g_value_get_boxed, assert_same_bytes, bytes);
  ASSERT_KEPT (G_TYPE_BYTES, g_value_set_boxed, g_value_get_boxed, assert_same_bytes, no_bytes);
  ASSERT_KEPT (G_TYPE_BYTES, g_value_set_boxed, g_value_get_boxed, assert_same_bytes, NULL);
}

static void
assert_same_variant (GVariant *a,
                     GVariant *b)
{
  if (a == NULL || b == NULL)
    g_assert_true (a == b);
  else
    g_assert_cmpvariant (a, b);
}

static GVariant *
nest (guint depth)
{
  GVariant *variant = g_variant_new_int32 (1);

  for (guint i = 0; i < depth; i++)
    variant = g_variant_new_variant (variant);
  return g_variant_ref_sink (variant);
}

static void
test_variants (void)
{
  const char *texts[] = { "5", "'text'", "()", "[<1>, <'two'>, <{'three': <3.0>}>]", "@mv nothing",
                          "@as []", "(1, byte 0x02, [('x', uint64 7)])", "<<<1>>>" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GVariant) value = g_variant_parse (NULL, texts[i], NULL, NULL, NULL);

      ASSERT_KEPT (G_TYPE_VARIANT, g_value_set_variant, g_value_get_variant, assert_same_variant,
                   value);
    }
  ASSERT_KEPT (G_TYPE_VARIANT, g_value_set_variant, g_value_get_variant, assert_same_variant, NULL);

  {
    g_autoptr(GVariant) deep = nest (50);

    ASSERT_KEPT (G_TYPE_VARIANT, g_value_set_variant, g_value_get_variant, assert_same_variant,
                 deep);
  }
}

static GFlowValues *
new_values (guint         n_values,
            const GValue *values)
{
  GFlowValues *list = _g_flow_values_new (n_values);

  for (guint i = 0; i < n_values; i++)
    if (G_IS_VALUE (&values[i]))
      {
        g_value_init (_g_flow_values_peek (list, i), G_VALUE_TYPE (&values[i]));
        g_value_copy (&values[i], _g_flow_values_peek (list, i));
      }
  return list;
}

static void
assert_same_values (GFlowValues *a,
                    GFlowValues *b)
{
  if (a == NULL || b == NULL)
    {
      g_assert_true (a == b);
      return;
    }

  g_assert_cmpuint (g_flow_values_get_n_values (a), ==, g_flow_values_get_n_values (b));
  for (guint i = 0; i < g_flow_values_get_n_values (a); i++)
    {
      const GValue *left = g_flow_values_get_value (a, i), *right = g_flow_values_get_value (b, i);

      g_assert_true ((left == NULL) == (right == NULL));
      if (left == NULL)
        continue;

      g_assert_true (G_VALUE_TYPE (left) == G_VALUE_TYPE (right));
      if (G_VALUE_HOLDS (left, G_TYPE_FLOW_VALUES))
        {
          assert_same_values (g_value_get_object (left), g_value_get_object (right));
        }
      else
        {
          g_autofree char *one = g_strdup_value_contents (left);
          g_autofree char *other = g_strdup_value_contents (right);

          g_assert_cmpstr (one, ==, other);
        }
    }
}

/* The results of a map: of any of these types, and some may be missing. */
static void
test_values (void)
{
  GValue items[6] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT,
                      G_VALUE_INIT };
  g_autoptr(GFlowValues) none = _g_flow_values_new (0);
  g_autoptr(GFlowValues) some = NULL, lost = NULL;

  g_value_init (&items[0], G_TYPE_INT64);
  g_value_set_int64 (&items[0], -5);
  g_value_init (&items[2], G_TYPE_STRING);
  g_value_set_static_string (&items[2], "some ☃");
  g_value_init (&items[3], G_TYPE_VARIANT);
  g_value_set_variant (&items[3], g_variant_new_parsed ("{'a': <1>}"));
  g_value_init (&items[4], G_TYPE_VARIANT);
  g_value_init (&items[5], G_TYPE_FLOW_VALUES);
  g_value_take_object (&items[5], new_values (3, items));
  some = new_values (G_N_ELEMENTS (items), items);
  ASSERT_KEPT (G_TYPE_FLOW_VALUES, g_value_set_object, g_value_get_object, assert_same_values, none);
  ASSERT_KEPT (G_TYPE_FLOW_VALUES, g_value_set_object, g_value_get_object, assert_same_values, some);

  /* One that cannot be kept is enough for all to be lost. */
  {
    g_auto(GValue) given = G_VALUE_INIT, restored = G_VALUE_INIT;

    g_value_unset (&items[2]);
    g_value_init (&items[2], G_TYPE_OBJECT);
    g_value_take_object (&items[2], g_object_new (G_TYPE_OBJECT, NULL));
    lost = new_values (G_N_ELEMENTS (items), items);
    g_value_init (&given, G_TYPE_FLOW_VALUES);
    g_value_set_object (&given, lost);
    g_assert_false (is_kept (&given, &restored));
  }
  for (guint i = 0; i < G_N_ELEMENTS (items); i++)
    if (G_IS_VALUE (&items[i]))
      g_value_unset (&items[i]);
}

/* These cannot be kept, and so the node gives them again. */
static void
test_lost (void)
{
  g_autoptr(GVariant) deep = nest (300);
  g_autoptr(GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr(GDateTime) now = g_date_time_new_now_utc ();
  GValue values[4] = { G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT, G_VALUE_INIT };

  g_value_init (&values[0], G_TYPE_OBJECT);
  g_value_set_object (&values[0], object);
  g_value_init (&values[1], G_TYPE_VARIANT);
  g_value_set_variant (&values[1], deep);
  g_value_init (&values[2], G_TYPE_DATE_TIME);
  g_value_set_boxed (&values[2], now);
  g_value_init (&values[3], G_TYPE_POINTER);
  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_auto(GValue) restored = G_VALUE_INIT;

      g_assert_false (is_kept (&values[i], &restored));
    }
}

/* A type that this program does not have, or has as something else: as if it was lost. */
static void
test_unknown_type (void)
{
  const char *texts[] = {
    "{'type': <'NoSuchType'>, 'result': <5>}", "{'type': <'gchararray'>, 'result': <5>}",
    "{'type': <'GObject'>, 'result': <5>}", "{'type': <'GEnum'>, 'result': <5>}",
    "{'type': <'gint'>, 'result': <5.0>}", "{'type': <''>, 'result': <5>}",
    "{'type': <'GFlowValues'>, 'result': <5>}",
    "{'type': <'GFlowValues'>, 'result': <[('gint', @mv <'text'>)]>}",
    "{'type': <'GBytes'>, 'result': <'text'>}", "{'type': <'GStrv'>, 'result': <5>}",
    "{'type': <'GVariant'>, 'result': <5>}", "{'type': <'void'>, 'result': <5>}",
    "{'lost': <true>}",
  };
  g_auto(GValue) value = G_VALUE_INIT;

  g_value_init (&value, G_TYPE_INT);
  the_value = &value;
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr(GFlow) flow = g_flow_new ();
      g_autofree char *text =
        g_strdup_printf ("('libgflow run', uint32 1, [('a', @au [])], @a{sv} {}, [(uint32 0, %s)])",
                         texts[i]);
      g_autoptr(GVariant) saved = g_variant_parse (NULL, text, NULL, NULL, NULL);
      g_autoptr(GFlowRun) run = NULL;

      g_assert_nonnull (saved);
      g_flow_add (flow, "a", body_give, NULL, NULL, NULL);
      n_given = 0;
      run = resume_restore (flow, saved);
      resume_execute (run, FALSE);
      g_assert_cmpuint (n_given, ==, 1);
    }
}

/* A restored result is dropped when it was read, as any is. */
static void
test_dropped (void)
{
  g_autoptr(GFlow) flow = g_flow_new ();
  GFlowNode *a = g_flow_add (flow, "a", body_give, NULL, NULL, NULL);
  g_autoptr(GFlowRun) run = g_flow_run_new (flow);
  g_autoptr(GFlowRun) resumed = NULL;
  g_autoptr(GFlowRun) keeping = NULL;
  g_autoptr(GVariant) saved = NULL;
  g_auto(GValue) value = G_VALUE_INIT;
  GFlowNode *b;
  TestBench bench;
  TestJob *job;

  test_bench_init (&bench);
  b = test_add_sync (&bench, flow, "b", &job);
  g_flow_node_add_upstream (b, a);
  test_job_fail (job, "It broke");
  g_value_init (&value, G_TYPE_INT);
  the_value = &value;
  g_flow_run_set_keep_results (run, TRUE);
  g_assert_false (test_run_execute (run, NULL, NULL));
  saved = resume_save (run);
  g_clear_error (&job->error);

  resumed = resume_restore (flow, saved);
  resume_execute (resumed, FALSE);
  g_assert_null (g_flow_run_get_result (resumed, a));
  keeping = resume_restore (flow, saved);
  g_flow_run_set_keep_results (keeping, TRUE);
  resume_execute (keeping, FALSE);
  g_assert_nonnull (g_flow_run_get_result (keeping, a));
  g_assert_cmpint (job->runs, ==, 3);

  g_clear_object (&run);
  g_clear_object (&resumed);
  g_clear_object (&keeping);
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/save/numbers", test_numbers);
  g_test_add_func ("/save/strings", test_strings);
  g_test_add_func ("/save/boxed", test_boxed);
  g_test_add_func ("/save/variants", test_variants);
  g_test_add_func ("/save/values", test_values);
  g_test_add_func ("/save/lost", test_lost);
  g_test_add_func ("/save/unknown-type", test_unknown_type);
  g_test_add_func ("/save/dropped", test_dropped);

  return g_test_run ();
}
