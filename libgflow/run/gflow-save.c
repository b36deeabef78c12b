/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-save-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* A run as a variant, and a run that goes on where that one stood. */

/* What it is, the version of the format, the picture of the plan, the parameters, and
 * the outcomes of nodes, by their numbers in the picture. */
#define SAVED_TYPE "(su" G_FLOW_PICTURE_TYPE "a{sv}a(ua{sv}))"
#define SAVED_NAME "libgflow run"
#define SAVED_VERSION 1

static GVariant *
save_outcomes (GFlowRun *self)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(ua{sv})"));
  for (guint32 i = 0; i < self->plan->n_nodes; i++)
    {
      const GFlowNodeState state = _g_flow_run_node_state (self, i);

      if (_g_flow_outcome_is_kept (self, i, state))
        {
          g_autoptr(GVariant) outcome = _g_flow_outcome_new (self, i, state);

          g_variant_builder_add (&builder, "(u@a{sv})", i, outcome);
        }
    }
  return g_variant_builder_end (&builder);
}

/**
 * g_flow_run_save:
 * @self: a run
 *
 * Saves where the run stands: which of its nodes are done, and their results. A later run
 * of the same flow can go on from there, also in another process:
 * [method@GFlow.FlowRun.restore]. To be called in the owner context while the run runs, or
 * from any thread when it has ended.
 *
 * Results are kept that are variants, or of one of the types that GObject has numbers,
 * enumerations and strings for, or an array of strings, or a [struct@GLib.Bytes]; and the
 * results of a map, if all of them are such. Others
 * are lost, such as objects; and so are those that were dropped before, unless
 * [property@GFlow.FlowRun:keep-results] is set. A node whose result is lost is done again by a
 * later run if somebody may still read that result.
 *
 * The variant is in the byte order of the machine. What it consists of may change
 * from version to version of the library, which reads those of earlier ones.
 *
 * To save a run all the time while it runs, set [property@GFlow.FlowRun:journal].
 *
 * Returns: (transfer full) (nullable): the saved run; %NULL if it has not started
 *
 * Since: 0.1
 */
GVariant *
g_flow_run_save (GFlowRun *self)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), NULL);

  if (!_g_flow_run_has_state (self))
    return NULL;

  g_autoptr(GVariant) picture = _g_flow_save_picture (self->plan);

  return g_variant_ref_sink (g_variant_new ("(su@" G_FLOW_PICTURE_TYPE "@a{sv}@a(ua{sv}))",
                                            SAVED_NAME, SAVED_VERSION, picture,
                                            g_flow_run_get_parameters (self),
                                            save_outcomes (self)));
}

static gboolean
check_saved (GVariant  *saved,
             GError   **error)
{
  const char *name;
  guint32 version;

  if (!g_variant_is_of_type (saved, G_VARIANT_TYPE (SAVED_TYPE)) ||
      !g_variant_is_normal_form (saved))
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                           _("This is not a saved run"));
      return FALSE;
    }

  g_variant_get_child (saved, 0, "&s", &name);
  g_variant_get_child (saved, 1, "u", &version);
  if (g_strcmp0 (name, SAVED_NAME) != 0)
    {
      g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                           _("This is not a saved run"));
      return FALSE;
    }
  if (version != SAVED_VERSION)
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                   _("The run was saved by another version of the library, in format %u"), version);
      return FALSE;
    }
  return TRUE;
}

/* The outcomes by the numbers in the plan. */
static GVariant **
read_outcomes (GVariant       *saved,
               const guint32  *numbers,
               guint           n_nodes,
               GError        **error)
{
  g_autoptr(GVariant) list = g_variant_get_child_value (saved, 4);
  GVariant **outcomes = g_new0 (GVariant *, n_nodes + 1);
  GVariantIter iter;
  GVariant *outcome;
  guint32 number;

  g_variant_iter_init (&iter, list);
  while (g_variant_iter_next (&iter, "(u@a{sv})", &number, &outcome))
    {
      if (number >= n_nodes || outcomes[numbers[number]] != NULL)
        {
          g_set_error_literal (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                               _("The nodes of the saved run cannot be understood"));
          g_variant_unref (outcome);
          _g_flow_outcomes_free (outcomes, n_nodes);
          return NULL;
        }
      outcomes[numbers[number]] = outcome;
    }
  return outcomes;
}

/* The outcomes of @saved for nodes of @plan. */
static GVariant **
match_outcomes (GVariant   *saved,
                GFlowPlan  *plan,
                GError    **error)
{
  g_autoptr(GVariant) then = g_variant_get_child_value (saved, 2);
  g_autoptr(GVariant) now = _g_flow_save_picture (plan);
  g_autofree guint32 *numbers = _g_flow_save_match (then, now, error);

  return numbers != NULL ? read_outcomes (saved, numbers, plan->n_nodes, error) : NULL;
}

/* When the run starts: the flow may have changed since it was restored. */
gboolean
_g_flow_run_find_restored (GFlowRun  *self,
                           GError   **error)
{
  if (self->saved == NULL)
    return TRUE;

  g_autoptr(GVariant) parameters = g_variant_get_child_value (self->saved, 3);

  if (!_g_flow_save_check_parameters (parameters, g_flow_run_get_parameters (self), error))
    return FALSE;

  self->outcomes = match_outcomes (self->saved, self->plan, error);
  g_clear_pointer (&self->saved, g_variant_unref);
  return self->outcomes != NULL;
}

/**
 * g_flow_run_restore:
 * @self: a run that has not started
 * @saved: a run of the same flow, from [method@GFlow.FlowRun.save]; consumed if it is floating
 * @error: return location for an error
 *
 * Has the run go on where another one stood: nodes that were done then do not run again.
 * They are %G_FLOW_NODE_STATE_DONE from the start, have their results, and emit no signals. What
 * had failed, or was skipped or cancelled, runs.
 *
 * A node runs again although it was done
 *
 * - if one of its upstreams was not: a clean-up node after a failure, for one;
 * - if its result could not be kept, and may still be read: by a node that runs, or, if
 *   it has no downstreams or [property@GFlow.FlowRun:keep-results] is set, by you.
 *
 * The parameters of the run are taken over if it has none yet. If it has others when it
 * starts it fails with %G_FLOW_ERROR_BAD_INPUT.
 *
 * It fails with %G_FLOW_ERROR_BAD_INPUT for a variant that is no saved run, and with
 * %G_FLOW_ERROR_TOPOLOGY if the flow has changed: the message tells which nodes were
 * added or removed, or have other upstreams. Bodies are not compared. The flow must be
 * complete: if it is refused, this is, too.
 *
 * Returns: %TRUE if the run will go on from there
 *
 * Since: 0.1
 */
gboolean
g_flow_run_restore (GFlowRun  *self,
                    GVariant  *saved,
                    GError   **error)
{
  g_return_val_if_fail (G_IS_FLOW_RUN (self), FALSE);
  g_return_val_if_fail (self->flow != NULL, FALSE);
  g_return_val_if_fail (saved != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);
  g_return_val_if_fail (g_flow_run_get_state (self) == G_FLOW_RUN_STATE_NEW, FALSE);

  g_autoptr(GVariant) sunk = g_variant_ref_sink (saved);
  g_autoptr(GFlowPlan) plan = NULL;

  if (!check_saved (sunk, error))
    return FALSE;
  plan = _g_flow_ref_valid_plan (self->flow, NULL, error);
  if (plan == NULL)
    return FALSE;

  GVariant **outcomes = match_outcomes (sunk, plan, error);

  if (outcomes == NULL)
    return FALSE;

  _g_flow_outcomes_free (outcomes, plan->n_nodes);
  g_clear_pointer (&self->saved, g_variant_unref);
  self->saved = g_steal_pointer (&sunk);
  if (self->parameters == NULL)
    {
      g_autoptr(GVariant) parameters = g_variant_get_child_value (self->saved, 3);

      if (g_variant_n_children (parameters) > 0)
        g_flow_run_set_parameters (self, parameters);
    }
  return TRUE;
}
