/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-util.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* Waiting */

/* Under valgrind or a sanitizer everything takes longer: the environment says by how much. */
static double
time_factor (void)
{
  const char *text = g_getenv ("GFLOW_TEST_TIME_FACTOR");

  return (text != NULL) ? MAX (1.0, g_ascii_strtod (text, NULL)) : 1.0;
}

gint64
test_time_limit (void)
{
  return (gint64) (30 * G_USEC_PER_SEC * time_factor ());
}

gboolean
test_is_slow (void)
{
  return time_factor () > 1.5;
}

gboolean
test_wait_cancelled (GCancellable  *cancellable,
                     GError       **error)
{
  GPollFD fd;

  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_poll (&fd, 1, (int) (test_time_limit () / 1000));
  g_cancellable_release_fd (cancellable);
  g_assert_true (g_cancellable_set_error_if_cancelled (cancellable, error));
  return FALSE;
}

static gboolean
tick_cb (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

void
test_wait_begin (TestWait *self)
{
  self->deadline = g_get_monotonic_time () + test_time_limit ();
  self->tick = g_timeout_source_new (2);
  g_source_set_static_name (self->tick, "[gflow test] tick");
  g_source_set_callback (self->tick, tick_cb, NULL, NULL);
  g_source_attach (self->tick, test_context ());
}

void
test_wait_iterate (TestWait   *self,
                   const char *location,
                   const char *condition)
{
  if (g_get_monotonic_time () > self->deadline)
    g_error ("%s: waited too long for: %s", location, condition);

  g_main_context_iteration (test_context (), TRUE);
}

void
test_wait_end (TestWait *self)
{
  g_source_destroy (self->tick);
  g_clear_pointer (&self->tick, g_source_unref);
}

void
test_settle (guint msec)
{
  gint64 until = g_get_monotonic_time () + msec * (gint64) 1000;

  TEST_WAIT (g_get_monotonic_time () >= until);
}

GMainContext *
test_context (void)
{
  GMainContext *context = g_main_context_get_thread_default ();

  return (context != NULL) ? context : g_main_context_default ();
}

void
test_assert_context (GMainContext *context)
{
  g_assert_true (test_context () == context);
  g_assert_true (g_main_context_is_owner (context));
}

/* Gates */

void
test_gate_init (TestGate *self)
{
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->open = FALSE;
  self->waiting = 0;
}

void
test_gate_clear (TestGate *self)
{
  g_assert_cmpuint (test_gate_waiting (self), ==, 0);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
}

void
test_gate_open (TestGate *self)
{
  g_mutex_lock (&self->mutex);
  self->open = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

void
test_gate_wait (TestGate *self)
{
  gint64 deadline = g_get_monotonic_time () + test_time_limit ();

  g_mutex_lock (&self->mutex);
  self->waiting++;
  while (!self->open)
    {
      if (!g_cond_wait_until (&self->cond, &self->mutex, deadline))
        g_error ("a gate was not opened in time");
    }
  self->waiting--;
  g_mutex_unlock (&self->mutex);
}

guint
test_gate_waiting (TestGate *self)
{
  guint waiting;

  g_mutex_lock (&self->mutex);
  waiting = self->waiting;
  g_mutex_unlock (&self->mutex);

  return waiting;
}

/* Logs */

void
test_log_init (TestLog *self)
{
  g_mutex_init (&self->mutex);
  self->words = g_ptr_array_new_with_free_func (g_free);
}

void
test_log_clear (TestLog *self)
{
  g_clear_pointer (&self->words, g_ptr_array_unref);
  g_mutex_clear (&self->mutex);
}

void
test_log_add (TestLog    *self,
              const char *word)
{
  g_mutex_lock (&self->mutex);
  g_ptr_array_add (self->words, g_strdup (word));
  g_mutex_unlock (&self->mutex);
}

void
test_log_addf (TestLog    *self,
               const char *format,
               ...)
{
  g_autofree char *word = NULL;
  va_list args;

  va_start (args, format);
  word = g_strdup_vprintf (format, args);
  va_end (args);

  test_log_add (self, word);
}

char *
test_log_text (TestLog *self)
{
  GString *text = g_string_new (NULL);

  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < self->words->len; i++)
    {
      if (i > 0)
        g_string_append_c (text, ' ');
      g_string_append (text, g_ptr_array_index (self->words, i));
    }
  g_mutex_unlock (&self->mutex);

  return g_string_free (text, FALSE);
}

guint
test_log_length (TestLog *self)
{
  guint length;

  g_mutex_lock (&self->mutex);
  length = self->words->len;
  g_mutex_unlock (&self->mutex);

  return length;
}

guint
test_log_count (TestLog    *self,
                const char *word)
{
  guint count = 0;

  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < self->words->len; i++)
    count += g_str_equal (g_ptr_array_index (self->words, i), word) ? 1 : 0;
  g_mutex_unlock (&self->mutex);

  return count;
}

int
test_log_index (TestLog    *self,
                const char *word)
{
  int index = -1;

  g_mutex_lock (&self->mutex);
  for (guint i = 0; i < self->words->len && index < 0; i++)
    {
      if (g_str_equal (g_ptr_array_index (self->words, i), word))
        index = (int) i;
    }
  g_mutex_unlock (&self->mutex);

  return index;
}

/* Gauges */

void
test_gauge_enter (TestGauge *self)
{
  int now = g_atomic_int_add (&self->now, 1) + 1;
  int most = g_atomic_int_get (&self->most);

  while (now > most && !g_atomic_int_compare_and_exchange (&self->most, most, now))
    most = g_atomic_int_get (&self->most);

  g_atomic_int_inc (&self->total);
}

void
test_gauge_leave (TestGauge *self)
{
  g_assert_cmpint (g_atomic_int_add (&self->now, -1), >, 0);
}

/* Life */

void
test_life_init (TestLife *self)
{
  self->thread = g_thread_self ();
  self->alive = 0;
  self->astray = 0;
}

/* Data of an object is dropped when it is finalised; a weak notify already when it is disposed. */
static void
finalized_cb (gpointer user_data)
{
  TestLife *self = user_data;

  if (self->thread != NULL && self->thread != g_thread_self ())
    g_atomic_int_inc (&self->astray);

  g_atomic_int_add (&self->alive, -1);
}

void
test_life_watch (TestLife *self,
                 gpointer  object)
{
  g_assert_true (G_IS_OBJECT (object));
  g_assert_null (g_object_get_data (object, "test-life"));

  g_atomic_int_inc (&self->alive);
  g_object_set_data_full (object, "test-life", self, finalized_cb);
}

/* The bench */

void
test_bench_init (TestBench *self)
{
  memset (self, 0, sizeof *self);
  test_log_init (&self->log);
  test_life_init (&self->life);
  self->context = g_main_context_ref (test_context ());
  self->thread = g_thread_self ();
  self->jobs = g_ptr_array_new ();
}

void
test_bench_clear (TestBench *self)
{
  test_life_assert_over (&self->life);

  for (guint i = 0; i < self->jobs->len; i++)
    {
      TestJob *job = g_ptr_array_index (self->jobs, i);

      TEST_WAIT (g_atomic_int_get (&job->destroyed) > 0);
      g_assert_cmpint (g_atomic_int_get (&job->destroyed), ==, 1);
      g_assert_cmpint (g_atomic_int_get (&job->runs), ==, g_atomic_int_get (&job->ended));
      g_clear_error (&job->error);
      g_free (job);
    }

  g_assert_cmpint (g_atomic_int_get (&self->gauge.now), ==, 0);

  g_clear_pointer (&self->jobs, g_ptr_array_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  test_log_clear (&self->log);
}

TestJob *
test_bench_job (TestBench *self)
{
  TestJob *job = g_new0 (TestJob, 1);

  job->bench = self;
  g_ptr_array_add (self->jobs, job);

  return job;
}

void
test_job_fail (TestJob    *job,
               const char *message)
{
  g_assert_null (job->error);
  job->error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, message);
}

void
test_job_destroy (gpointer user_data)
{
  TestJob *job = user_data;

  g_assert_true (g_thread_self () == job->bench->thread);
  g_assert_cmpint (g_atomic_int_add (&job->destroyed, 1), ==, 0);
}

static void
job_begin (TestJob   *job,
           GFlowNode *node)
{
  g_assert_cmpint (g_atomic_int_get (&job->destroyed), ==, 0);
  g_atomic_int_inc (&job->runs);
  test_log_add (&job->bench->log, g_flow_node_get_name (node));
  test_gauge_enter (&job->bench->gauge);
  if (job->gauge != NULL)
    test_gauge_enter (job->gauge);
}

static gboolean
job_end (TestJob       *job,
         GFlowNode     *node,
         GFlowRun      *run,
         GCancellable  *cancellable,
         GError       **error)
{
  gboolean well = TRUE;

  if (!job->deaf && g_cancellable_set_error_if_cancelled (cancellable, error))
    {
      g_atomic_int_inc (&job->cancelled);
      well = FALSE;
    }
  else if (job->error != NULL &&
           (job->failures == 0 || g_atomic_int_get (&job->runs) <= job->failures))
    {
      g_propagate_error (error, g_error_copy (job->error));
      well = FALSE;
    }
  else if (job->result != 0)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_value_init (&value, G_TYPE_INT);
      g_value_set_int (&value, job->result);
      g_flow_run_set_result (run, node, &value);
    }

  if (job->gauge != NULL)
    test_gauge_leave (job->gauge);
  test_gauge_leave (&job->bench->gauge);
  g_atomic_int_inc (&job->ended);

  return well;
}

static gboolean
job_is_lonely (TestJob *job)
{
  return g_atomic_int_get (&job->bench->gauge.total) < job->company;
}

/* Takes the time of the job, or less if it hears that it is cancelled. */
static void
job_take_time (TestJob      *job,
               GCancellable *cancellable)
{
  gint64 duration = job->forever ? test_time_limit () : job->msec * (gint64) 1000;
  gint64 end = g_get_monotonic_time () + duration;
  GPollFD fd;
  gboolean hears = !job->deaf && g_cancellable_make_pollfd (cancellable, &fd);

  while (hears ? !g_cancellable_is_cancelled (cancellable) : TRUE)
    {
      gint64 left = end - g_get_monotonic_time ();

      if (left <= 0 && !job_is_lonely (job))
        break;
      g_poll (&fd, hears ? 1 : 0, (int) MAX (1, (left + 999) / 1000));
    }

  if (hears)
    g_cancellable_release_fd (cancellable);

  g_assert_true (!job->forever || g_cancellable_is_cancelled (cancellable));
}

gboolean
test_job_sync (GFlowNode  *node,
               GFlowRun   *run,
               gpointer    user_data,
               GError    **error)
{
  TestJob *job = user_data;
  GCancellable *cancellable = g_flow_run_get_node_cancellable (run, node);

  if (job->in_context)
    test_assert_context (job->bench->context);

  g_assert_true (G_IS_CANCELLABLE (cancellable));
  g_assert_cmpstr (test_node_state_name (g_flow_run_get_node_state (run, node)), ==, "running");

  job_begin (job, node);
  if (job->gate != NULL)
    test_gate_wait (job->gate);
  if (job->msec > 0 || job->company > 0 || job->forever)
    job_take_time (job, cancellable);

  return job_end (job, node, run, cancellable, error);
}

static gboolean
job_timer_cb (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  GFlowNode *node = g_object_get_data (G_OBJECT (task), "test-node");
  GFlowRun *run = g_object_get_data (G_OBJECT (task), "test-run");
  TestJob *job = g_object_get_data (G_OBJECT (task), "test-job");
  GError *error = NULL;

  test_assert_context (job->bench->context);
  if (job_is_lonely (job) && !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    return G_SOURCE_CONTINUE;
  if (job_end (job, node, run, g_task_get_cancellable (task), &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);

  return G_SOURCE_REMOVE;
}

static gboolean
job_cancelled_cb (GCancellable *cancellable,
                  gpointer      user_data)
{
  return job_timer_cb (user_data);
}

void
test_job_async (GFlowNode  *node,
                GFlowRun   *run,
                GTask      *task,
                gpointer    user_data,
                GError    **error)
{
  TestJob *job = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GSource) timer = NULL;

  test_assert_context (job->bench->context);
  g_assert_true (G_IS_CANCELLABLE (cancellable));
  g_assert_true (cancellable == g_flow_run_get_node_cancellable (run, node));
  g_assert_cmpstr (test_node_state_name (g_flow_run_get_node_state (run, node)), ==, "running");

  job_begin (job, node);

  if (job->forever)
    timer = g_cancellable_source_new (cancellable);
  else
    timer = g_timeout_source_new (job->msec);

  if (!job->forever && !job->deaf)
    {
      g_autoptr (GSource) child = g_cancellable_source_new (cancellable);

      g_source_set_dummy_callback (child);
      g_source_add_child_source (timer, child);
    }

  g_object_set_data_full (G_OBJECT (task), "test-node", g_object_ref (node), g_object_unref);
  if (job->result != 0)
    g_object_set_data_full (G_OBJECT (task), "test-run", g_object_ref (run), g_object_unref);
  g_object_set_data (G_OBJECT (task), "test-job", job);

  if (job->forever)
    g_source_set_callback (timer, G_SOURCE_FUNC (job_cancelled_cb), g_object_ref (task),
                           g_object_unref);
  else
    g_source_set_callback (timer, job_timer_cb, g_object_ref (task), g_object_unref);
  g_source_attach (timer, job->bench->context);
}

static GFlowNode *
test_add_finish (GFlowNode  *node,
                 TestJob    *job,
                 TestJob   **job_out,
                 GError     *error)
{
  g_assert_no_error (error);
  g_assert_true (G_IS_FLOW_NODE (node));
  g_object_set_data (G_OBJECT (node), "test-job", job);
  test_life_watch (&job->bench->life, node);
  if (job_out != NULL)
    *job_out = job;

  return node;
}

GFlowNode *
test_add_sync (TestBench   *bench,
               GFlow       *flow,
               const char  *name,
               TestJob    **job_out)
{
  g_autoptr (GError) error = NULL;
  TestJob *job = test_bench_job (bench);
  GFlowNode *node = g_flow_add (flow, name, test_job_sync, job, test_job_destroy, &error);

  return test_add_finish (node, job, job_out, error);
}

GFlowNode *
test_add_context (TestBench   *bench,
                  GFlow       *flow,
                  const char  *name,
                  TestJob    **job_out)
{
  GFlowNode *node = test_add_sync (bench, flow, name, job_out);

  test_job_of (node)->in_context = TRUE;
  g_flow_node_set_placement (node, G_FLOW_PLACEMENT_CONTEXT);

  return node;
}

GFlowNode *
test_add_async (TestBench   *bench,
                GFlow       *flow,
                const char  *name,
                TestJob    **job_out)
{
  g_autoptr (GError) error = NULL;
  TestJob *job = test_bench_job (bench);
  GFlowNode *node = g_flow_add_task (flow, name, test_job_async, job, test_job_destroy, &error);

  return test_add_finish (node, job, job_out, error);
}

TestJob *
test_job_of (GFlowNode *node)
{
  TestJob *job = g_object_get_data (G_OBJECT (node), "test-job");

  g_assert_nonnull (job);

  return job;
}

gboolean
test_body_nothing (GFlowNode  *node,
                   GFlowRun   *run,
                   gpointer    user_data,
                   GError    **error)
{
  return TRUE;
}

gboolean
test_body_gate (GFlowNode  *node,
                GFlowRun   *run,
                gpointer    gate,
                GError    **error)
{
  test_gate_wait (gate);

  return TRUE;
}

gboolean
test_body_count (GFlowNode  *node,
                 GFlowRun   *run,
                 gpointer    count,
                 GError    **error)
{
  g_atomic_int_inc ((int *) count);

  return TRUE;
}

gboolean
test_return_cb (gpointer task)
{
  g_task_return_boolean (task, TRUE);

  return G_SOURCE_REMOVE;
}

GFlowNode *
test_add_nothing (GFlow      *flow,
                  const char *name)
{
  g_autoptr (GError) error = NULL;
  GFlowNode *node = g_flow_add (flow, name, test_body_nothing, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (G_IS_FLOW_NODE (node));

  return node;
}

/* Results */

void
test_result_init (TestResult *self)
{
  memset (self, 0, sizeof *self);
  self->context = g_main_context_ref (test_context ());
}

void
test_result_clear (TestResult *self)
{
  g_assert_cmpuint (self->calls, <=, 1);
  g_clear_object (&self->source);
  g_clear_object (&self->result);
  g_clear_pointer (&self->context, g_main_context_unref);
}

void
test_result_cb (GObject      *object,
                GAsyncResult *result,
                gpointer      user_data)
{
  TestResult *self = user_data;

  test_assert_context (self->context);
  self->calls++;
  g_assert_cmpuint (self->calls, ==, 1);
  g_set_object (&self->source, object);
  g_set_object (&self->result, result);
}

GFlowRun *
test_execute (GFlow         *flow,
              GCancellable  *cancellable,
              GError       **error)
{
  TestResult result;
  GFlowRun *run;

  test_result_init (&result);
  g_flow_execute (flow, cancellable, test_result_cb, &result);
  g_assert_cmpuint (result.calls, ==, 0);
  TEST_WAIT (result.calls > 0);
  g_assert_true (result.source == G_OBJECT (flow));
  run = g_flow_execute_finish (flow, result.result, error);
  test_result_clear (&result);

  return run;
}

gboolean
test_run_execute (GFlowRun      *run,
                  GCancellable  *cancellable,
                  GError       **error)
{
  TestResult result;
  gboolean well;

  test_result_init (&result);
  g_flow_run_execute (run, cancellable, test_result_cb, &result);
  g_assert_cmpuint (result.calls, ==, 0);
  TEST_WAIT (result.calls > 0);
  g_assert_true (result.source == G_OBJECT (run));
  well = g_flow_run_execute_finish (run, result.result, error);
  test_result_clear (&result);

  return well;
}

GFlowRun *
test_execute_well (GFlow *flow)
{
  g_autoptr (GError) error = NULL;
  GFlowRun *run = test_execute (flow, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (G_IS_FLOW_RUN (run));
  test_assert_run (run, DONE);
  g_assert_null (g_flow_run_get_error (run));

  return run;
}

void
test_flow_close (GFlow *flow)
{
  TestResult closed;
  g_autoptr (GError) error = NULL;

  test_result_init (&closed);
  g_flow_close (flow, NULL, test_result_cb, &closed);
  TEST_WAIT (closed.calls == 1);
  g_flow_close_finish (flow, closed.result, &error);
  g_assert_no_error (error);
  test_result_clear (&closed);
}

const char *
test_node_state_name (GFlowNodeState state)
{
  static const char * const names[] = {
    "waiting", "ready", "locked", "running", "done", "failed", "skipped", "cancelled",
  };

  g_assert_cmpuint (state, <, G_N_ELEMENTS (names));

  return names[state];
}

const char *
test_run_state_name (GFlowRunState state)
{
  static const char * const names[] = {
    "new", "running", "done", "failed", "cancelled",
  };

  g_assert_cmpuint (state, <, G_N_ELEMENTS (names));

  return names[state];
}

char *
test_model_names (GListModel *model)
{
  GString *text = g_string_new (NULL);
  guint n;

  g_assert_true (G_IS_LIST_MODEL (model));
  n = g_list_model_get_n_items (model);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (model, i);

      g_assert_true (G_IS_FLOW_NODE (item));
      if (i > 0)
        g_string_append_c (text, ' ');
      g_string_append (text, g_flow_node_get_name (G_FLOW_NODE (item)));
    }
  g_assert_null (g_list_model_get_item (model, n));

  return g_string_free (text, FALSE);
}

/* Threads */

typedef struct
{
  GThreadFunc func;
  gpointer    data;
} ThreadStart;

static gpointer
thread_cb (gpointer user_data)
{
  g_autofree ThreadStart *start = user_data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  gpointer value;

  g_main_context_push_thread_default (context);
  value = start->func (start->data);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_pop_thread_default (context);

  return value;
}

GThread *
test_thread_new (const char  *name,
                 GThreadFunc  func,
                 gpointer     data)
{
  ThreadStart *start = g_new (ThreadStart, 1);

  start->func = func;
  start->data = data;

  return g_thread_new (name, thread_cb, start);
}

guint
test_count_of (const char *text,
               const char *part)
{
  guint count = 0;

  for (const char *p = strstr (text, part); p != NULL; p = strstr (p + 1, part))
    count++;

  return count;
}

void
test_add_both (const char    *path,
               GTestDataFunc  func)
{
  g_autofree char *async = g_strconcat (path, "/async", NULL);
  g_autofree char *sync = g_strconcat (path, "/sync", NULL);

  g_test_add_data_func (async, NULL, func);
  g_test_add_data_func (sync, GINT_TO_POINTER (TRUE), func);
}

/* Seeds */

static char repeat_text[128];

static void
aborted_cb (int number)
{
  /* Only what may be called in a signal handler. */
  if (write (STDOUT_FILENO, repeat_text, strlen (repeat_text)) < 0)
    _exit (1);
  signal (number, SIG_DFL);
  raise (number);
}

guint64
test_seed (void)
{
  const char *text = g_getenv ("GFLOW_TEST_SEED");
  const guint64 seed = text != NULL ? g_ascii_strtoull (text, NULL, 10)
                                    : (guint64) g_get_real_time ();

  g_test_message ("GFLOW_TEST_SEED=%" G_GUINT64_FORMAT, seed);
  return seed;
}

void
test_seed_begin (guint64     seed,
                 const char *how)
{
  g_snprintf (repeat_text, sizeof repeat_text,
              "\n# repeat it with %s GFLOW_TEST_SEED=%" G_GUINT64_FORMAT "\n", how, seed);
  signal (SIGABRT, aborted_cb);
  signal (SIGTRAP, aborted_cb);
  signal (SIGSEGV, aborted_cb);
}
