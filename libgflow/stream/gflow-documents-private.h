/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-document.h"

G_BEGIN_DECLS

/* The documents of a request: a plain array, until somebody asks for a list of them. */
typedef struct
{
  GPtrArray  *items;  /* (owned) (nullable) of GFlowDocument: while there is no list */
  GListStore *list;   /* (owned) (nullable): once somebody has asked for it, or has filled it */
  GListStore *spare;  /* (owned) (nullable): an empty one, which nobody can tell from a new one */
} GFlowDocuments;

guint       _g_flow_documents_count  (const GFlowDocuments *self);
void        _g_flow_documents_add    (GFlowDocuments       *self,
                                      GFlowDocument        *document);
GPtrArray  *_g_flow_documents_dup    (const GFlowDocuments *self);
void        _g_flow_documents_set    (GFlowDocuments       *self,
                                      GPtrArray            *items);
GListStore *_g_flow_documents_list   (GFlowDocuments       *self);
void        _g_flow_documents_clear  (GFlowDocuments       *self);
void        _g_flow_documents_wipe   (GFlowDocuments       *self);

G_END_DECLS
