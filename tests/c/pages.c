/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What docs/ shows of programs in C: tests/checks/readme.py sees to it that it is this. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

/* A window, for those who have none: it has what a progress bar and a label have. */
#define TEST_TYPE_WINDOW (test_window_get_type ())

G_DECLARE_FINAL_TYPE (TestWindow, test_window, TEST, WINDOW, GObject)

struct _TestWindow
{
  GObject  parent_instance;
  double   fraction;
  char    *label;  /* (owned) */
};

G_DEFINE_FINAL_TYPE (TestWindow, test_window, G_TYPE_OBJECT)

enum
{
  PROP_0,
  PROP_FRACTION,
  PROP_LABEL,
};

static void
test_window_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  TestWindow *self = TEST_WINDOW (object);

  if (prop_id == PROP_FRACTION)
    {
      self->fraction = g_value_get_double (value);
      return;
    }
  g_free (self->label);
  self->label = g_value_dup_string (value);
}

static void
test_window_finalize (GObject *object)
{
  g_free (TEST_WINDOW (object)->label);
  G_OBJECT_CLASS (test_window_parent_class)->finalize (object);
}

static void
test_window_class_init (TestWindowClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS;

  object_class->set_property = test_window_set_property;
  object_class->finalize = test_window_finalize;
  g_object_class_install_property (object_class, PROP_FRACTION,
                                   g_param_spec_double ("fraction", NULL, NULL, 0, 1, 0, flags));
  g_object_class_install_property (object_class, PROP_LABEL,
                                   g_param_spec_string ("label", NULL, NULL, NULL, flags));
}

static void
test_window_init (TestWindow *self)
{
}

/* docs/progress.md */

static char **names;
static guint n_files;

static gboolean
copy_file (const char  *name,
           GError     **error)
{
  return *name != '\0';
}

static gboolean
copy_cb (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  for (guint i = 0; i < n_files; i++)
    {
      g_flow_run_set_node_progress (run, node, (double) i / n_files, names[i]);
      if (!copy_file (names[i], error))
        return FALSE;
    }

  return TRUE;
}

static void
test_progress (void)
{
  g_auto (GStrv) three = g_strsplit ("a,b,c", ",", -1);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (TestWindow) window = g_object_new (TEST_TYPE_WINDOW, NULL);
  g_autofree char *status = NULL;
  TestWindow *progress_bar = window, *label = window;
  TestResult result;

  names = three;
  n_files = g_strv_length (names);
  g_assert_nonnull (g_flow_add (flow, "copy", copy_cb, NULL, NULL, NULL));
  run = g_flow_run_new (flow);
  g_object_bind_property (run, "fraction", progress_bar, "fraction", G_BINDING_DEFAULT);
  g_object_bind_property (run, "status", label, "label", G_BINDING_SYNC_CREATE);
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (result.calls > 0);
  test_result_clear (&result);
  g_assert_cmpfloat (window->fraction, ==, 1);
  status = g_flow_run_dup_status (run);
  g_assert_cmpstr (window->label, ==, status);
}

static void
test_history (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autofree char *folder = g_dir_make_tmp ("gflow-pages-XXXXXX", NULL);
  g_autoptr (GFile) file = g_file_new_build_filename (folder, "history", NULL);

  g_assert_nonnull (g_flow_add (flow, "copy", test_body_nothing, NULL, NULL, NULL));
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GFlowHistory) history = NULL;
      g_autoptr (GError) error = NULL;

      history = g_flow_history_new ();
      if (!g_flow_history_load_sync (history, file, NULL, &error) &&
          !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        g_warning ("%s", error->message);  /* the first time there is none */
      g_flow_set_history (flow, history);
      run = test_execute_well (flow);
      g_assert_true (g_flow_history_save_sync (history, file, NULL, NULL));
    }
  g_assert_true (g_file_delete (file, NULL, NULL));
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* docs/growing.md */

static GFlow *
flow_for_what_is_in_here (void)
{
  GFlow *flow = g_flow_new ();

  g_assert_nonnull (g_flow_add (flow, "file", test_body_nothing, NULL, NULL, NULL));

  return flow;
}

static gboolean
folder_cb (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_autoptr (GFlow) flow = flow_for_what_is_in_here ();

  g_flow_run_spawn (run, node, flow);

  return TRUE;
}

static gboolean
list_cb (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  g_flow_run_set_result_variant (run, node, g_variant_new_strv ((const char * const []) {
    "one", "three", NULL }, -1));

  return TRUE;
}

static gboolean
sum_file_cb (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  GVariant *path = g_value_get_variant (g_flow_run_get_map_item (run, node));

  g_flow_run_set_result_variant (run, node,
                                 g_variant_new_int32 (strlen (g_variant_get_string (path, NULL))));

  return TRUE;
}

static void
test_growing (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GVariant) result = NULL;
  g_autofree char *text = NULL;
  GFlowNode *list_folder = g_flow_add (flow, "list", list_cb, NULL, NULL, NULL);

  g_assert_nonnull (g_flow_add (flow, "folder", folder_cb, NULL, NULL, NULL));

  g_autoptr (GFlowNode) sum = g_flow_node_new (NULL, sum_file_cb, NULL, NULL);
  GFlowNode *sums = g_flow_add_map (flow, "sums", sum, 4, NULL);

  g_flow_node_add_upstream (sums, list_folder);

  run = test_execute_well (flow);
  result = g_flow_run_dup_result_variant (run, sums);
  text = g_variant_print (result, FALSE);
  g_assert_cmpstr (text, ==, "[<3>, <5>]");
}

/* docs/branches.md */

typedef struct
{
  int        width;
  GFlowNode *shrink;
  GFlowNode *copy;
} Picture;

static gboolean
measure_cb (GFlowNode *node, GFlowRun *run, gpointer user_data, GError **error)
{
  Picture *picture = user_data;

  g_flow_run_select (run, node, picture->width > 1000 ? picture->shrink : picture->copy);

  return TRUE;
}

static void
test_branches (void)
{
  for (int width = 500; width <= 2000; width += 1500)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      Picture picture = { .width = width };
      GFlowNode *measure = g_flow_add (flow, "measure", measure_cb, &picture, NULL, NULL);

      picture.shrink = g_flow_add (flow, "shrink", test_body_nothing, NULL, NULL, NULL);
      picture.copy = g_flow_add (flow, "copy", test_body_nothing, NULL, NULL, NULL);
      g_flow_node_add_upstream (picture.shrink, measure);
      g_flow_node_add_upstream (picture.copy, measure);
      run = test_execute_well (flow);
      g_assert_cmpint (g_flow_run_get_node_state (run, picture.shrink), ==,
                       width > 1000 ? G_FLOW_NODE_STATE_DONE : G_FLOW_NODE_STATE_SKIPPED);
      g_assert_cmpint (g_flow_run_get_node_state (run, picture.copy), ==,
                       width > 1000 ? G_FLOW_NODE_STATE_SKIPPED : G_FLOW_NODE_STATE_DONE);
    }
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/pages/progress", test_progress);
  g_test_add_func ("/pages/history", test_history);
  g_test_add_func ("/pages/growing", test_growing);
  g_test_add_func ("/pages/branches", test_branches);

  return g_test_run ();
}
