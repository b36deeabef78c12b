/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-source.h"

#include "graph/gflow-home-private.h"

/* A source of whatever a function gives. There are two classes, as what a class
 * implements says how a source is called. */

typedef struct
{
  GFlowSourceFunc     func;
  GFlowSourceTaskFunc task_func;
  gpointer            user_data;
  GDestroyNotify      destroy;   /* (nullable) */
  GFlowHome           home;
} Body;

typedef struct
{
  GObject parent_instance;
  Body    body;
} GFlowFuncSource;

typedef GObjectClass GFlowFuncSourceClass;

typedef GFlowFuncSource GFlowTaskFuncSource;
typedef GObjectClass GFlowTaskFuncSourceClass;

static GType g_flow_func_source_get_type (void);
static GType g_flow_task_func_source_get_type (void);
static void g_flow_func_source_iface_init (GFlowSourceInterface *iface);
static void g_flow_task_func_source_iface_init (GFlowSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GFlowFuncSource, g_flow_func_source, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FLOW_SOURCE,
                                                      g_flow_func_source_iface_init))

G_DEFINE_FINAL_TYPE_WITH_CODE (GFlowTaskFuncSource, g_flow_task_func_source, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FLOW_SOURCE,
                                                      g_flow_task_func_source_iface_init))

static gboolean
g_flow_func_source_fill_sync (GFlowSource   *source,
                              guint          n_documents,
                              GListStore    *documents,
                              GCancellable  *cancellable,
                              GError       **error)
{
  Body *body = &((GFlowFuncSource *) source)->body;

  return body->func (source, n_documents, documents, body->user_data, error);
}

static void
g_flow_task_func_source_fill (GFlowSource  *source,
                              guint         n_documents,
                              GListStore   *documents,
                              GTask        *task,
                              GError      **error)
{
  Body *body = &((GFlowTaskFuncSource *) source)->body;

  body->task_func (source, n_documents, documents, task, body->user_data, error);
}

/* What belongs to the user goes where the source was made. */
static void
body_clear (Body *body)
{
  if (body->destroy != NULL)
    _g_flow_home_release (&body->home, body->user_data, body->destroy);
  _g_flow_home_clear (&body->home);
}

static void
g_flow_func_source_finalize (GObject *object)
{
  body_clear (&((GFlowFuncSource *) object)->body);

  G_OBJECT_CLASS (g_flow_func_source_parent_class)->finalize (object);
}

static void
g_flow_task_func_source_finalize (GObject *object)
{
  body_clear (&((GFlowTaskFuncSource *) object)->body);

  G_OBJECT_CLASS (g_flow_task_func_source_parent_class)->finalize (object);
}

static void
g_flow_func_source_class_init (GFlowFuncSourceClass *klass)
{
  klass->finalize = g_flow_func_source_finalize;
}

static void
g_flow_task_func_source_class_init (GFlowTaskFuncSourceClass *klass)
{
  klass->finalize = g_flow_task_func_source_finalize;
}

static void
g_flow_func_source_iface_init (GFlowSourceInterface *iface)
{
  iface->fill_sync = g_flow_func_source_fill_sync;
}

static void
g_flow_task_func_source_iface_init (GFlowSourceInterface *iface)
{
  iface->fill = g_flow_task_func_source_fill;
}

static void
g_flow_func_source_init (GFlowFuncSource *self)
{
  _g_flow_home_init (&self->body.home);
}

static void
g_flow_task_func_source_init (GFlowTaskFuncSource *self)
{
  _g_flow_home_init (&self->body.home);
}

/**
 * g_flow_source_new_for_func:
 * @func: (scope notified) (closure user_data) (destroy destroy): gives the documents
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data, where the source was made
 *
 * Makes a source of what a function gives when it is asked.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 0.1
 */
GFlowSource *
g_flow_source_new_for_func (GFlowSourceFunc func,
                            gpointer        user_data,
                            GDestroyNotify  destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  GFlowFuncSource *self = g_object_new (g_flow_func_source_get_type (), NULL);

  self->body.func = func;
  self->body.user_data = user_data;
  self->body.destroy = destroy;
  return G_FLOW_SOURCE (self);
}

/**
 * g_flow_source_new_for_task_func:
 * @func: (scope notified) (closure user_data) (destroy destroy): gives the documents
 * @user_data: data for @func
 * @destroy: (nullable): frees @user_data, where the source was made
 *
 * Makes a source of what an async function gives when it is asked.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 0.1
 */
GFlowSource *
g_flow_source_new_for_task_func (GFlowSourceTaskFunc func,
                                 gpointer            user_data,
                                 GDestroyNotify      destroy)
{
  g_return_val_if_fail (func != NULL, NULL);

  GFlowTaskFuncSource *self = g_object_new (g_flow_task_func_source_get_type (), NULL);

  self->body.task_func = func;
  self->body.user_data = user_data;
  self->body.destroy = destroy;
  return G_FLOW_SOURCE (self);
}
