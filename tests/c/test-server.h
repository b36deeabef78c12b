/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-request.h"
#include "test-util.h"

G_BEGIN_DECLS

/* Executors that call a function of the test, on a worker or by a task. All instances
 * call the same; the test asserts that none is left, and none was set up and not torn down. */

#define TEST_TYPE_SERVER (test_server_get_type ())

G_DECLARE_FINAL_TYPE (TestServer, test_server, TEST, SERVER, GFlowExecutor)

GFlowExecutor *test_server_new          (GFlowExecutorFunc      func,
                                         gpointer               data) G_GNUC_WARN_UNUSED_RESULT;
GFlowExecutor *test_server_new_for_task (GFlowExecutorTaskFunc  func,
                                         gpointer               data) G_GNUC_WARN_UNUSED_RESULT;
void           test_server_bind         (GFlowExecutor         *executor,
                                         const char            *endpoint);
gpointer       test_server_get_data     (GFlowExecutor         *executor);
int            test_server_count_alive  (void);
int            test_server_count_set_up (void);

#define test_server_assert_over()                        \
  G_STMT_START                                           \
  {                                                      \
    TEST_WAIT (test_server_count_alive () == 0);         \
    g_assert_cmpint (test_server_count_set_up (), ==, 0); \
  }                                                      \
  G_STMT_END

/* Closes the flow, if it is open, and drops it: nothing is left. */
void           test_server_end          (GFlow                 *flow);

/* Adds a node for the executor, and takes that. */
GFlowNode     *test_add_server          (GFlow                 *flow,
                                         const char            *name,
                                         GFlowExecutor         *executor);

/* Requests with so many documents, whose ids and texts are "0", "1", … */
GFlowRequest  *test_request_new         (const char            *endpoint,
                                         guint                  n_documents) G_GNUC_WARN_UNUSED_RESULT;
gboolean       test_request_serve       (GFlow                 *flow,
                                         GFlowRequest          *request,
                                         GError               **error);
void           test_request_serve_well  (GFlow                 *flow,
                                         GFlowRequest          *request);

/* Posts such documents, each in a request. */
GFlowPost     *test_post_new            (GFlow                 *flow,
                                         guint                  n_documents) G_GNUC_WARN_UNUSED_RESULT;

/* Functions for executors: */

/* Sets the tag "shardN" to the number of the instance, and the text to "shard N". */
gboolean       test_serve_shard         (GFlowExecutor         *executor,
                                         GFlowRequest          *request,
                                         GCancellable          *cancellable,
                                         gpointer               user_data,
                                         GError               **error);
/* Appends user_data, or if that is NULL nothing, to the text of each document. */
gboolean       test_serve_word          (GFlowExecutor         *executor,
                                         GFlowRequest          *request,
                                         GCancellable          *cancellable,
                                         gpointer               user_data,
                                         GError               **error);
gboolean       test_serve_fail          (GFlowExecutor         *executor,
                                         GFlowRequest          *request,
                                         GCancellable          *cancellable,
                                         gpointer               user_data,
                                         GError               **error);

G_END_DECLS
