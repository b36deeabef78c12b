/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-documents-private.h"

#include "run/gflow-run-private.h"

/* Documents on their way. A GListStore tells of every change, also where nobody listens, which
 * costs more than to serve a request. So there is one only where somebody asks for
 * it; from then on it has them, and may be held, listened to, and changed by anybody. */

/* All of them are of one class, which need not be looked at each time. */
static guint
count_list (GListStore *list)
{
  return G_LIST_MODEL_GET_IFACE (list)->get_n_items (G_LIST_MODEL (list));
}

guint
_g_flow_documents_count (const GFlowDocuments *self)
{
  if (self->list != NULL)
    return count_list (self->list);
  return self->items != NULL ? self->items->len : 0;
}

/* Takes @document. */
void
_g_flow_documents_add (GFlowDocuments *self,
                       GFlowDocument  *document)
{
  if (self->list != NULL)
    {
      g_list_store_append (self->list, document);
      g_object_unref (document);
      return;
    }
  if (self->items == NULL)
    self->items = g_ptr_array_new_with_free_func (g_object_unref);
  g_ptr_array_add (self->items, document);
}

/* An array that is the caller's. */
GPtrArray *
_g_flow_documents_dup (const GFlowDocuments *self)
{
  const guint n = _g_flow_documents_count (self);
  GPtrArray *items = g_ptr_array_new_full (n, g_object_unref);

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (items, self->list != NULL
                              ? g_list_model_get_item (G_LIST_MODEL (self->list), i)
                              : g_object_ref (self->items->pdata[i]));
  return items;
}

/* Replaces them by those in @items, an array that lets go of what is in it: takes that. */
void
_g_flow_documents_set (GFlowDocuments *self,
                       GPtrArray      *items)
{
  if (self->list != NULL)
    {
      g_list_store_splice (self->list, 0, _g_flow_documents_count (self), items->pdata,
                           items->len);
      g_ptr_array_unref (items);
      return;
    }
  g_clear_pointer (&self->items, g_ptr_array_unref);
  self->items = items;
}

/* Several go by way of another list, which for one is the longer way. */
static void
fill_list (GListStore *list,
           GPtrArray  *items)
{
  if (items->len == 1)
    g_list_store_append (list, items->pdata[0]);
  else if (items->len > 1)
    g_list_store_splice (list, 0, 0, items->pdata, items->len);
}

static void
empty_list (GListStore *list)
{
  const guint n = count_list (list);

  if (n == 1)
    g_list_store_remove (list, 0);
  else if (n > 1)
    g_list_store_remove_all (list);
}

/* All of them as a list, which is theirs from then on. */
GListStore *
_g_flow_documents_list (GFlowDocuments *self)
{
  if (self->list != NULL)
    return self->list;

  self->list = self->spare != NULL ? g_steal_pointer (&self->spare)
                                   : g_list_store_new (G_TYPE_FLOW_DOCUMENT);
  if (self->items != NULL)
    {
      fill_list (self->list, self->items);
      g_ptr_array_set_size (self->items, 0);
    }
  return self->list;
}

void
_g_flow_documents_clear (GFlowDocuments *self)
{
  g_clear_pointer (&self->items, g_ptr_array_unref);
  g_clear_object (&self->list);
  g_clear_object (&self->spare);
}

static gboolean
is_unknown (GListStore *list)
{
  static _Atomic guint items_changed;
  /* Relaxed: whoever writes it writes the same. */
  guint id = atomic_load_explicit (&items_changed, memory_order_relaxed);

  if (id == 0)
    {
      id = g_signal_lookup ("items-changed", G_TYPE_LIST_MODEL);
      atomic_store_explicit (&items_changed, id, memory_order_relaxed);
    }
  return _g_flow_is_unknown (G_OBJECT (list)) && !_g_flow_watch_is_notified (list) &&
         g_signal_handler_find (list, G_SIGNAL_MATCH_ID, id, 0, NULL, NULL, NULL) == 0;
}

/* Lets go of all documents; what had them serves the next ones, if nobody can tell. */
void
_g_flow_documents_wipe (GFlowDocuments *self)
{
  if (self->items != NULL)
    g_ptr_array_set_size (self->items, 0);
  if (self->list == NULL)
    return;

  if (self->spare == NULL && is_unknown (self->list))
    {
      self->spare = g_steal_pointer (&self->list);
      empty_list (self->spare);
    }
  g_clear_object (&self->list);
}
