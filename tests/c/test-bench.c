/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "test-bench.h"

#include <string.h>

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
