/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The enumerations as types: names, nicks, and every value of the headers. */

#include <gflow.h>

static void
assert_enum (GType       type,
             const char *name,
             const char *nicks)
{
  g_autoptr (GTypeClass) klass = g_type_class_ref (type);
  GEnumClass *enum_class = G_ENUM_CLASS (klass);
  g_autoptr (GString) found = g_string_new (NULL);

  g_assert_cmpstr (g_type_name (type), ==, name);
  for (guint i = 0; i < enum_class->n_values; i++)
    {
      if (i > 0)
        g_string_append_c (found, ' ');
      g_string_append (found, enum_class->values[i].value_nick);
    }
  g_assert_cmpstr (found->str, ==, nicks);
}

static void
test_enums_nicks (void)
{
  assert_enum (G_TYPE_FLOW_PLACEMENT, "GFlowPlacement", "worker context");
  assert_enum (G_TYPE_FLOW_RUN_WHEN, "GFlowRunWhen", "all-succeeded all-finished any-failed");
  assert_enum (G_TYPE_FLOW_ON_ERROR, "GFlowOnError", "skip-dependants finish-running stop ignore");
  assert_enum (G_TYPE_FLOW_NODE_STATE, "GFlowNodeState",
               "waiting ready locked running done failed skipped cancelled");
  assert_enum (G_TYPE_FLOW_RUN_STATE, "GFlowRunState", "new running done failed cancelled");
  assert_enum (G_TYPE_FLOW_ERROR, "GFlowError",
               "exists unknown-node cycle topology frozen not-open start-failed skipped abandoned "
               "recursion bad-file bad-input remote failed");
}

static void
test_enums_quark (void)
{
  g_assert_cmpstr (g_quark_to_string (G_FLOW_ERROR), ==, "g-flow-error-quark");
}

static void
test_enums_version (void)
{
  g_assert_true (G_FLOW_CHECK_VERSION (0, 1, 0));
  g_assert_false (G_FLOW_CHECK_VERSION (G_FLOW_MAJOR_VERSION, G_FLOW_MINOR_VERSION,
                                        G_FLOW_MICRO_VERSION + 1));
  g_assert_false (G_FLOW_CHECK_VERSION (G_FLOW_MAJOR_VERSION + 1, 0, 0));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/enums/nicks", test_enums_nicks);
  g_test_add_func ("/enums/quark", test_enums_quark);
  g_test_add_func ("/enums/version", test_enums_version);

  return g_test_run ();
}
