/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "run/gflow-journal-format-private.h"
#include "test-util.h"

G_BEGIN_DECLS

/* What tests of runs share that go on from earlier ones: saved runs, journals, and small flows whose
 * bodies log their names, and fail on demand. */

/* The variant is as it comes from a file: nothing of it is trusted. */
GVariant *resume_save          (GFlowRun            *run) G_GNUC_WARN_UNUSED_RESULT;
GFlowRun *resume_restore       (GFlow               *flow,
                                GVariant            *saved) G_GNUC_WARN_UNUSED_RESULT;

/* Expects the run to end well. */
void      resume_execute       (GFlowRun            *run,
                                gboolean             sync);

/* A journal in a folder of its own */
typedef struct
{
  char  *folder; /* (owned) */
  char  *path;   /* (owned) */
  GFile *file;   /* (owned) */
} Journal;

void      journal_init         (Journal             *self);
void      journal_clear        (Journal             *self);
GBytes   *journal_read         (Journal             *self) G_GNUC_WARN_UNUSED_RESULT;
void      journal_write        (Journal             *self,
                                const guint8        *data,
                                gsize                size);
void      journal_parse        (GBytes              *bytes,
                                GFlowJournalContent *content);
GFlowRun *journal_new_run      (GFlow               *flow,
                                Journal             *journal) G_GNUC_WARN_UNUSED_RESULT;
gboolean  journal_execute      (GFlowRun            *run,
                                gboolean             sync,
                                GError             **error);

typedef struct
{
  TestLog     log;
  GFlow      *flow;    /* (owned) */
  const char *failing; /* (nullable): the node that fails */
  Journal     journal; /* of a chain */
} Small;

gboolean  small_body           (GFlowNode           *node,
                                GFlowRun            *run,
                                gpointer             user_data,
                                GError             **error);

/* "b:a c:a,b": nodes and their upstreams, all in the context */
void      small_init           (Small               *self,
                                const char          *nodes);

/* "a b c": each waits for the one before it, and every other one is in the context */
void      small_init_chain     (Small               *self,
                                const char          *names);
void      small_clear          (Small               *self);

/* Runs it, with a failing node, and saves that; what has run is no more in the log. */
GVariant *small_save           (Small               *self,
                                const char          *failing) G_GNUC_WARN_UNUSED_RESULT;

/* With the journal: what runs, as a text; or why nothing does. */
void      small_assert_runs    (Small               *self,
                                gboolean             sync,
                                const char          *failing,
                                const char          *expected);
void      small_assert_refused (Small               *self,
                                gboolean             sync,
                                GQuark               domain,
                                int                  code,
                                const char          *message);

G_END_DECLS
