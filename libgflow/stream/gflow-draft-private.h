/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-document.h"

G_BEGIN_DECLS

/* What a document has, as its forms call it. */
typedef enum
{
  G_FLOW_MEMBER_ID,
  G_FLOW_MEMBER_TEXT,
  G_FLOW_MEMBER_BLOB,
  G_FLOW_MEMBER_URI,
  G_FLOW_MEMBER_MIME_TYPE,
  G_FLOW_MEMBER_TAGS,
  G_FLOW_N_MEMBERS,
  G_FLOW_MEMBER_TAG = G_FLOW_N_MEMBERS, /* any other name */
  G_FLOW_MEMBER_NONE,                   /* what is left out */
} GFlowMember;

const char    *_g_flow_member_get_name   (GFlowMember     member);
GFlowMember    _g_flow_member_for_name   (const char     *name);
GFlowMember    _g_flow_member_for_field  (GVariant       *fields,
                                          const char     *name,
                                          const char    **tag);

/* A document while it is read. Names come from outside: what is there twice is
 * refused. */
typedef struct
{
  GFlowDocument   *document;  /* (owned) (nullable) */
  guint            seen;      /* a bit for each member */
  GVariantBuilder  tags;      /* if there is names */
  GHashTable      *names;     /* (owned) (nullable): of the tags */
} GFlowDraft;

void           _g_flow_draft_begin       (GFlowDraft     *draft);
gboolean       _g_flow_draft_claim       (GFlowDraft     *draft,
                                          GFlowMember     member);
void           _g_flow_draft_take_string (GFlowDraft     *draft,
                                          GFlowMember     member,
                                          char           *value);
gboolean       _g_flow_draft_take_base64 (GFlowDraft     *draft,
                                          char           *text);
gboolean       _g_flow_draft_add_tag     (GFlowDraft     *draft,
                                          const char     *name,
                                          GVariant       *value);
gboolean       _g_flow_draft_add_tags    (GFlowDraft     *draft,
                                          GVariant       *tags,
                                          char          **twice);
GFlowDocument *_g_flow_draft_end         (GFlowDraft     *draft);
void           _g_flow_draft_abandon     (GFlowDraft     *draft);

G_END_DECLS
