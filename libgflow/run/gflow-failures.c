/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-run-private.h"

/* The nodes of a run that have failed, in time. One that is run again is no longer among them:
 * to find it there, and its place among the others, takes no longer if there are many. */

struct _GFlowFailures
{
  GSequence  *in_time; /* of indices */
  GHashTable *found;   /* (nullable): index → GSequenceIter; made when one is looked for */
};

void
_g_flow_run_add_failure_locked (GFlowRun *self,
                                guint32   index)
{
  const gpointer key = GUINT_TO_POINTER (index);

  if (self->failures == NULL)
    {
      self->failures = g_new0 (GFlowFailures, 1);
      self->failures->in_time = g_sequence_new (NULL);
    }

  GSequenceIter *iter = g_sequence_append (self->failures->in_time, key);

  if (self->failures->found != NULL)
    g_hash_table_insert (self->failures->found, key, iter);
}

static void
index_failures (GFlowFailures *self)
{
  GSequenceIter *iter = g_sequence_get_begin_iter (self->in_time);

  self->found = g_hash_table_new (NULL, NULL);
  for (; !g_sequence_iter_is_end (iter); iter = g_sequence_iter_next (iter))
    g_hash_table_insert (self->found, g_sequence_get (iter), iter);
}

/* The node has failed. Returns how many have failed before it. */
guint
_g_flow_run_remove_failure_locked (GFlowRun *self,
                                   guint32   index)
{
  GFlowFailures *failures = self->failures;

  if (failures->found == NULL)
    index_failures (failures);

  GSequenceIter *iter = g_hash_table_lookup (failures->found, GUINT_TO_POINTER (index));
  const guint position = g_sequence_iter_get_position (iter);

  g_hash_table_remove (failures->found, GUINT_TO_POINTER (index));
  g_sequence_remove (iter);
  return position;
}

/* The node that has failed after so many others; G_FLOW_NO_NODE if there are no more. Under the
 * mutex, or when the run has ended. */
guint32
_g_flow_run_get_failure (GFlowRun *self,
                         guint     position)
{
  if (self->failures == NULL ||
      position >= (guint) g_sequence_get_length (self->failures->in_time))
    return G_FLOW_NO_NODE;

  return GPOINTER_TO_UINT (
    g_sequence_get (g_sequence_get_iter_at_pos (self->failures->in_time, position)));
}

void
_g_flow_run_free_failures (GFlowRun *self)
{
  GFlowFailures *failures = g_steal_pointer (&self->failures);

  if (failures == NULL)
    return;

  g_sequence_free (failures->in_time);
  g_clear_pointer (&failures->found, g_hash_table_unref);
  g_free (failures);
}
