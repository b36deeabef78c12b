/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-source-private.h"

#include "gflow-document-private.h"

#include "graph/gflow-error.h"

#include <glib/gi18n-lib.h>

/* A source of what is in memory already. */

#define G_TYPE_FLOW_LIST_SOURCE (g_flow_list_source_get_type ())

G_DECLARE_FINAL_TYPE (GFlowListSource, g_flow_list_source, G, FLOW_LIST_SOURCE, GObject)

struct _GFlowListSource
{
  GObject      parent_instance;

  GListModel  *model;    /* (owned) (nullable) */
  char       **texts;    /* (owned) (nullable) */
  GVariant    *array;    /* (owned) (nullable) */
  gsize        position;
};

static void g_flow_list_source_iface_init (GFlowSourceInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (GFlowListSource, g_flow_list_source, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_FLOW_SOURCE,
                                                      g_flow_list_source_iface_init))

static GFlowDocument *
dup_item (GFlowListSource  *self,
          GError          **error)
{
  GObject *item = g_list_model_get_item (self->model, self->position);

  if (item != NULL && !G_IS_FLOW_DOCUMENT (item))
    {
      g_set_error (error, G_FLOW_ERROR, G_FLOW_ERROR_BAD_INPUT,
                   _("Item %" G_GSIZE_FORMAT " of the list is no document, but a %s"), self->position,
                   G_OBJECT_TYPE_NAME (item));
      g_clear_object (&item);
    }
  return (GFlowDocument *) item;
}

static GFlowDocument *
new_from_array (GFlowListSource  *self,
                GError          **error)
{
  if (self->position == 0 && !_g_flow_document_check_array (self->array, error))
    return NULL;
  if (self->position == g_variant_n_children (self->array))
    return NULL;
  return _g_flow_document_new_from_array (self->array, self->position, error);
}

static GFlowDocument *
dup_document (GFlowListSource  *self,
              GError          **error)
{
  if (self->model != NULL)
    return dup_item (self, error);
  if (self->array != NULL)
    return new_from_array (self, error);
  return self->texts[self->position] != NULL
         ? g_flow_document_new_for_text (self->texts[self->position]) : NULL;
}

gboolean
_g_flow_source_is_in_memory (GFlowSource *self)
{
  return G_IS_FLOW_LIST_SOURCE (self);
}

/* What fill_sync() does, without a list. */
gboolean
_g_flow_source_add_some (GFlowSource     *source,
                         guint            n_documents,
                         GFlowDocuments  *documents,
                         GError         **error)
{
  GFlowListSource *self = G_FLOW_LIST_SOURCE (source);
  GError *failure = NULL;
  GFlowDocument *document;

  for (; n_documents > 0 && (document = dup_document (self, &failure)) != NULL; n_documents--)
    {
      _g_flow_documents_add (documents, document);
      self->position++;
    }
  if (failure != NULL)
    g_propagate_error (error, failure);
  return failure == NULL;
}

static gboolean
g_flow_list_source_fill_sync (GFlowSource   *source,
                              guint          n_documents,
                              GListStore    *documents,
                              GCancellable  *cancellable,
                              GError       **error)
{
  GFlowDocuments taken = { 0 };
  const gboolean succeeded = _g_flow_source_add_some (source, n_documents, &taken, error);

  if (taken.items != NULL)
    g_list_store_splice (documents, g_list_model_get_n_items (G_LIST_MODEL (documents)), 0,
                         taken.items->pdata, taken.items->len);
  _g_flow_documents_clear (&taken);
  return succeeded;
}

static void
g_flow_list_source_finalize (GObject *object)
{
  GFlowListSource *self = G_FLOW_LIST_SOURCE (object);

  g_clear_object (&self->model);
  g_strfreev (self->texts);
  g_clear_pointer (&self->array, g_variant_unref);

  G_OBJECT_CLASS (g_flow_list_source_parent_class)->finalize (object);
}

static void
g_flow_list_source_class_init (GFlowListSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = g_flow_list_source_finalize;
}

static void
g_flow_list_source_iface_init (GFlowSourceInterface *iface)
{
  iface->fill_sync = g_flow_list_source_fill_sync;
}

static void
g_flow_list_source_init (GFlowListSource *self)
{
}

/**
 * g_flow_source_new_for_model:
 * @documents: a list of [class@GFlow.FlowDocument]
 *
 * Makes a source of a list. The documents are given as they are, not copied, in
 * the order in which they are in the list when they are asked for.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 0.1
 */
GFlowSource *
g_flow_source_new_for_model (GListModel *documents)
{
  g_return_val_if_fail (G_IS_LIST_MODEL (documents), NULL);

  GFlowListSource *self = g_object_new (G_TYPE_FLOW_LIST_SOURCE, NULL);

  self->model = g_object_ref (documents);
  return G_FLOW_SOURCE (self);
}

/**
 * g_flow_source_new_for_texts:
 * @texts: (array zero-terminated=1): texts in UTF-8
 *
 * Makes a source of texts: of each it makes a document.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 0.1
 */
GFlowSource *
g_flow_source_new_for_texts (const char * const *texts)
{
  g_return_val_if_fail (texts != NULL, NULL);

  GFlowListSource *self = g_object_new (G_TYPE_FLOW_LIST_SOURCE, NULL);

  self->texts = g_strdupv ((char **) texts);
  return G_FLOW_SOURCE (self);
}

/**
 * g_flow_source_new_for_variant:
 * @array: an array of documents, consumed if it is floating
 *
 * Makes a source of an array of any type whose items are documents for
 * [ctor@GFlow.FlowDocument.new_from_variant], such as `aa{sv}` or `as`. They are made
 * when they are asked for: what is no document ends the source there, with an error.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 0.1
 */
GFlowSource *
g_flow_source_new_for_variant (GVariant *array)
{
  g_return_val_if_fail (array != NULL, NULL);

  GFlowListSource *self = g_object_new (G_TYPE_FLOW_LIST_SOURCE, NULL);

  self->array = g_variant_ref_sink (array);
  return G_FLOW_SOURCE (self);
}
