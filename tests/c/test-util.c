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

/* Bodies */

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
test_add (GFlow      *flow,
          const char *name,
          GFlowFunc   body,
          gpointer    user_data)
{
  g_autoptr (GError) error = NULL;
  GFlowNode *node = g_flow_add (flow, name, body, user_data, NULL, &error);

  g_assert_no_error (error);
  g_assert_true (G_IS_FLOW_NODE (node));

  return node;
}

GFlowNode *
test_add_nothing (GFlow      *flow,
                  const char *name)
{
  return test_add (flow, name, test_body_nothing, NULL);
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
