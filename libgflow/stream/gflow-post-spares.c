/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-post-private.h"

/* Making the objects of a request, and letting them go, costs more than to serve it. So those of
 * requests that have come back serve the next ones, if nobody can tell: run, request,
 * and what had its documents. What the application had in them is let go when it always was. */

/* Kept at the most */
#define MAX_SPARES 64

void
_g_flow_flight_free (GFlowFlight *flight)
{
  g_clear_object (&flight->run);
  g_clear_object (&flight->used);
  g_clear_object (&flight->request);
  g_free (flight);
}

void
_g_flow_post_free_spares (GFlowPost *self)
{
  while (self->spares.length > 0)
    {
      GFlowFlight *flight = self->spares.head->data;

      g_queue_unlink (&self->spares, &flight->link);
      _g_flow_flight_free (flight);
    }
  _g_flow_documents_clear (&self->batch);
}

/* The one that was over first: the dispatch that another one has ended in may have its run. */
static GFlowFlight *
take_spare (GFlowPost *self)
{
  GFlowFlight *flight = self->spares.length > 0 ? self->spares.head->data : NULL;

  if (flight == NULL || (flight->used != NULL && !_g_flow_is_unknown (G_OBJECT (flight->used))))
    return g_new0 (GFlowFlight, 1);

  g_queue_unlink (&self->spares, &flight->link);
  return flight;
}

/* A flight with a run and a request, which are new or as good. The request gets the documents in
 * @batch, and that what the request had some in. */
GFlowFlight *
_g_flow_post_take_flight (GFlowPost      *self,
                          GFlowDocuments *batch)
{
  GFlowFlight *flight = take_spare (self);

  flight->post = self;
  flight->link.data = flight;
  if (flight->request == NULL)
    flight->request = g_object_new (G_TYPE_FLOW_REQUEST, NULL);
  _g_flow_request_set_up (flight->request, self->endpoint, self->parameters);

  const GFlowDocuments empty = flight->request->documents;

  flight->request->documents = *batch;
  *batch = empty;

  flight->run = g_steal_pointer (&flight->used);
  if (flight->run == NULL)
    flight->run = g_flow_run_new (self->flow);
  else
    _g_flow_run_set_flow (flight->run, self->flow);
  return flight;
}

/* Its run has ended: called by that. */
void
_g_flow_post_give_run (GFlowFlight *flight)
{
  if (_g_flow_run_is_unseen (flight->run))
    {
      flight->used = g_steal_pointer (&flight->run);
      _g_flow_run_wipe (flight->used);
    }
  g_clear_object (&flight->run);
}

static void
give_request (GFlowFlight *flight)
{
  if (_g_flow_request_is_unknown (flight->request))
    _g_flow_request_wipe (flight->request);
  else
    g_clear_object (&flight->request);
}

/* The flight is over. */
void
_g_flow_post_give_flight (GFlowPost   *self,
                          GFlowFlight *flight)
{
  if (self->exhausted || self->spares.length >= MAX_SPARES)
    {
      _g_flow_flight_free (flight);
      return;
    }

  give_request (flight);
  flight->is_back = FALSE;
  flight->landed = FALSE;
  g_queue_push_tail_link (&self->spares, &flight->link);
}
