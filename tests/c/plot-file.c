/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Pictures of flows in files. */

#include "test-util.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct
{
  char  *folder;   /* (owned) */
  char  *path;     /* (owned): what PATH was */
  GFlow *flow;     /* (owned) */
} Place;

static void
set_up (Place         *place,
        gconstpointer  data)
{
  place->folder = g_dir_make_tmp ("gflow-plot-XXXXXX", NULL);
  g_assert_nonnull (place->folder);
  place->path = g_strdup (g_getenv ("PATH"));
  place->flow = g_flow_new ();
  g_assert_nonnull (g_flow_add (place->flow, "load", test_body_nothing, NULL, NULL, NULL));
}

static void
tear_down (Place         *place,
           gconstpointer  data)
{
  g_autoptr (GDir) dir = g_dir_open (place->folder, 0, NULL);

  for (const char *name; (name = g_dir_read_name (dir)) != NULL;)
    {
      g_autofree char *path = g_build_filename (place->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
  g_assert_cmpint (g_rmdir (place->folder), ==, 0);
  g_setenv ("PATH", place->path, TRUE);
  g_free (place->folder);
  g_free (place->path);
  g_object_unref (place->flow);
}

static GFile *
get_file (Place      *place,
          const char *name)
{
  return g_file_new_build_filename (place->folder, name, NULL);
}

static char *
read_file (Place      *place,
           const char *name,
           gsize      *length)
{
  g_autofree char *path = g_build_filename (place->folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *content = NULL;

  g_file_get_contents (path, &content, length, &error);
  g_assert_no_error (error);

  return content;
}

/* A program that is found in place of Graphviz, and nothing else is found. */
static void
put_dot (Place      *place,
         const char *script)
{
  g_autofree char *path = g_build_filename (place->folder, "dot", NULL);
  g_autoptr (GError) error = NULL;

  g_file_set_contents_full (path, script, -1, G_FILE_SET_CONTENTS_NONE, 0700, &error);
  g_assert_no_error (error);
  g_setenv ("PATH", place->folder, TRUE);
}

static gboolean
plot (Place         *place,
      const char    *name,
      GFlowRun      *run,
      GCancellable  *cancellable,
      GError       **error)
{
  g_autoptr (GFile) file = get_file (place, name);
  TestResult result;
  gboolean well;

  test_result_init (&result);
  g_flow_plot (place->flow, file, run, cancellable, test_result_cb, &result);
  g_assert_cmpuint (result.calls, ==, 0);
  TEST_WAIT (result.calls > 0);
  g_assert_true (result.source == G_OBJECT (place->flow));
  well = g_flow_plot_finish (place->flow, result.result, error);
  test_result_clear (&result);

  return well;
}

static void
test_text (Place         *place,
           gconstpointer  data)
{
  const char * const dots[] = { "a.dot", "a.gv", "A.DOT" };
  const char * const mermaids[] = { "a.mmd", "a.mermaid" };
  g_autofree char *dot = g_flow_to_dot (place->flow, NULL);
  g_autofree char *mermaid = g_flow_to_mermaid (place->flow, NULL);
  g_autoptr (GError) error = NULL;

  /* They need no program. */
  g_setenv ("PATH", place->folder, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (dots); i++)
    {
      g_autofree char *content = NULL;

      g_assert_true (plot (place, dots[i], NULL, NULL, &error));
      g_assert_no_error (error);
      content = read_file (place, dots[i], NULL);
      g_assert_cmpstr (content, ==, dot);
    }
  for (guint i = 0; i < G_N_ELEMENTS (mermaids); i++)
    {
      g_autofree char *content = NULL;

      g_assert_true (plot (place, mermaids[i], NULL, NULL, &error));
      g_assert_no_error (error);
      content = read_file (place, mermaids[i], NULL);
      g_assert_cmpstr (content, ==, mermaid);
    }
}

/* It is not enough that it is there: a GLib made for a sanitizer keeps its plugins from loading. */
static gboolean
graphviz_works (void)
{
  const char *argv[] = { "dot", "-V", NULL };
  g_autofree char *version = NULL;
  int status = -1;

  return g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, &version,
                       &status, NULL) &&
         g_spawn_check_wait_status (status, NULL) && strstr (version, "Could not load") == NULL;
}

static void
test_graphviz (Place         *place,
               gconstpointer  data)
{
  const struct
  {
    const char *name;
    const char *magic;
  } pictures[] = { { "a.svg", "<?xml" }, { "a.png", "\211PNG" }, { "a.pdf", "%PDF" } };

  if (!graphviz_works ())
    {
      g_test_skip ("Graphviz is not installed");
      return;
    }

  for (guint i = 0; i < G_N_ELEMENTS (pictures); i++)
    {
      g_autoptr (GFile) file = get_file (place, pictures[i].name);
      g_autoptr (GError) error = NULL;
      g_autofree char *content = NULL;
      g_autofree char *again = NULL;

      g_assert_true (plot (place, pictures[i].name, NULL, NULL, &error));
      g_assert_no_error (error);
      content = read_file (place, pictures[i].name, NULL);
      g_assert_true (g_str_has_prefix (content, pictures[i].magic));

      g_assert_true (g_flow_plot_sync (place->flow, file, NULL, NULL, &error));
      g_assert_no_error (error);
      again = read_file (place, pictures[i].name, NULL);
      g_assert_true (g_str_has_prefix (again, pictures[i].magic));
    }
}

/* Scenario 64: plot, go on adding, plot again. */
static void
test_twice (Place         *place,
            gconstpointer  data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GFlowRun) run = NULL;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;
  GFlowNode *node;

  g_assert_true (plot (place, "first.dot", NULL, NULL, &error));
  node = g_flow_add (place->flow, "parse", test_body_nothing, NULL, NULL, &error);
  g_flow_node_add_upstream_by_name (node, "load");
  g_assert_true (plot (place, "second.dot", NULL, NULL, &error));
  run = test_execute_well (place->flow);
  g_assert_true (plot (place, "third.dot", run, NULL, &error));
  g_assert_no_error (error);

  first = read_file (place, "first.dot", NULL);
  second = read_file (place, "second.dot", NULL);
  third = read_file (place, "third.dot", NULL);
  g_assert_null (strstr (first, "parse"));
  test_assert_contains (second, "parse");
  test_assert_contains (third, "✓ parse");
}

static void
test_refused (Place         *place,
              gconstpointer  data)
{
  const char * const names[] = { "a", "a.gif", "svg", "a.svg.gz" };
  g_autoptr (GFlowRun) run = g_flow_run_new (place->flow);
  g_autoptr (GError) error = NULL;
  g_autofree char *kept = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GFile) file = get_file (place, names[i]);
      g_autofree char *shown = g_strdup_printf ("“%s”", names[i]);

      g_assert_false (plot (place, names[i], NULL, NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_FILENAME);
      test_assert_contains (error->message, shown);
      test_assert_contains (error->message, ".svg, .png, .pdf, .dot, .gv, .mmd, .mermaid");
      g_clear_error (&error);
      g_assert_false (g_file_query_exists (file, NULL));
    }

  /* Not installed */
  g_setenv ("PATH", place->folder, TRUE);
  g_assert_false (plot (place, "a.svg", NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  test_assert_contains (error->message, "“dot”");
  test_assert_contains (error->message, "Graphviz");
  test_assert_contains (error->message, ".mmd");
  g_clear_error (&error);

  /* It fails: the picture that was there stays. */
  g_assert_true (plot (place, "a.dot", NULL, NULL, NULL));
  put_dot (place, "#!/bin/sh\necho half; echo 'Error: no such thing' >&2; exit 3\n");
  {
    g_autofree char *path = g_build_filename (place->folder, "a.png", NULL);

    g_assert_true (g_file_set_contents (path, "a picture", -1, NULL));
  }
  g_assert_false (plot (place, "a.png", NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_contains (error->message, "Error: no such thing");
  g_clear_error (&error);
  kept = read_file (place, "a.png", NULL);
  g_assert_cmpstr (kept, ==, "a picture");

  /* It cannot be started, or says nothing. */
  put_dot (place, "#!/nowhere/sh\n");
  g_assert_false (plot (place, "a.png", NULL, NULL, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  put_dot (place, "#!/bin/sh\n");
  g_assert_false (plot (place, "a.png", NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_clear_error (&error);

  /* No such folder */
  g_assert_false (plot (place, "nowhere/a.dot", NULL, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  /* With a run, what a run would refuse; without, it can be looked at. */
  g_flow_node_add_upstream_by_name (g_flow_lookup (place->flow, "load"), "nobody");
  g_assert_true (plot (place, "a.dot", NULL, NULL, &error));
  g_assert_false (plot (place, "a.dot", run, NULL, &error));
  g_assert_error (error, G_FLOW_ERROR, G_FLOW_ERROR_UNKNOWN_NODE);
}

/* A program that ends without reading what it is given does not end this one. */
static void
test_deaf (Place         *place,
           gconstpointer  data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;

  for (guint i = 0; i < 5000; i++)
    g_assert_nonnull (g_flow_add (place->flow, NULL, test_body_nothing, NULL, NULL, NULL));
  put_dot (place, "#!/bin/sh\nexec 0<&-\necho picture\n");
  g_assert_true (plot (place, "a.svg", NULL, NULL, &error));
  g_assert_no_error (error);
  content = read_file (place, "a.svg", NULL);
  g_assert_cmpstr (content, ==, "picture\n");
}

static void
test_cancelled (Place         *place,
                gconstpointer  data)
{
  g_autoptr (GFile) file = get_file (place, "a.svg");
  g_autoptr (GFile) pid_file = get_file (place, "pid");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *pid = NULL;
  TestResult result;
  TestLife life;

  /* Before it begins */
  g_cancellable_cancel (cancellable);
  g_assert_false (plot (place, "a.dot", NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (g_flow_plot_sync (place->flow, file, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_cancellable_reset (cancellable);

  /* While it draws: the program is killed. */
  test_life_init (&life);
  test_life_watch (&life, file);
  test_life_watch (&life, cancellable);
  put_dot (place, "#!/bin/sh\necho $$ > \"${0%/*}/pid\"\nexec /bin/sleep 1000\n");
  test_result_init (&result);
  g_flow_plot (place->flow, file, NULL, cancellable, test_result_cb, &result);
  TEST_WAIT (g_file_query_exists (pid_file, NULL));
  g_cancellable_cancel (cancellable);
  TEST_WAIT (result.calls > 0);
  g_assert_false (g_flow_plot_finish (place->flow, result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_result_clear (&result);
  pid = read_file (place, "pid", NULL);
  if (*pid != '\0')
    g_assert_true (kill (atoi (pid), 0) != 0 && errno == ESRCH);
  g_assert_false (g_file_query_exists (file, NULL));
  g_clear_object (&file);
  g_clear_object (&cancellable);
  test_life_assert_over (&life);
}

/* Keeps all threads busy in which GIO does what it cannot do otherwise. */
typedef struct
{
  GMutex   mutex;
  GCond    cond;
  gboolean open;
  int      n_tasks; /* that have not ended */
} Jam;

static void
block (GTask        *task,
       gpointer      object,
       gpointer      data,
       GCancellable *cancellable)
{
  Jam *jam = data;
  const gint64 end = g_get_monotonic_time () + G_TIME_SPAN_SECOND / 2;

  g_mutex_lock (&jam->mutex);
  while (!jam->open && g_cond_wait_until (&jam->cond, &jam->mutex, end))
    ;
  jam->open = TRUE;
  g_cond_broadcast (&jam->cond);
  g_mutex_unlock (&jam->mutex);
  g_atomic_int_add (&jam->n_tasks, -1);
}

/* When the call returns nothing is left of it, also if the threads of GIO are late. */
static void
test_cancelled_sync (Place         *place,
                     gconstpointer  data)
{
  g_autoptr (GFile) file = get_file (place, "a.svg");
  g_autoptr (GError) error = NULL;
  GCancellable *cancellable = g_cancellable_new ();
  Jam jam = { .open = FALSE, .n_tasks = 30 };

  g_mutex_init (&jam.mutex);
  g_cond_init (&jam.cond);
  for (int i = 0; i < 30; i++)
    {
      g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

      g_task_set_task_data (task, &jam, NULL);
      g_task_run_in_thread (task, block);
    }

  put_dot (place, "#!/bin/sh\nexec /bin/sleep 1000\n");
  g_object_add_weak_pointer (G_OBJECT (cancellable), (gpointer *) &cancellable);
  g_cancellable_cancel (cancellable);
  g_assert_false (g_flow_plot_sync (place->flow, file, NULL, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_unref (cancellable);
  g_assert_null (cancellable);

  TEST_WAIT (g_atomic_int_get (&jam.n_tasks) == 0);
  g_mutex_clear (&jam.mutex);
  g_cond_clear (&jam.cond);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define add(name, func) g_test_add ("/plot-file/" name, Place, NULL, set_up, func, tear_down)
  add ("text", test_text);
  add ("graphviz", test_graphviz);
  add ("twice", test_twice);
  add ("refused", test_refused);
  add ("deaf", test_deaf);
  add ("cancelled", test_cancelled);
  add ("cancelled-sync", test_cancelled_sync);

  return g_test_run ();
}
