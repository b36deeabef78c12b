/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Questions of nodes to the application. */

#include "test-util.h"

typedef struct
{
  GMainContext  *context;
  const char    *answer;   /* (nullable): what is answered; NULL to not take the question */
  gboolean       later;    /* in another iteration */
  gboolean       refuses;
  gboolean       drops;    /* takes the question, and forgets it */
  GFlowQuestion *question; /* (owned) (nullable): that was not answered yet */
  int            n_asked;
} Person;

static void
answer (Person        *person,
        GFlowQuestion *question)
{
  if (person->refuses)
    {
      g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
                                                      "Not now");

      g_flow_question_refuse (question, error);
      return;
    }
  g_flow_question_answer (question, g_variant_new_string (person->answer));
  /* A second one has no effect. */
  g_flow_question_answer (question, g_variant_new_string ("too late"));
}

static gboolean
answer_later_cb (gpointer user_data)
{
  Person *person = user_data;
  g_autoptr (GFlowQuestion) question = g_steal_pointer (&person->question);

  answer (person, question);
  return G_SOURCE_REMOVE;
}

static gboolean
ask_cb (GFlowRun      *run,
        GFlowQuestion *question,
        Person        *person)
{
  g_assert_true (G_IS_FLOW_QUESTION (question));
  g_assert_cmpstr (g_flow_question_get_text (question), ==, "Overwrite?");
  g_assert_cmpstr (g_flow_question_get_choices (question)[1], ==, "no");
  g_assert_cmpstr (g_flow_node_get_name (g_flow_question_get_node (question)), ==, "asks");
  if (person->context != NULL)
    test_assert_context (person->context);
  person->n_asked++;
  if (person->answer == NULL)
    return FALSE;
  if (person->drops)
    return TRUE;
  if (person->later)
    {
      g_autoptr (GSource) source = g_timeout_source_new (3);

      person->question = g_object_ref (question);
      g_source_set_callback (source, answer_later_cb, person, NULL);
      g_source_attach (source, test_context ());
      return TRUE;
    }
  answer (person, question);
  return TRUE;
}

typedef struct
{
  const char *default_answer; /* (nullable) */
  char       *answer;         /* (owned) (nullable) */
} Asker;

static GFlowQuestion *
new_question (Asker *asker)
{
  const char * const choices[] = { "yes", "no", NULL };

  return g_flow_question_new ("Overwrite?", choices,
                              asker->default_answer != NULL
                                ? g_variant_new_string (asker->default_answer) : NULL);
}

static gboolean
body_ask (GFlowNode  *node,
          GFlowRun   *run,
          gpointer    user_data,
          GError    **error)
{
  Asker *asker = user_data;
  g_autoptr (GFlowQuestion) question = new_question (asker);
  g_autoptr (GVariant) answer = g_flow_run_ask_question_sync (run, node, question, error);

  if (answer == NULL)
    return FALSE;
  asker->answer = g_variant_dup_string (answer, NULL);
  return TRUE;
}

typedef struct
{
  Asker    *asker;
  GFlowRun *run;
} Waiting;

static void
answered_cb (GObject      *object,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  Waiting *waiting = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GVariant) answer = g_flow_run_ask_question_finish (waiting->run, result, &error);

  if (answer == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  waiting->asker->answer = g_variant_dup_string (answer, NULL);
  g_task_return_boolean (task, TRUE);
}

static void
task_ask (GFlowNode  *node,
          GFlowRun   *run,
          GTask      *task,
          gpointer    user_data,
          GError    **error)
{
  Waiting *waiting = g_new (Waiting, 1);
  g_autoptr (GFlowQuestion) question = new_question (user_data);

  *waiting = (Waiting) { user_data, run };
  g_task_set_task_data (task, waiting, g_free);
  g_flow_run_ask_question (run, node, question, answered_cb, g_object_ref (task));
}

typedef struct
{
  gboolean async_body;
  gboolean sync;
} Way;

static GFlowNode *
add_asker (GFlow    *flow,
           Asker    *asker,
           gboolean  async_body)
{
  return async_body ? g_flow_add_task (flow, "asks", task_ask, asker, NULL, NULL)
                    : g_flow_add (flow, "asks", body_ask, asker, NULL, NULL);
}

static void
test_answers (gconstpointer data)
{
  const Way *way = data;
  const struct
  {
    Person      person;
    gboolean    connected;
    const char *default_answer;
    const char *answer;  /* NULL: it fails */
    GQuark      domain;
    int         code;
  } cases[] = {
    { { .answer = "yes" }, TRUE, "no", "yes" },
    { { .answer = "yes" }, TRUE, NULL, "yes" },
    { { .answer = "yes", .later = TRUE }, TRUE, "no", "yes" },
    { { .answer = NULL }, TRUE, "no", "no" },
    { { .answer = NULL }, FALSE, "no", "no" },
    { { .answer = NULL }, TRUE, NULL, NULL, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED },
    { { .answer = NULL }, FALSE, NULL, NULL, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED },
    { { .answer = "", .refuses = TRUE, .later = TRUE }, TRUE, "no", NULL, G_IO_ERROR,
      G_IO_ERROR_PERMISSION_DENIED },
    { { .answer = "", .drops = TRUE }, TRUE, "no", NULL, G_FLOW_ERROR, G_FLOW_ERROR_ABANDONED },
  };

  g_test_summary ("A question is answered by who is connected, now or later, else by default; or "
                  "refused, or dropped");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFlow) flow = g_flow_new ();
      g_autoptr (GFlowRun) run = NULL;
      g_autoptr (GError) error = NULL;
      Person person = cases[i].person;
      Asker asker = { .default_answer = cases[i].default_answer };
      GFlowNode *node = add_asker (flow, &asker, way->async_body);
      gboolean well;

      g_flow_node_add_upstream (g_flow_add (flow, "after", NULL, NULL, NULL, NULL), node);
      run = g_flow_run_new (flow);
      if (!way->sync)
        person.context = test_context ();
      if (cases[i].connected)
        g_signal_connect (run, "ask", G_CALLBACK (ask_cb), &person);
      well = way->sync ? g_flow_run_execute_sync (run, NULL, &error)
                       : test_run_execute (run, NULL, &error);
      g_assert_cmpint (person.n_asked, ==, cases[i].connected);
      g_assert_cmpstr (asker.answer, ==, cases[i].answer);
      if (cases[i].answer != NULL)
        g_assert_no_error (error);
      else
        g_assert_error (error, cases[i].domain, cases[i].code);
      g_assert_cmpint (well, ==, cases[i].answer != NULL);
      g_free (asker.answer);
      g_assert_finalize_object (g_steal_pointer (&run));
      g_assert_finalize_object (g_steal_pointer (&flow));
    }
}

static gboolean
keep_cb (GFlowRun      *run,
         GFlowQuestion *question,
         Person        *person)
{
  g_set_object (&person->question, question);

  return TRUE;
}

/* Only the node that asks waits, and what waits for it. */
static void
test_aside (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  Person person = { .answer = "yes" };
  Asker asker = { 0 };
  TestResult result;
  GFlowNode *asks = add_asker (flow, &asker, GPOINTER_TO_INT (data));
  GFlowNode *after = g_flow_add (flow, "after", test_body_nothing, NULL, NULL, NULL);
  GFlowNode *other = g_flow_add (flow, "other", test_body_nothing, NULL, NULL, NULL);
  GFlowNode *another = g_flow_add (flow, "another", test_body_nothing, NULL, NULL, NULL);

  /* A sync body blocks its thread. */
  g_flow_set_max_threads (flow, GPOINTER_TO_INT (data) ? 1 : 2);
  g_flow_node_add_upstream (after, asks);
  g_flow_node_add_upstream (another, other);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "ask", G_CALLBACK (keep_cb), &person);
  test_result_init (&result);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (person.question != NULL &&
             g_flow_run_get_node_state (run, another) == G_FLOW_NODE_STATE_DONE);
  test_assert_node (run, asks, RUNNING);
  test_assert_node (run, after, WAITING);

  answer (&person, person.question);
  g_clear_object (&person.question);
  TEST_WAIT (result.calls > 0);
  g_assert_true (g_flow_run_execute_finish (run, result.result, NULL));
  test_assert_node (run, after, DONE);
  test_result_clear (&result);
  g_free (asker.answer);
}

static void
test_cancel (gconstpointer data)
{
  const gboolean async_body = GPOINTER_TO_INT (data);
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  Person person = { 0 };
  Asker asker = { 0 };
  GFlowNode *node = add_asker (flow, &asker, async_body), *other;
  TestResult result;

  g_test_summary ("While a node waits for an answer others run; to cancel it ends the question");
  test_result_init (&result);
  other = g_flow_add (flow, "other", test_body_nothing, NULL, NULL, NULL);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "ask", G_CALLBACK (keep_cb), &person);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (person.question != NULL &&
             g_flow_run_get_node_state (run, other) == G_FLOW_NODE_STATE_DONE);
  test_assert_node (run, node, RUNNING);
  g_flow_run_cancel_node (run, node);
  TEST_WAIT (result.calls > 0);
  test_assert_node (run, node, CANCELLED);
  g_flow_question_answer (person.question, g_variant_new_string ("too late"));
  g_assert_finalize_object (g_steal_pointer (&person.question));
  test_result_clear (&result);
  g_assert_finalize_object (g_steal_pointer (&run));
}

static void
drop_cb (GCancellable *cancellable,
         Person       *person)
{
  g_clear_object (&person->question);
}

/* As who shows a dialog takes it away. */
static gboolean
drop_later_cb (GFlowRun      *run,
               GFlowQuestion *question,
               Person        *person)
{
  g_signal_connect (g_flow_run_get_node_cancellable (run, g_flow_question_get_node (question)),
                    "cancelled", G_CALLBACK (drop_cb), person);
  return keep_cb (run, question, person);
}

static void
test_dropped_when_cancelled (gconstpointer data)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  Person person = { 0 };
  Asker asker = { 0 };
  GFlowNode *node = add_asker (flow, &asker, GPOINTER_TO_INT (data));
  TestResult result;

  g_test_summary ("Who is told of the cancellation may drop the question");
  test_result_init (&result);
  run = g_flow_run_new (flow);
  g_signal_connect (run, "ask", G_CALLBACK (drop_later_cb), &person);
  g_flow_run_execute (run, NULL, test_result_cb, &result);
  TEST_WAIT (person.question != NULL);
  g_flow_run_cancel_node (run, node);
  TEST_WAIT (result.calls > 0);
  g_assert_null (person.question);
  test_assert_node (run, node, CANCELLED);
  test_result_clear (&result);
  g_assert_finalize_object (g_steal_pointer (&run));
}

static void
test_not_running (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GFlowRun) run = NULL;
  g_autoptr (GFlowQuestion) question = g_flow_question_new ("Why?", NULL, NULL);
  GFlowNode *node = g_flow_add (flow, "node", test_body_nothing, NULL, NULL, NULL);

  g_test_summary ("A node that does not run cannot ask, and its caller does not wait");
  run = test_execute_well (flow);
  g_test_expect_message ("GFlow", G_LOG_LEVEL_CRITICAL, "*is_running*");
  g_assert_null (g_flow_run_ask_question_sync (run, node, question, NULL));
  g_test_assert_expected_messages ();
}

static void
test_in_context (void)
{
  g_autoptr (GFlow) flow = g_flow_new ();
  g_autoptr (GError) error = NULL;
  Asker asker = { .default_answer = "no" };

  g_test_summary ("A body in the context cannot wait there");
  g_flow_node_set_placement (g_flow_add (flow, "asks", body_ask, &asker, NULL, NULL),
                             G_FLOW_PLACEMENT_CONTEXT);
  g_assert_null (test_execute (flow, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
}

int
main (int   argc,
      char *argv[])
{
  static const Way ways[] = { { FALSE, FALSE }, { TRUE, FALSE }, { FALSE, TRUE }, { TRUE, TRUE } };

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/ask/answers/worker/async", &ways[0], test_answers);
  g_test_add_data_func ("/ask/answers/task/async", &ways[1], test_answers);
  g_test_add_data_func ("/ask/answers/worker/sync", &ways[2], test_answers);
  g_test_add_data_func ("/ask/answers/task/sync", &ways[3], test_answers);
  g_test_add_data_func ("/ask/aside/worker", GINT_TO_POINTER (FALSE), test_aside);
  g_test_add_data_func ("/ask/aside/task", GINT_TO_POINTER (TRUE), test_aside);
  g_test_add_data_func ("/ask/cancel/worker", GINT_TO_POINTER (FALSE), test_cancel);
  g_test_add_data_func ("/ask/cancel/task", GINT_TO_POINTER (TRUE), test_cancel);
  g_test_add_data_func ("/ask/dropped-when-cancelled/worker", GINT_TO_POINTER (FALSE),
                        test_dropped_when_cancelled);
  g_test_add_data_func ("/ask/dropped-when-cancelled/task", GINT_TO_POINTER (TRUE),
                        test_dropped_when_cancelled);
  g_test_add_func ("/ask/not-running", test_not_running);
  g_test_add_func ("/ask/in-context", test_in_context);

  return g_test_run ();
}
