/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Requests that are served together. */

#include "test-executor.h"

#include <string.h>

typedef enum
{
  CHANGE,   /* appends to each text */
  REPLACE,  /* puts a new document in the place of each */
  REVERSE,  /* and the last first */
  THIN,     /* keeps those with an even number only */
  ADD,      /* adds a document of nobody */
  COPY,     /* new documents with the ids of those with an even number */
  FAIL,
} Manner;

typedef struct
{
  GFlow          *flow;      /* (owned) */
  GFlowExecutor  *executor;  /* (owned) */
  Manner          manner;
  gboolean        by_task;
  gboolean        gated;
  int             failures;  /* atomic: calls that fail before one does not */
  int             told;      /* atomic: calls that were told to stop */
  TestGate        gate;
  TestGauge       gauge;
  TestLog         log;       /* how many documents each call had */
  TestLife        life;
} Bench;

static void
make_documents (Bench        *self,
                GFlowRequest *request)
{
  GListStore *documents = G_LIST_STORE (g_flow_request_get_documents (request));
  const guint n = g_list_model_get_n_items (G_LIST_MODEL (documents));
  g_autoptr (GListStore) made = g_list_store_new (G_TYPE_FLOW_DOCUMENT);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (G_LIST_MODEL (documents), i);
      const char *text = g_flow_document_get_text (document);
      g_autofree char *longer = g_strconcat (text, "!", NULL);
      g_autoptr (GFlowDocument) other = g_flow_document_new_for_text (longer);
      const gboolean is_even = (text[strlen (text) - 1] - '0') % 2 == 0;

      if (self->manner == CHANGE)
        g_flow_document_set_text (document, longer);
      else if (self->manner == REPLACE)
        g_list_store_append (made, other);
      else if (self->manner == REVERSE)
        g_list_store_insert (made, 0, document);
      else if (self->manner == COPY)
        g_flow_document_set_id (other, g_flow_document_get_id (document));
      if ((self->manner == THIN && is_even) || self->manner == ADD)
        g_list_store_append (made, document);
      if ((self->manner == COPY && is_even) || (self->manner == ADD && i == 0))
        g_list_store_append (made, other);
    }
  if (self->manner != CHANGE)
    g_flow_request_set_documents (request, G_LIST_MODEL (made));
}

static gboolean
process (Bench         *self,
         GFlowRequest  *request,
         GError       **error)
{
  if (self->manner == FAIL || g_atomic_int_get (&self->failures) > 0)
    {
      g_atomic_int_add (&self->failures, -1);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, "The batch failed");
      return FALSE;
    }
  make_documents (self, request);
  g_flow_request_set_result (request, g_variant_new_uint32 (
                               g_list_model_get_n_items (g_flow_request_get_documents (request))));
  return TRUE;
}

static void
note (Bench        *self,
      GFlowRequest *request)
{
  test_log_addf (&self->log, "%u",
                 g_list_model_get_n_items (g_flow_request_get_documents (request)));
}

static gboolean
serve (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GCancellable   *cancellable,
       gpointer        user_data,
       GError        **error)
{
  Bench *self = user_data;
  gboolean ok;

  test_gauge_enter (&self->gauge);
  note (self, request);
  if (self->gated)
    test_gate_wait (&self->gate);
  if (g_cancellable_is_cancelled (cancellable))
    g_atomic_int_inc (&self->told);
  ok = process (self, request, error);
  test_gauge_leave (&self->gauge);
  return ok;
}

typedef struct
{
  Bench        *bench;
  GFlowRequest *request; /* (owned) */
} Late;

static gboolean
late_cb (gpointer user_data)
{
  GTask *task = user_data;
  Late *late = g_task_get_task_data (task);
  GError *error = NULL;

  if (process (late->bench, late->request, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  return G_SOURCE_REMOVE;
}

static void
free_late (gpointer data)
{
  g_object_unref (((Late *) data)->request);
  g_free (data);
}

static void
start (GFlowExecutor  *executor,
       GFlowRequest   *request,
       GTask          *task,
       gpointer        user_data,
       GError        **error)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Late *late = g_new (Late, 1);

  g_assert_true (g_task_get_source_object (task) == executor);
  note (user_data, request);
  *late = (Late) { user_data, g_object_ref (request) };
  g_task_set_task_data (task, late, free_late);
  g_source_set_callback (source, late_cb, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
}

static void
bench_init (Bench    *self,
            gboolean  by_task,
            guint     size,
            guint     timeout)
{
  memset (self, 0, sizeof *self);
  self->by_task = by_task;
  test_gate_init (&self->gate);
  test_log_init (&self->log);
  test_life_init (&self->life);
  self->executor = test_executor_new ("pass");
  if (by_task)
    g_flow_executor_bind_task (self->executor, NULL, start, self, NULL);
  else
    g_flow_executor_bind (self->executor, NULL, serve, self, NULL);
  g_flow_executor_set_batching (self->executor, NULL, size, timeout);
  self->flow = g_flow_new ();
  g_assert_nonnull (g_flow_add_executor (self->flow, "model", self->executor, NULL, NULL));
  test_life_watch (&self->life, self->executor);
  test_life_watch (&self->life, self->flow);
}

static void
bench_open (Bench *self)
{
  g_assert_true (g_flow_open_sync (self->flow, NULL, NULL));
}

static void
bench_clear (Bench *self)
{
  if (g_flow_get_is_open (self->flow))
    test_flow_close (self->flow);
  g_clear_object (&self->executor);
  g_clear_object (&self->flow);
  test_life_assert_over (&self->life);
  test_gate_clear (&self->gate);
  test_log_clear (&self->log);
}

/* Single requests, on their way in the context of the test */

typedef struct
{
  GFlowRun     *run;     /* (owned) */
  GFlowRequest *request; /* (owned) */
  TestResult    result;
} Sent;

static void
send_document (Sent          *self,
               Bench         *bench,
               const char    *endpoint,
               GFlowDocument *document,
               GVariant      *parameters)
{
  test_result_init (&self->result);
  self->request = g_flow_request_new (endpoint);
  g_flow_request_set_parameters (self->request, parameters);
  g_list_store_append (G_LIST_STORE (g_flow_request_get_documents (self->request)), document);
  self->run = g_flow_run_new (bench->flow);
  g_flow_run_set_request (self->run, self->request);
  test_life_watch (&bench->life, self->run);
  test_life_watch (&bench->life, self->request);
  g_flow_run_execute (self->run, NULL, test_result_cb, &self->result);
}

static void
send_to (Sent       *self,
         Bench      *bench,
         const char *endpoint,
         const char *text,
         GVariant   *parameters)
{
  g_autoptr (GFlowDocument) document = g_flow_document_new_for_text (text);

  g_flow_document_set_id (document, text);
  test_life_watch (&bench->life, document);
  send_document (self, bench, endpoint, document, parameters);
}

static void
send_text (Sent       *self,
           Bench      *bench,
           const char *text)
{
  send_to (self, bench, "/", text, NULL);
}

/* The texts of its documents when it has come back, or why it has failed. */
static char *
answer_of (Sent *self)
{
  g_autoptr (GError) error = NULL;
  GString *text = g_string_new (NULL);
  GListModel *documents = g_flow_request_get_documents (self->request);

  TEST_WAIT (self->result.calls > 0);
  if (!g_flow_run_execute_finish (self->run, self->result.result, &error))
    {
      g_string_assign (text, error->message);
      return g_string_free (text, FALSE);
    }
  for (guint i = 0; i < g_list_model_get_n_items (documents); i++)
    {
      g_autoptr (GFlowDocument) document = g_list_model_get_item (documents, i);

      g_string_append_printf (text, "%s%s", i > 0 ? " " : "", g_flow_document_get_text (document));
    }
  return g_string_free (text, FALSE);
}

static void
sent_clear (Sent *self)
{
  g_clear_object (&self->run);
  g_clear_object (&self->request);
  test_result_clear (&self->result);
}

#define assert_answer(sent, expected)                     \
  G_STMT_START                                            \
  {                                                       \
    g_autofree char *_answer = answer_of (sent);          \
    g_assert_cmpstr (_answer, ==, expected);              \
    sent_clear (sent);                                    \
  }                                                       \
  G_STMT_END

/* Nobody waits longer than for the number: the time would be an hour. */
static void
test_size (gconstpointer by_task)
{
  Bench bench;
  Sent sent[8];

  bench_init (&bench, GPOINTER_TO_INT (by_task), 4, 3600 * 1000);
  bench_open (&bench);
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *text = g_strdup_printf ("t%u", i);

      send_text (&sent[i], &bench, text);
    }
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *text = g_strdup_printf ("t%u!", i);
      g_autoptr (GVariant) result = NULL;

      TEST_WAIT (sent[i].result.calls > 0);
      result = g_flow_request_dup_result (sent[i].request, "model");
      g_assert_cmpuint (g_variant_get_uint32 (result), ==, 4);
      assert_answer (&sent[i], text);
    }
  test_assert_log (&bench.log, "4 4");
  bench_clear (&bench);
}

static void
test_time (gconstpointer by_task)
{
  Bench bench;
  Sent sent[3];

  bench_init (&bench, GPOINTER_TO_INT (by_task), 100, 30);
  bench_open (&bench);
  for (guint round = 0; round < 2; round++)
    {
      const gint64 before = g_get_monotonic_time ();

      for (guint i = 0; i < 3; i++)
        send_text (&sent[i], &bench, "t0");
      for (guint i = 0; i < 3; i++)
        assert_answer (&sent[i], "t0!");
      g_assert_cmpint (g_get_monotonic_time () - before, >=, 30 * 1000);
    }
  test_assert_log (&bench.log, "3 3");
  bench_clear (&bench);
}

/* Without a time nobody waits for others, but while the executor is busy they gather. */
static void
test_busy (void)
{
  Bench bench;
  Sent sent[9];

  bench_init (&bench, FALSE, 5, 0);
  bench.gated = TRUE;
  bench_open (&bench);
  send_text (&sent[0], &bench, "t0");
  TEST_WAIT (test_gate_waiting (&bench.gate) == 1);
  for (guint i = 1; i < 9; i++)
    send_text (&sent[i], &bench, "t0");
  /* All are in a batch when the first is let go. */
  test_settle (30);
  test_gate_open (&bench.gate);
  for (guint i = 0; i < 9; i++)
    assert_answer (&sent[i], "t0!");
  test_assert_log (&bench.log, "1 5 3");
  g_assert_cmpint (bench.gauge.most, ==, 1);
  bench_clear (&bench);
}

static void
test_alike (void)
{
  Bench bench;
  Sent sent[6];
  const char *endpoints[] = { "/", "/", "/", "/", "/other", "/other" };
  const int numbers[] = { 1, 2, 1, 2, 1, 1 };

  bench_init (&bench, FALSE, 2, 3600 * 1000);
  bench_open (&bench);
  for (guint i = 0; i < 6; i++)
    send_to (&sent[i], &bench, endpoints[i], "t0",
             g_variant_new_parsed ("{'n': <%i>}", numbers[i]));
  for (guint i = 0; i < 6; i++)
    assert_answer (&sent[i], "t0!");
  test_assert_log (&bench.log, "2 2 2");
  bench_clear (&bench);
}

/* Each endpoint has its own size, or none. */
static void
test_endpoints (void)
{
  Bench bench;
  Sent sent[6];
  const char *endpoints[] = { "/one", "/two", "/two", "/three", "/three", "/three" };
  g_autoptr (GFlowExecutor) other = NULL;

  bench_init (&bench, FALSE, 3, 3600 * 1000);
  g_flow_executor_set_batching (bench.executor, "/one", 1, 0);
  g_flow_executor_set_batching (bench.executor, "/two", 2, 3600 * 1000);
  other = g_flow_executor_make_instance (bench.executor, NULL);
  g_assert_cmpuint (g_flow_executor_get_batch_size (other, "/one"), ==, 0);
  g_assert_cmpuint (g_flow_executor_get_batch_size (other, "/two"), ==, 2);
  g_assert_cmpuint (g_flow_executor_get_batch_timeout (other, "/two"), ==, 3600 * 1000);
  g_assert_cmpuint (g_flow_executor_get_batch_size (other, NULL), ==, 3);
  g_assert_cmpuint (g_flow_executor_get_batch_size (other, "/three"), ==, 3);
  bench_open (&bench);
  for (guint i = 0; i < 6; i++)
    send_to (&sent[i], &bench, endpoints[i], "t0", NULL);
  for (guint i = 0; i < 6; i++)
    assert_answer (&sent[i], "t0!");
  g_assert_cmpuint (test_log_count (&bench.log, "1"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "2"), ==, 1);
  g_assert_cmpuint (test_log_count (&bench.log, "3"), ==, 1);
  bench_clear (&bench);
}

static void
test_fails (gconstpointer by_task)
{
  Bench bench;
  Sent sent[3];

  bench_init (&bench, GPOINTER_TO_INT (by_task), 3, 3600 * 1000);
  bench.manner = FAIL;
  bench_open (&bench);
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < 3; i++)
        send_text (&sent[i], &bench, "t0");
      for (guint i = 0; i < 3; i++)
        assert_answer (&sent[i], "The batch failed");
    }
  bench_clear (&bench);
}

/* Each request is tried again, and they meet again. */
static void
test_retries (void)
{
  Bench bench;
  Sent sent[3];

  bench_init (&bench, FALSE, 3, 3600 * 1000);
  bench.failures = 2;
  g_flow_node_set_max_retries (g_flow_lookup (bench.flow, "model"), 2);
  bench_open (&bench);
  for (guint i = 0; i < 3; i++)
    send_text (&sent[i], &bench, "t0");
  for (guint i = 0; i < 3; i++)
    assert_answer (&sent[i], "t0!");
  test_assert_log (&bench.log, "3 3 3");
  bench_clear (&bench);
}

/* What becomes of documents goes back to where they are from. */
static void
test_owners (void)
{
  static const struct
  {
    Manner      manner;
    const char *answers[3];
  } cases[] = {
    { CHANGE, { "t0!", "t1!", "t2!" } },
    { REPLACE, { "t0!", "t1!", "t2!" } },
    { REVERSE, { "t0", "t1", "t2" } },
    { THIN, { "t0", "", "t2" } },
    { COPY, { "t0!", "", "t2!" } },
    { ADD, { "*", "*", "*" } },
  };
  const char *nobody = "“model” has made 4 documents out of 3 of several requests: "
                       "which are whose cannot be told";

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      Bench bench;
      Sent sent[3];

      bench_init (&bench, FALSE, 3, 3600 * 1000);
      bench.manner = cases[k].manner;
      bench_open (&bench);
      send_text (&sent[0], &bench, "t0");
      send_text (&sent[1], &bench, "t1");
      send_text (&sent[2], &bench, "t2");
      for (guint i = 0; i < 3; i++)
        assert_answer (&sent[i], strcmp (cases[k].answers[i], "*") == 0 ? nobody
                                                                        : cases[k].answers[i]);
      bench_clear (&bench);
    }
}

/* Requests that have the same document: each gets what becomes of it there. */
static void
test_shared (gconstpointer by_task)
{
  static const struct { Manner manner; const char *answer; } cases[] = {
    { CHANGE, "t0!" }, { REPLACE, "t0!" }, { REVERSE, "t0" }, { THIN, "t0" }, { COPY, "t0!" },
  };

  for (guint k = 0; k < G_N_ELEMENTS (cases); k++)
    {
      Bench bench;
      Sent sent[3];
      g_autoptr (GFlowDocument) document = g_flow_document_new_for_text ("t0");

      bench_init (&bench, GPOINTER_TO_INT (by_task), 3, 3600 * 1000);
      bench.manner = cases[k].manner;
      bench_open (&bench);
      g_flow_document_set_id (document, k % 2 == 0 ? "t0" : NULL);
      for (guint i = 0; i < 3; i++)
        send_document (&sent[i], &bench, "/", document, NULL);
      for (guint i = 0; i < 3; i++)
        assert_answer (&sent[i], cases[k].answer);
      test_assert_log (&bench.log, "3");
      bench_clear (&bench);
    }
}

/* In a team */

typedef enum
{
  SHARDS, /* all of them serve each request */
  RACE,   /* and the first decides */
  BEFORE, /* the batches are in front of the node */
  AFTER,  /* they are behind it */
  WITHIN, /* they are at it, and others around it */
  N_PLACES
} Place;

static void
put_in_team (Bench *self,
             Place  place)
{
  g_autoptr (GFlowExecutor) before = test_executor_new ("a");
  g_autoptr (GFlowExecutor) own = test_executor_new ("x");
  GFlowNode *node = g_flow_lookup (self->flow, "model");

  if (place == SHARDS || place == RACE)
    {
      g_flow_node_set_parallel (node, 2);
      g_flow_node_set_replicas (node, 2);
      g_flow_node_set_polling (node, place == SHARDS ? G_FLOW_POLLING_ALL
                                                     : G_FLOW_POLLING_ALL_ASYNC);
      return;
    }
  if (place == WITHIN)
    {
      g_flow_node_set_before (node, before);
      return;
    }
  g_assert_true (g_flow_remove_node (self->flow, node, NULL));
  node = g_flow_add_executor (self->flow, "model", own, NULL, NULL);
  if (place == BEFORE)
    g_flow_node_set_before (node, self->executor);
  else
    g_flow_node_set_after (node, self->executor);
}

static const struct { const char *suffix, *result; } in_team[N_PLACES] = {
  { "!", "model/1" }, { "!", NULL }, { "! x", "model/before" }, { " x!", "model/after" },
  { " a!", "model" },
};

static void
test_team (gconstpointer data)
{
  const guint number = GPOINTER_TO_UINT (data);
  const Place place = number / 2;
  Bench bench;
  Sent sent[8];

  bench_init (&bench, number % 2, 4, 3600 * 1000);
  put_in_team (&bench, place);
  bench_open (&bench);
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *text = g_strdup_printf ("t%u", i);

      send_text (&sent[i], &bench, text);
    }
  for (guint i = 0; i < 8; i++)
    {
      g_autofree char *text = g_strdup_printf ("t%u%s", i, in_team[place].suffix);
      g_autoptr (GVariant) result = NULL;

      TEST_WAIT (sent[i].result.calls > 0);
      if (in_team[place].result != NULL)
        {
          result = g_flow_request_dup_result (sent[i].request, in_team[place].result);
          g_assert_cmpuint (g_variant_get_uint32 (result), ==, 4);
        }
      assert_answer (&sent[i], text);
    }
  if (place == SHARDS)
    test_assert_log (&bench.log, "4 4 4 4");
  else if (place != RACE)
    test_assert_log (&bench.log, "4 4");
  bench_clear (&bench);
}

/* One of those that wait is cancelled; the others are served when the flow is closed; and the node has
 * a lock, which nobody who waits has. */
static void
test_team_cancelled (gconstpointer data)
{
  const Place place = GPOINTER_TO_UINT (data);
  Bench bench;
  Sent sent[3];
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();
  g_autoptr (GError) error = NULL;

  bench_init (&bench, FALSE, 4, 3600 * 1000);
  put_in_team (&bench, place);
  g_flow_node_add_lock (g_flow_lookup (bench.flow, "model"), lock);
  bench_open (&bench);
  for (guint i = 0; i < 3; i++)
    send_text (&sent[i], &bench, "t0");
  test_settle (10);
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  g_flow_run_cancel (sent[1].run);
  TEST_WAIT (sent[1].result.calls > 0);
  g_assert_false (g_flow_run_execute_finish (sent[1].run, sent[1].result.result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  sent_clear (&sent[1]);
  g_assert_cmpint (sent[0].result.calls + sent[2].result.calls, ==, 0);

  test_flow_close (bench.flow);
  for (guint i = 0; i < 3; i += 2)
    {
      g_autofree char *text = g_strconcat ("t0", in_team[place].suffix, NULL);

      assert_answer (&sent[i], text);
    }
  g_assert_cmpuint (g_flow_lock_get_in_use (lock), ==, 0);
  bench_clear (&bench);
}

/* A request that waits and is cancelled takes its documents out, whichever it is. */
static void
test_cancel (void)
{
  for (guint which = 0; which < 3; which++)
    {
      Bench bench;
      Sent sent[4];

      bench_init (&bench, FALSE, 3, 3600 * 1000);
      bench_open (&bench);
      for (guint i = 0; i < 2; i++)
        send_text (&sent[i], &bench, "t0");
      test_settle (10);
      if (which < 2)
        {
          g_flow_run_cancel (sent[which].run);
          TEST_WAIT (sent[which].result.calls > 0);
          test_assert_run (sent[which].run, CANCELLED);
          sent_clear (&sent[which]);
        }
      else
        {
          for (guint i = 0; i < 2; i++)
            {
              g_flow_run_cancel (sent[i].run);
              TEST_WAIT (sent[i].result.calls > 0);
              sent_clear (&sent[i]);
            }
        }
      send_text (&sent[2], &bench, "t0");
      send_text (&sent[3], &bench, "t0");
      if (which < 2)
        assert_answer (&sent[1 - which], "t0!");
      else
        test_flow_close (bench.flow);
      assert_answer (&sent[2], "t0!");
      assert_answer (&sent[3], "t0!");
      test_assert_log (&bench.log, which < 2 ? "3" : "2");
      bench_clear (&bench);
    }
}

/* The time of a batch goes on when the oldest has left. */
static void
test_cancel_oldest (void)
{
  Bench bench;
  Sent sent[2];

  bench_init (&bench, FALSE, 100, 100);
  bench_open (&bench);
  send_text (&sent[0], &bench, "t0");
  send_text (&sent[1], &bench, "t1");
  test_settle (10);
  g_flow_run_cancel (sent[0].run);
  TEST_WAIT (sent[0].result.calls > 0);
  sent_clear (&sent[0]);
  assert_answer (&sent[1], "t1!");
  test_assert_log (&bench.log, "1");
  bench_clear (&bench);
}

/* A batch waits for an idle instance, and whoever leads it leaves: it does not have to
 * wait for that. */
static void
test_cancel_leader (void)
{
  Bench bench;
  Sent sent[4];

  bench_init (&bench, FALSE, 10, 0);
  bench.gated = TRUE;
  bench_open (&bench);
  send_text (&sent[0], &bench, "t0");
  TEST_WAIT (test_gate_waiting (&bench.gate) == 1);
  for (guint i = 1; i < 4; i++)
    send_text (&sent[i], &bench, "t0");
  test_settle (20);
  for (guint i = 1; i < 3; i++)
    {
      g_flow_run_cancel (sent[i].run);
      TEST_WAIT (sent[i].result.calls > 0);
      test_assert_run (sent[i].run, CANCELLED);
      sent_clear (&sent[i]);
    }
  g_assert_cmpuint (test_gate_waiting (&bench.gate), ==, 1);
  test_gate_open (&bench.gate);
  assert_answer (&sent[0], "t0!");
  assert_answer (&sent[3], "t0!");
  test_assert_log (&bench.log, "1 1");
  bench_clear (&bench);
}

/* What is served cannot be taken out; and is told to stop when nobody wants it. */
static void
test_cancel_served (void)
{
  for (guint n = 1; n <= 2; n++)
    {
      Bench bench;
      Sent sent[2];

      bench_init (&bench, FALSE, 2, 3600 * 1000);
      bench.gated = TRUE;
      bench_open (&bench);
      for (guint i = 0; i < 2; i++)
        send_text (&sent[i], &bench, "t0");
      TEST_WAIT (test_gate_waiting (&bench.gate) == 1);
      for (guint i = 0; i < n; i++)
        g_flow_run_cancel (sent[i].run);
      test_settle (20);
      g_assert_cmpuint (sent[0].result.calls, ==, 0);
      test_gate_open (&bench.gate);
      TEST_WAIT (sent[0].result.calls > 0 && sent[1].result.calls > 0);
      test_assert_run (sent[0].run, CANCELLED);
      g_assert_cmpint (bench.told, ==, n == 2);
      sent_clear (&sent[0]);
      if (n == 1)
        assert_answer (&sent[1], "t0!");
      else
        sent_clear (&sent[1]);
      bench_clear (&bench);
    }
}

/* Who closes the flow does not wait for others to come. */
static void
test_close (gconstpointer by_task)
{
  Bench bench;
  Sent sent[2];

  bench_init (&bench, GPOINTER_TO_INT (by_task), 100, 3600 * 1000);
  bench_open (&bench);
  for (guint i = 0; i < 2; i++)
    send_text (&sent[i], &bench, "t0");
  test_settle (10);
  test_flow_close (bench.flow);
  for (guint i = 0; i < 2; i++)
    assert_answer (&sent[i], "t0!");
  test_assert_log (&bench.log, "2");

  /* And it can be opened again. */
  bench_open (&bench);
  send_text (&sent[0], &bench, "t0");
  test_settle (10);
  test_flow_close (bench.flow);
  assert_answer (&sent[0], "t0!");
  bench_clear (&bench);
}

/* The locks of the node are for the batch: those who wait do not hold them. */
static void
test_locks (void)
{
  Bench bench;
  Sent sent[3];
  g_autoptr (GFlowLock) lock = g_flow_lock_new ();

  bench_init (&bench, FALSE, 3, 3600 * 1000);
  g_flow_node_add_lock (g_flow_lookup (bench.flow, "model"), lock);
  bench_open (&bench);
  g_assert_true (g_flow_lock_try_acquire (lock));
  for (guint i = 0; i < 3; i++)
    send_text (&sent[i], &bench, "t0");
  test_settle (20);
  g_assert_cmpuint (test_log_length (&bench.log), ==, 0);
  g_flow_lock_release (lock);
  for (guint i = 0; i < 3; i++)
    assert_answer (&sent[i], "t0!");
  test_assert_log (&bench.log, "3");
  bench_clear (&bench);
}

/* A body that is placed in the context is called in that of one of the requests. */
static gboolean
serve_here (GFlowExecutor  *executor,
            GFlowRequest   *request,
            GCancellable   *cancellable,
            gpointer        user_data,
            GError        **error)
{
  Bench *self = user_data;

  g_assert_true (g_main_context_is_owner (g_main_context_default ()));
  note (self, request);
  return process (self, request, error);
}

static void
test_context_body (void)
{
  Bench bench;
  Sent sent[3];

  bench_init (&bench, FALSE, 3, 3600 * 1000);
  g_flow_executor_bind (bench.executor, NULL, serve_here, &bench, NULL);
  g_flow_node_set_placement (g_flow_lookup (bench.flow, "model"), G_FLOW_PLACEMENT_CONTEXT);
  bench_open (&bench);
  for (guint i = 0; i < 3; i++)
    send_text (&sent[i], &bench, "t0");
  for (guint i = 0; i < 3; i++)
    assert_answer (&sent[i], "t0!");
  test_assert_log (&bench.log, "3");
  bench_clear (&bench);
}

/* Many threads post, and some of them cancel. */

#define N_THREADS 4
#define N_ROUNDS 150

typedef struct
{
  Bench  *bench;
  guint32 seed;
  guint   n_served;
} Poster;

static gpointer
cancel_soon (gpointer user_data)
{
  g_thread_yield ();
  g_cancellable_cancel (user_data);
  return NULL;
}

static gpointer
post_at_random (gpointer user_data)
{
  Poster *self = user_data;
  g_autoptr (GRand) rand = g_rand_new_with_seed (self->seed);

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      g_autoptr (GFlowRun) run = g_flow_run_new (self->bench->flow);
      g_autoptr (GFlowRequest) request = g_flow_request_new ("/");
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GError) error = NULL;
      const guint n = g_rand_int_range (rand, 0, 4);
      GThread *canceller = NULL;

      for (guint k = 0; k < n; k++)
        {
          g_autoptr (GFlowDocument) document = g_flow_document_new_for_text ("t0");

          g_list_store_append (G_LIST_STORE (g_flow_request_get_documents (request)), document);
        }
      g_flow_run_set_request (run, request);
      if (g_rand_int_range (rand, 0, 4) == 0)
        canceller = g_thread_new ("canceller", cancel_soon, cancellable);
      if (g_flow_run_execute_sync (run, cancellable, &error))
        {
          self->n_served++;
          g_assert_cmpuint (g_list_model_get_n_items (g_flow_request_get_documents (request)),
                            ==, n);
          for (guint k = 0; k < n; k++)
            {
              g_autoptr (GFlowDocument) document =
                g_list_model_get_item (g_flow_request_get_documents (request), k);

              g_assert_cmpstr (g_flow_document_get_text (document), ==, "t0!");
            }
        }
      else
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
        }
      g_clear_pointer (&canceller, g_thread_join);
    }
  return NULL;
}

static void
test_threads (gconstpointer by_task)
{
  const guint timeouts[] = { 0, 1 };

  for (guint k = 0; k < G_N_ELEMENTS (timeouts); k++)
    {
      Bench bench;
      Poster posters[N_THREADS];
      GThread *threads[N_THREADS];
      const guint32 seed = (guint32) g_test_rand_int ();

      g_test_message ("seed %u", seed);
      bench_init (&bench, GPOINTER_TO_INT (by_task), 5, timeouts[k]);
      bench.manner = REPLACE;
      bench_open (&bench);
      for (guint i = 0; i < N_THREADS; i++)
        {
          posters[i] = (Poster) { &bench, seed + i, 0 };
          threads[i] = g_thread_new ("poster", post_at_random, &posters[i]);
        }
      for (guint i = 0; i < N_THREADS; i++)
        {
          g_thread_join (threads[i]);
          g_assert_cmpuint (posters[i].n_served, >, 0);
        }
      bench_clear (&bench);
    }
}

int
main (int   argc,
      char *argv[])
{
  gpointer by_task = GINT_TO_POINTER (TRUE);

  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/batch/size", NULL, test_size);
  g_test_add_data_func ("/batch/size-task", by_task, test_size);
  g_test_add_data_func ("/batch/time", NULL, test_time);
  g_test_add_data_func ("/batch/time-task", by_task, test_time);
  g_test_add_func ("/batch/busy", test_busy);
  g_test_add_func ("/batch/alike", test_alike);
  g_test_add_func ("/batch/endpoints", test_endpoints);
  g_test_add_data_func ("/batch/fails", NULL, test_fails);
  g_test_add_data_func ("/batch/fails-task", by_task, test_fails);
  g_test_add_func ("/batch/retries", test_retries);
  g_test_add_func ("/batch/owners", test_owners);
  g_test_add_data_func ("/batch/shared", NULL, test_shared);
  g_test_add_data_func ("/batch/shared-task", by_task, test_shared);
  for (guint number = 0; number < 2 * N_PLACES; number++)
    {
      g_autofree char *path = g_strdup_printf ("/batch/team/%u%s", number / 2,
                                               number % 2 == 0 ? "" : "-task");

      g_test_add_data_func (path, GUINT_TO_POINTER (number), test_team);
    }
  for (guint place = 0; place < N_PLACES; place++)
    {
      g_autofree char *path = g_strdup_printf ("/batch/team-cancelled/%u", place);

      g_test_add_data_func (path, GUINT_TO_POINTER (place), test_team_cancelled);
    }
  g_test_add_func ("/batch/cancel", test_cancel);
  g_test_add_func ("/batch/cancel-oldest", test_cancel_oldest);
  g_test_add_func ("/batch/cancel-leader", test_cancel_leader);
  g_test_add_func ("/batch/cancel-served", test_cancel_served);
  g_test_add_data_func ("/batch/close", NULL, test_close);
  g_test_add_data_func ("/batch/close-task", by_task, test_close);
  g_test_add_func ("/batch/locks", test_locks);
  g_test_add_func ("/batch/context-body", test_context_body);
  g_test_add_data_func ("/batch/threads", NULL, test_threads);
  g_test_add_data_func ("/batch/threads-task", by_task, test_threads);

  return g_test_run ();
}
