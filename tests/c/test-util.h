/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gflow.h>

G_BEGIN_DECLS

/* Waiting: never a sleep. The context of the thread is iterated until the
 * condition holds; a test that waits for longer than the limit is aborted with
 * the place and the condition. */

typedef struct
{
  GSource    *tick; /* (owned): conditions may change in other threads */
  gint64      deadline;
} TestWait;

void     test_wait_begin   (TestWait   *self);
void     test_wait_iterate (TestWait   *self,
                            const char *location,
                            const char *condition);
void     test_wait_end     (TestWait   *self);
gint64   test_time_limit   (void);
gboolean test_is_slow      (void);

/* Waits until it is cancelled; for sync bodies. */
gboolean test_wait_cancelled (GCancellable  *cancellable,
                              GError       **error);

#define TEST_WAIT(condition)                                   \
  G_STMT_START                                                 \
  {                                                            \
    TestWait _wait;                                            \
    test_wait_begin (&_wait);                                  \
    while (!(condition))                                       \
      test_wait_iterate (&_wait, G_STRLOC, #condition);        \
    test_wait_end (&_wait);                                    \
  }                                                            \
  G_STMT_END

/* Iterates the context for so many milliseconds, for "nothing more happens". */
void     test_settle       (guint msec);

/* The context of this thread, and the assertion that a callback is in it. */
GMainContext *test_context        (void);
void          test_assert_context (GMainContext *context);

/* A door that stays shut until a test opens it; for sync bodies. */

typedef struct
{
  GMutex   mutex;
  GCond    cond;
  gboolean open;    /* guarded by mutex */
  guint    waiting; /* guarded by mutex */
} TestGate;

void     test_gate_init    (TestGate *self);
void     test_gate_clear   (TestGate *self);
void     test_gate_open    (TestGate *self);
void     test_gate_wait    (TestGate *self);
guint    test_gate_waiting (TestGate *self);

/* What happened, in order, from any thread. */

typedef struct
{
  GMutex     mutex;
  GPtrArray *words; /* (owned) (element-type utf8), guarded by mutex */
} TestLog;

void     test_log_init   (TestLog    *self);
void     test_log_clear  (TestLog    *self);
void     test_log_add    (TestLog    *self,
                          const char *word);
void     test_log_addf   (TestLog    *self,
                          const char *format,
                          ...) G_GNUC_PRINTF (2, 3);
char    *test_log_text   (TestLog    *self) G_GNUC_WARN_UNUSED_RESULT;
guint    test_log_length (TestLog    *self);
guint    test_log_count  (TestLog    *self,
                          const char *word);
int      test_log_index  (TestLog    *self,
                          const char *word);

#define test_assert_log(log, expected)              \
  G_STMT_START                                      \
  {                                                 \
    g_autofree char *_text = test_log_text (log);   \
    g_assert_cmpstr (_text, ==, expected);          \
  }                                                 \
  G_STMT_END

#define test_assert_before(log, first, second)                                          \
  G_STMT_START                                                                          \
  {                                                                                     \
    g_assert_cmpuint (test_log_count (log, first), ==, 1);                              \
    g_assert_cmpuint (test_log_count (log, second), ==, 1);                             \
    g_assert_cmpint (test_log_index (log, first), <, test_log_index (log, second));     \
  }                                                                                     \
  G_STMT_END

/* How many at once, and the most there ever were. */

typedef struct
{
  int now;   /* atomic */
  int most;  /* atomic */
  int total; /* atomic */
} TestGauge;

void test_gauge_enter (TestGauge *self);
void test_gauge_leave (TestGauge *self);

/* Objects that must be finalised, all of them, in the thread of the test. */

typedef struct
{
  GThread *thread; /* (unowned) (nullable) */
  int      alive;  /* atomic */
  int      astray; /* atomic: finalised in another thread */
} TestLife;

void     test_life_init  (TestLife *self);
void     test_life_watch (TestLife *self,
                          gpointer  object);

#define test_life_assert_over(life)                                   \
  G_STMT_START                                                        \
  {                                                                   \
    TEST_WAIT (g_atomic_int_get (&(life)->alive) == 0);               \
    g_assert_cmpint (g_atomic_int_get (&(life)->astray), ==, 0);      \
  }                                                                   \
  G_STMT_END

/* A body that does nothing; that waits for the TestGate; that counts in the int, which is atomic. */
gboolean   test_body_nothing  (GFlowNode      *node,
                               GFlowRun       *run,
                               gpointer        user_data,
                               GError        **error);
gboolean   test_body_gate     (GFlowNode      *node,
                               GFlowRun       *run,
                               gpointer        gate,
                               GError        **error);
gboolean   test_body_count    (GFlowNode      *node,
                               GFlowRun       *run,
                               gpointer        count,
                               GError        **error);

/* Returns on the task, when a source is dispatched. */
gboolean   test_return_cb     (gpointer        task);

GFlowNode *test_add           (GFlow          *flow,
                               const char     *name,
                               GFlowFunc       body,
                               gpointer        user_data);
GFlowNode *test_add_nothing   (GFlow          *flow,
                               const char     *name);

/* Runs and waits for the end by iterating the context of the thread. */

typedef struct
{
  GMainContext *context; /* (owned) */
  GObject      *source;  /* (owned) (nullable) */
  GAsyncResult *result;  /* (owned) (nullable) */
  guint         calls;
} TestResult;

void       test_result_init   (TestResult     *self);
void       test_result_clear  (TestResult     *self);
void       test_result_cb     (GObject        *object,
                               GAsyncResult   *result,
                               gpointer        user_data);
GFlowRun  *test_execute       (GFlow          *flow,
                               GCancellable   *cancellable,
                               GError        **error);
gboolean   test_run_execute   (GFlowRun       *run,
                               GCancellable   *cancellable,
                               GError        **error);

/* Expects the run to end well; gives the run. */
GFlowRun  *test_execute_well  (GFlow          *flow);

/* Closes the flow, which is to end well. What was dropped may have to end first, in this context. */
void       test_flow_close    (GFlow          *flow);

/* Assertions on the data of a run, with names that read well in a failure. */
const char *test_node_state_name (GFlowNodeState  state);
const char *test_run_state_name  (GFlowRunState   state);

#define test_assert_node(run, node, expected)                                           \
  g_assert_cmpstr (test_node_state_name (g_flow_run_get_node_state (run, node)), ==,    \
                   test_node_state_name (G_FLOW_NODE_STATE_##expected))
#define test_assert_run(run, expected)                                                  \
  g_assert_cmpstr (test_run_state_name (g_flow_run_get_state (run)), ==,                \
                   test_run_state_name (G_FLOW_RUN_STATE_##expected))
#define test_assert_contains(haystack, needle)                                          \
  G_STMT_START                                                                          \
  {                                                                                     \
    const char *_haystack = (haystack);                                                 \
    g_assert_nonnull (_haystack);                                                       \
    if (strstr (_haystack, needle) == NULL)                                             \
      g_error ("%s: no “%s” in “%s”", G_STRLOC, needle, _haystack);                     \
  }                                                                                     \
  G_STMT_END

/* The names of the nodes of a model, in order, separated by spaces. */
char      *test_model_names   (GListModel     *model) G_GNUC_WARN_UNUSED_RESULT;

#define test_assert_model(model, expected)                                              \
  G_STMT_START                                                                          \
  {                                                                                     \
    g_autofree char *_names = test_model_names (G_LIST_MODEL (model));                  \
    g_assert_cmpstr (_names, ==, expected);                                             \
  }                                                                                     \
  G_STMT_END

/* How often the part is in the text. */
guint      test_count_of      (const char     *text,
                               const char     *part);

/* Adds the test twice: PATH/async with no data, PATH/sync with TRUE. */
void       test_add_both      (const char     *path,
                               GTestDataFunc   func);

/* Of a random test: it is printed, and GFLOW_TEST_SEED repeats it. */
guint64    test_seed          (void);

/* If the program is aborted from now on it tells how to repeat this: by the seed, and @how. */
void       test_seed_begin    (guint64         seed,
                               const char     *how);

/* Calls @func in a new thread that has its own thread-default context. */
GThread   *test_thread_new    (const char     *name,
                               GThreadFunc     func,
                               gpointer        data);

G_END_DECLS
