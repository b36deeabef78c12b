/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-request.h"
#include "test-util.h"

G_BEGIN_DECLS

/* Executors that do what a word says:
 *
 *   fail        fails
 *   bad         cannot be set up
 *   task        serves by a task, which returns from an idle
 *   parameters  leaves its parameters as its result, as text
 *   uri, mime, tag-…  sets that of each document
 *   forever     until it is cancelled
 *   gate        waits for the gate of its tally
 *   pass        does nothing
 *
 * and else appends the word to the text of each document, with the endpoint unless that
 * is "/". */

typedef struct
{
  int        set_up;    /* atomic, and so are the others */
  int        torn_down;
  int        served;
  int        now;
  int        most;
  int        company;   /* setups wait until so many are under way */
  TestGate  *gate;
} TestTally;

#define TEST_TYPE_EXECUTOR (test_executor_get_type ())

G_DECLARE_FINAL_TYPE (TestExecutor, test_executor, TEST, EXECUTOR, GFlowExecutor)

GFlowExecutor *test_executor_new       (const char    *word) G_GNUC_WARN_UNUSED_RESULT;
void           test_executor_set_tally (GFlowExecutor *executor,
                                        TestTally     *tally);

/* Adds one to the flow, that waits for the node added last, or for @need. */
GFlowNode     *test_executor_add       (GFlow         *flow,
                                        const char    *word,
                                        const char    *need,
                                        TestTally     *tally);

/* Posts a document with @text and @parameters, and waits. */
GFlowRequest  *test_serve              (GFlow         *flow,
                                        const char    *endpoint,
                                        const char    *text,
                                        GVariant      *parameters,
                                        GError       **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
