/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-wait-private.h"

#include "run/gflow-owner-private.h"

void
_g_flow_wait_begin (GFlowWait *self)
{
  *self = (GFlowWait) { g_main_context_new (), NULL, NULL };
  g_main_context_push_thread_default (self->context);
}

void
_g_flow_wait_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  GFlowWait *self = user_data;

  self->result = g_object_ref (result);
}

void
_g_flow_wait_iterate (GFlowWait *self)
{
  while (self->result == NULL)
    g_main_context_iteration (self->context, TRUE);
}

/* What came with the callback, such as notifications that were posted before it, has its
 * turn, too. */
void
_g_flow_wait_end (GFlowWait *self)
{
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_clear_object (&self->result);
  g_main_context_pop_thread_default (self->context);
  g_clear_pointer (&self->context, g_main_context_unref);
}

/* What requests have started, and have not waited for: once a blocking call has returned nobody
 * would iterate its context. */
void
_g_flow_wait_for_runs (GMainContext *context)
{
  while (_g_flow_owner_exists (context))
    g_main_context_iteration (context, TRUE);
}
