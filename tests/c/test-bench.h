/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-util.h"

G_BEGIN_DECLS

/* A bench: bodies that log, count and take time, with their destroy notifies.
 * test_bench_clear() asserts that every one of them was called exactly once, in
 * the thread of the bench, and that every watched object is gone. */

typedef struct
{
  TestLog       log;
  TestGauge     gauge;
  TestLife      life;
  GMainContext *context; /* (owned) */
  GThread      *thread;  /* (unowned) */
  GPtrArray    *jobs;    /* (owned) (element-type TestJob) */
} TestBench;

typedef struct
{
  TestBench *bench;     /* (unowned) */

  guint      msec;      /* takes so long, or until it is cancelled */
  gboolean   deaf;      /* takes so long even if it is cancelled */
  gboolean   forever;   /* until it is cancelled */
  gboolean   in_context;/* a sync body that has to be in the owner context */
  int        company;   /* does not end before so many bodies of the bench have started */
  TestGate  *gate;      /* (unowned) (nullable): waits for it; sync only */
  TestGauge *gauge;     /* (unowned) (nullable): beside that of the bench */
  GError    *error;     /* (owned) (nullable): what it fails with */
  int        failures;  /* so many times; 0: always */
  int        result;    /* set as an int, if not 0 */

  int        runs;      /* atomic */
  int        ended;     /* atomic */
  int        cancelled; /* atomic: how often it saw the cancellation */
  int        destroyed; /* atomic */
} TestJob;

void       test_bench_init    (TestBench      *self);
void       test_bench_clear   (TestBench      *self);
TestJob   *test_bench_job     (TestBench      *self);

/* The bodies: user_data is a TestJob. */
gboolean   test_job_sync      (GFlowNode      *node,
                               GFlowRun       *run,
                               gpointer        user_data,
                               GError        **error);
void       test_job_async     (GFlowNode      *node,
                               GFlowRun       *run,
                               GTask          *task,
                               gpointer        user_data,
                               GError        **error);
void       test_job_destroy   (gpointer        user_data);

/* Adds a node with a body of the bench to the flow; @job is set, if wanted. */
GFlowNode *test_add_sync      (TestBench      *bench,
                               GFlow          *flow,
                               const char     *name,
                               TestJob       **job);
GFlowNode *test_add_context   (TestBench      *bench,
                               GFlow          *flow,
                               const char     *name,
                               TestJob       **job);
GFlowNode *test_add_async     (TestBench      *bench,
                               GFlow          *flow,
                               const char     *name,
                               TestJob       **job);
TestJob   *test_job_of        (GFlowNode      *node);
void       test_job_fail      (TestJob        *job,
                               const char     *message);

G_END_DECLS
