/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* GFLOW_DEBUG: reading it, and what it does to programs, each of which is a process that is
 * started with it. */

#include "test-bench.h"

#include "run/gflow-debug-private.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

static GFlowDebugOptions *
parse (const char  *text,
       char       **complaints)
{
  GString *said = g_string_new (NULL);
  GFlowDebugOptions *options = _g_flow_debug_parse (text, said);

  *complaints = g_string_free (said, FALSE);
  return options;
}

static void
test_words (void)
{
  g_autofree char *complaints = NULL;
  g_autoptr (GFlowDebugOptions) options =
    parse (" schedule, locks,,trace=/a=b/c d.json,shuffle=18446744073709551615,fail=a*,"
           "fail=b,cancel-after=7,delay=c:d:250", &complaints);

  g_assert_cmpstr (complaints, ==, "");
  g_assert_true (options->schedule);
  g_assert_true (options->locks);
  g_assert_false (options->help);
  g_assert_cmpstr (options->trace, ==, "/a=b/c d.json");
  g_assert_true (options->shuffle);
  g_assert_cmpuint (options->seed, ==, G_MAXUINT64);
  g_assert_cmpuint (options->cancel_after, ==, 7);
  g_assert_cmpuint (options->failing->len, ==, 2);
  g_assert_true (g_pattern_spec_match_string (options->failing->pdata[0], "abc"));
  g_assert_false (g_pattern_spec_match_string (options->failing->pdata[1], "abc"));
  g_assert_cmpuint (options->delayed->len, ==, 1);
  g_assert_true (g_pattern_spec_match_string (options->delayed->pdata[0], "c:d"));
  g_assert_cmpuint (g_array_index (options->delays, guint, 0), ==, 250);
}

static void
test_bad_words (void)
{
  const char * const bad[] = {
    "nonsense", "Schedule", "schedule=1", "trace", "trace=", "shuffle", "shuffle=x", "shuffle=-1",
    "fail", "fail=", "cancel-after=0", "cancel-after=x", "cancel-after", "delay=a", "delay=:5",
    "delay=a:", "delay=a:-1", "delay=a:5s", "help=me",
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *complaints = NULL;
      g_autofree char *text = g_strdup_printf ("locks,%s,schedule", bad[i]);
      g_autofree char *named = g_strdup_printf ("\"%s\"", bad[i]);
      g_autoptr (GFlowDebugOptions) options = parse (text, &complaints);

      /* It is named, with what would do; and the others count. */
      test_assert_contains (complaints, named);
      g_assert_true (options->locks && options->schedule);
      /* It does not. */
      g_assert_null (options->trace);
      g_assert_cmpuint (options->failing->len, ==, 0);
      if (i == 0)
        test_assert_contains (complaints, "known are help, schedule, locks, trace, shuffle, fail, "
                                          "cancel-after, delay\n");
    }
}

/* The processes: each runs a flow of nodes whose names are letters, on one worker, and prints
 * in which order they were called, and how the run and each node ended. */

static gboolean
print_cb (GFlowNode *node,
          GFlowRun  *run,
          gpointer   user_data,
          GError   **error)
{
  printf ("%s ", g_flow_node_get_name (node));
  return TRUE;
}

static void
print_task_cb (GFlowNode *node,
               GFlowRun  *run,
               GTask     *task,
               gpointer   user_data,
               GError   **error)
{
  printf ("%s ", g_flow_node_get_name (node));
  g_task_return_boolean (task, TRUE);
}

static void
add_letters (GFlow      *flow,
             const char *letters)
{
  for (const char *p = letters; *p != '\0'; p++)
    g_assert_nonnull (g_flow_add (flow, (char[]) { *p, '\0' }, print_cb, NULL, NULL, NULL));
}

static void
print_end (GFlowRun     *run,
           const GError *error)
{
  printf ("| ");
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (g_flow_run_get_flow (run))); i++)
    {
      g_autoptr (GFlowNode) node = g_list_model_get_item (G_LIST_MODEL (g_flow_run_get_flow (run)), i);

      printf ("%c", "wrloDFSC"[g_flow_run_get_node_state (run, node)]);
    }
  printf (" | %s\n", error != NULL ? error->message : "done");
}

static void
execute (GFlow *flow)
{
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;

  g_flow_run_execute_sync (run, NULL, &error);
  print_end (run, error);
}

static GFlow *
new_flow (const char *letters)
{
  GFlow *flow = g_flow_new ();

  g_flow_set_name (flow, "plan");
  g_flow_set_max_threads (flow, 1);
  add_letters (flow, letters);
  return flow;
}

static void
process_letters (void)
{
  g_autoptr (GFlow) flow = new_flow ("abcdefghijklmnopqrst");

  execute (flow);
  execute (flow);
}

/* z first, a needs t, and y comes last: whatever else is shuffled. */
static void
process_order (void)
{
  g_autoptr (GFlow) flow = new_flow ("abcdefghijklmnopqrstyz");

  g_flow_node_add_upstream_by_name (g_flow_lookup (flow, "a"), "t");
  g_flow_node_set_priority (g_flow_lookup (flow, "y"), 1);
  g_flow_node_set_priority (g_flow_lookup (flow, "z"), -1);
  execute (flow);
}

/* One of each kind, in the context and on workers; and one that is tried twice. */
static void
process_kinds (void)
{
  g_autoptr (GFlow) flow = new_flow ("ab");
  g_autoptr (GFlow) inner = new_flow ("i");
  const char * const needs[] = { "a", "b", NULL };
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GError) error = NULL;

  g_flow_node_set_placement (g_flow_lookup (flow, "b"), G_FLOW_PLACEMENT_CONTEXT);
  g_assert_nonnull (g_flow_add_task (flow, "c", print_task_cb, NULL, NULL, NULL));
  g_assert_nonnull (g_flow_add_flow (flow, "d", inner, NULL));
  g_assert_nonnull (g_flow_add_join (flow, "e", needs, NULL));
  add_letters (flow, "f");
  g_flow_node_set_max_retries (g_flow_lookup (flow, "f"), 1);
  g_flow_node_set_retry_delay (g_flow_lookup (flow, "f"), 1);

  run = g_flow_run_new (flow);
  test_run_execute (run, NULL, &error);
  print_end (run, error);
}

static gboolean
is_delayed (GFlowRun   *run,
            const char *name)
{
  g_autofree char *reason =
    g_flow_run_dup_node_reason (run, g_flow_lookup (g_flow_run_get_flow (run), name));

  return g_strcmp0 (reason, "Waits, as GFLOW_DEBUG says") == 0;
}

/* Is cancelled by another thread as soon as its node is held up. */
static gpointer
cancel_later (gpointer data)
{
  GFlowRun *run = data;

  while (!is_delayed (run, "a"))
    g_thread_yield ();
  g_flow_run_cancel (run);
  return NULL;
}

/* A hundred nodes, half of them in the context, on one worker: who waits holds up nobody, neither
 * the others nor the context. */
static void
process_crowd (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  TestResult result;
  gboolean has_run = FALSE;

  g_flow_set_max_threads (flow, 1);
  for (guint i = 0; i < 100; i++)
    {
      GFlowNode *node = g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL);

      if (i % 2 == 0)
        g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);
    }
  g_flow_add (flow, "after", test_body_nothing, NULL, NULL, NULL);
  g_assert_nonnull (g_flow_add_join_all (flow, "all", NULL));
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  /* All of them wait at the same time, and the context turns. */
  TEST_WAIT (is_delayed (run, "node0") && is_delayed (run, "node99"));
  TEST_WAIT (g_flow_run_get_node_state (run, g_flow_lookup (flow, "after")) ==
             G_FLOW_NODE_STATE_DONE);
  has_run = g_flow_run_get_n_done (run) > 1;
  TEST_WAIT (result.calls > 0);
  test_result_clear (&result);
  g_assert_true (g_flow_run_get_state (run) == G_FLOW_RUN_STATE_DONE);
  g_assert_finalize_object (g_steal_pointer (&run));
  printf ("%s\n", has_run ? "too soon" : "well");
}

/* Paused while its node is held up, which has a lock: gives that back, and takes it again. */
static void
process_paused (void)
{
  g_autoptr (GFlow) flow = new_flow ("a");
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  TestResult result;

  g_flow_node_add_lock (g_flow_lookup (flow, "a"), lock);
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (is_delayed (run, "a"));
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 1);
  g_flow_run_pause (run);
  TEST_WAIT (g_flow_lock_get_in_use (lock) == 0);
  g_flow_run_resume (run);
  TEST_WAIT (result.calls > 0);
  test_result_clear (&result);
  print_end (run, NULL);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
}

static void
process_patient (void)
{
  g_autoptr (GFlow) flow = new_flow ("a");
  g_autoptr (GFlowRun) run = g_flow_run_new (flow);
  g_autoptr (GError) error = NULL;
  GThread *thread = g_thread_new ("cancel", cancel_later, run);

  g_flow_run_execute_sync (run, NULL, &error);
  g_thread_join (thread);
  print_end (run, error);
}

static void
process_locks (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  TestBench bench;
  TestJob *job;

  test_bench_init (&bench);
  g_flow_set_name (flow, "plan");
  g_flow_set_max_threads (flow, 2);
  g_flow_lock_set_name (lock, "disk");
  for (guint i = 0; i < 2; i++)
    {
      GFlowNode *node = test_add_sync (&bench, flow, i == 0 ? "a" : "b", &job);

      job->msec = 5;
      g_flow_node_add_lock (node, lock);
    }
  g_object_unref (test_execute_well (flow));
  g_clear_object (&flow);
  test_bench_clear (&bench);
}

/* With a log writer of its own, that prints the fields. */
static GLogWriterOutput
print_fields (GLogLevelFlags   level,
              const GLogField *fields,
              gsize            n_fields,
              gpointer         user_data)
{
  printf ("[");
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_has_prefix (fields[i].key, "G"))
      printf ("%s=%s;", fields[i].key, (const char *) fields[i].value);
  printf ("%d]\n", level);
  return G_LOG_WRITER_HANDLED;
}

static void
process_fields (void)
{
  g_autoptr (GFlow) flow = new_flow ("a");

  g_log_set_writer_func (print_fields, NULL, NULL);
  execute (flow);
}

/* Starts a process with the variable; gives what it printed. */
static void
start (const char *process,
       const char *variable,
       char      **output,
       char      **errors)
{
  g_autoptr (GSubprocessLauncher) launcher =
    g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_autoptr (GSubprocess) subprocess = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *said = NULL;

  g_subprocess_launcher_unsetenv (launcher, "G_MESSAGES_DEBUG");
  g_subprocess_launcher_unsetenv (launcher, "GFLOW_DEBUG");
  g_subprocess_launcher_setenv (launcher, "LC_ALL", "C.UTF-8", TRUE);
  if (variable != NULL)
    g_subprocess_launcher_setenv (launcher, "GFLOW_DEBUG", variable, TRUE);
  if (g_str_equal (process, "fields"))
    g_subprocess_launcher_setenv (launcher, "G_MESSAGES_DEBUG", "gflow", TRUE);
  subprocess = g_subprocess_launcher_spawn (launcher, &error, "/proc/self/exe", "--process", process,
                                            NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (subprocess, NULL, NULL, output, &said, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (subprocess))
    g_error ("%s, %s: %s%s", process, variable, *output, said);
  if (errors != NULL)
    *errors = g_steal_pointer (&said);
  else
    g_assert_cmpstr (said, ==, "");
}

#define test_assert_output(process, variable, expected) \
  G_STMT_START                                          \
  {                                                     \
    g_autofree char *_output = NULL;                    \
    start (process, variable, &_output, NULL);          \
    g_assert_cmpstr (_output, ==, expected);            \
  }                                                     \
  G_STMT_END

#define LETTERS "a b c d e f g h i j k l m n o p q r s t | DDDDDDDDDDDDDDDDDDDD | done\n"

static void
test_off (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;

  test_assert_output ("letters", NULL, LETTERS LETTERS);
  test_assert_output ("letters", "", LETTERS LETTERS);

  /* This process has not set it: nothing of a run is looked at. */
  g_assert_null (g_getenv ("GFLOW_DEBUG"));
  g_assert_nonnull (g_flow_add (flow, NULL, test_body_nothing, NULL, NULL, NULL));
  run = test_execute_well (flow);
  g_assert_cmpint (atomic_load (&_g_flow_debug_state), ==, G_FLOW_DEBUG_OFF);
  g_assert_null (run->debug);
  g_assert_null (run->observers);
  g_assert_cmpuint (atomic_load (&run->attention), ==, 0);
}

static void
test_said (void)
{
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;

  start ("letters", "help,nonsense", &output, &errors);
  g_assert_cmpstr (output, ==, LETTERS LETTERS);
  test_assert_contains (errors, "GFLOW_DEBUG: unknown word \"nonsense\"");
  test_assert_contains (errors, "\n  shuffle=SEED ");
  test_assert_contains (errors, "\n  delay=NODE:MS ");

  /* Once, not for each run. */
  g_assert_null (strstr (strstr (errors, "nonsense") + 1, "nonsense"));
}

static void
test_shuffle (void)
{
  g_autofree char *first = NULL;
  g_autofree char *again = NULL;
  g_autofree char *other = NULL;
  g_autofree char *order = NULL;
  g_auto (GStrv) runs = NULL;

  start ("letters", "shuffle=1", &first, NULL);
  start ("letters", "shuffle=1", &again, NULL);
  start ("letters", "shuffle=2", &other, NULL);
  g_assert_cmpstr (first, ==, again);
  g_assert_cmpstr (first, !=, other);
  g_assert_cmpstr (first, !=, LETTERS LETTERS);

  /* The second run is shuffled in another way. */
  runs = g_strsplit (first, "\n", -1);
  g_assert_cmpstr (runs[0], !=, runs[1]);

  for (guint seed = 1; seed <= 20; seed++)
    {
      g_autofree char *variable = g_strdup_printf ("shuffle=%u", seed);

      g_clear_pointer (&order, g_free);
      start ("order", variable, &order, NULL);
      g_assert_true (g_str_has_prefix (order, "z "));
      test_assert_contains (order, " y | DDDDDDDDDDDDDDDDDDDDDD | done\n");
      g_assert_true (strstr (order, "t ") < strstr (order, "a "));
    }
}

static void
test_fail (void)
{
  test_assert_output ("letters", "fail=c",
                      "a b d e f g h i j k l m n o p q r s t | DDFDDDDDDDDDDDDDDDDD | "
                      "“c” was made to fail by GFLOW_DEBUG\n"
                      "a b d e f g h i j k l m n o p q r s t | DDFDDDDDDDDDDDDDDDDD | "
                      "“c” was made to fail by GFLOW_DEBUG\n");

  /* Every kind of node, also those that are tried again. */
  for (const char *p = "abcdef"; *p != '\0'; p++)
    {
      g_autofree char *variable = g_strdup_printf ("fail=%c", *p);
      g_autofree char *message = g_strdup_printf ("| “%c” was made to fail", *p);
      g_autofree char *output = NULL;
      g_auto (GStrv) parts = NULL;

      start ("kinds", variable, &output, NULL);
      test_assert_contains (output, message);
      parts = g_strsplit (output, " | ", -1);
      g_assert_null (strchr (parts[0], *p));
      g_assert_cmpint (parts[1][*p - 'a'], ==, 'F');
    }
  {
    g_autofree char *output = NULL;

    start ("kinds", "fail=?", &output, NULL);
    test_assert_contains (output, "| FFFFSF |");
  }
}

static void
test_cancel_after (void)
{
  test_assert_output ("letters", "cancel-after=3",
                      "a b c | DDDCCCCCCCCCCCCCCCCC | The run was cancelled\n"
                      "a b c | DDDCCCCCCCCCCCCCCCCC | The run was cancelled\n");
  test_assert_output ("letters", "cancel-after=21", LETTERS LETTERS);
}

static void
test_delay (void)
{
  const gint64 start_time = g_get_monotonic_time ();

  test_assert_output ("letters", "delay=b:30,delay=?:1",
                      "a c d e f g h i j k l m n o p q r s t b | DDDDDDDDDDDDDDDDDDDD | done\n"
                      "a c d e f g h i j k l m n o p q r s t b | DDDDDDDDDDDDDDDDDDDD | done\n");
  g_assert_cmpint (g_get_monotonic_time () - start_time, >=, 2 * 31 * G_TIME_SPAN_MILLISECOND);
  test_assert_output ("crowd", "delay=node*:400", "well\n");
  test_assert_output ("paused", "delay=a:50", "a | D | done\n");
  {
    g_autofree char *output = NULL;

    /* Of each kind, and before each attempt. */
    start ("kinds", "delay=?:5,fail=f", &output, NULL);
    test_assert_contains (output, "| DDDDDF | ");
  }

  /* Who is cancelled does not wait. */
  test_assert_output ("letters", "delay=d:1000000,cancel-after=3",
                      "a b c | DDDCCCCCCCCCCCCCCCCC | The run was cancelled\n"
                      "a b c | DDDCCCCCCCCCCCCCCCCC | The run was cancelled\n");
  test_assert_output ("patient", "delay=a:1000000", "| C | The run was cancelled\n");
}

static void
test_schedule (void)
{
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;

  start ("letters", "schedule", &output, &errors);
  test_assert_contains (errors, "gflow-DEBUG");
  test_assert_contains (errors, "plan, run 1: starts, 20 nodes\n");
  test_assert_contains (errors, "plan, run 1: \"c\" starts on worker 1\n");
  test_assert_contains (errors, "plan, run 1: \"c\" is done, after ");
  test_assert_contains (errors, "plan, run 1: is done\n");
  test_assert_contains (errors, "plan, run 2: is done\n");
  g_assert_cmpstr (output, ==, LETTERS LETTERS);
  g_clear_pointer (&output, g_free);
  g_clear_pointer (&errors, g_free);

  start ("locks", "locks", &output, &errors);
  test_assert_contains (errors, "plan, run 1: \"a\" has its locks\n");
  test_assert_contains (errors, "plan, run 1: \"b\" waits for the lock \"disk\"\n");
  test_assert_contains (errors, "plan, run 1: \"b\" has its locks\n");
  g_assert_null (strstr (errors, "starts"));
}

static void
test_fields (void)
{
  test_assert_output ("fields", "locks", "a | D | done\n");
  {
    g_autofree char *output = NULL;

    start ("fields", "schedule", &output, NULL);
    test_assert_contains (output, "[GLIB_DOMAIN=gflow;GFLOW_FLOW=plan;GFLOW_RUN=1;128]\n");
    test_assert_contains (output,
                          "[GLIB_DOMAIN=gflow;GFLOW_FLOW=plan;GFLOW_RUN=1;GFLOW_NODE=a;128]\n");
  }
}

static void
test_trace (void)
{
  g_autofree char *folder = g_dir_make_tmp ("gflow-debug-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "trace.json", NULL);
  g_autofree char *variable = g_strdup_printf ("trace=%s", path);
  g_autofree char *nowhere = g_strdup_printf ("trace=%s/nowhere/a", folder);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autofree char *content = NULL;

  /* What was there is not kept. */
  g_assert_true (g_file_set_contents (path, "old", -1, NULL));
  test_assert_output ("letters", variable, LETTERS LETTERS);
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_true (g_str_has_prefix (content, "[\n{"));
  g_assert_true (g_str_has_suffix (content, "}\n]\n"));
  test_assert_contains (content, "}},\n{\"ph\":\"M\",\"pid\":2,");
  test_assert_contains (content, "\"node\":\"t\"");

  start ("letters", nowhere, &output, &errors);
  g_assert_cmpstr (output, ==, LETTERS LETTERS);
  test_assert_contains (errors, "GFLOW_DEBUG: The trace could not be written to ");

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static const struct
{
  const char *name;
  void      (*func) (void);
} processes[] = {
  { "letters", process_letters },
  { "order", process_order },
  { "kinds", process_kinds },
  { "locks", process_locks },
  { "fields", process_fields },
  { "patient", process_patient },
  { "crowd", process_crowd },
  { "paused", process_paused },
};

int
main (int    argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--process"))
    for (guint i = 0; i < G_N_ELEMENTS (processes); i++)
      if (g_str_equal (argv[2], processes[i].name))
        {
          processes[i].func ();
          return fflush (stdout);
        }

  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/debug/words", test_words);
  g_test_add_func ("/debug/bad-words", test_bad_words);
  g_test_add_func ("/debug/off", test_off);
  g_test_add_func ("/debug/said", test_said);
  g_test_add_func ("/debug/shuffle", test_shuffle);
  g_test_add_func ("/debug/fail", test_fail);
  g_test_add_func ("/debug/cancel-after", test_cancel_after);
  g_test_add_func ("/debug/delay", test_delay);
  g_test_add_func ("/debug/schedule", test_schedule);
  g_test_add_func ("/debug/fields", test_fields);
  g_test_add_func ("/debug/trace", test_trace);

  return g_test_run ();
}
