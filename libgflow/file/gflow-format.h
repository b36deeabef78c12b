/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <glib-object.h>

#include "gflow-version.h"

G_BEGIN_DECLS

/**
 * GFlowFormat:
 * @G_FLOW_FORMAT_LINES: each line is the text of a document
 * @G_FLOW_FORMAT_CSV: each record is a document (RFC 4180)
 * @G_FLOW_FORMAT_NDJSON: each line is a JSON object, which is a document
 * @G_FLOW_FORMAT_JSON: one JSON array of such objects
 *
 * How documents are written in a file or a stream. All of it is UTF-8.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_FORMAT_LINES,
  G_FLOW_FORMAT_CSV,
  G_FLOW_FORMAT_NDJSON,
  G_FLOW_FORMAT_JSON,
} GFlowFormat;

/**
 * GFlowContents:
 * @G_FLOW_CONTENTS_NONE: nothing: the URI says where it is
 * @G_FLOW_CONTENTS_TEXT: the content as text, which must be UTF-8
 * @G_FLOW_CONTENTS_BLOB: the content as bytes
 *
 * What documents that are files have of the content.
 *
 * Since: 0.1
 */
typedef enum
{
  G_FLOW_CONTENTS_NONE,
  G_FLOW_CONTENTS_TEXT,
  G_FLOW_CONTENTS_BLOB,
} GFlowContents;

G_END_DECLS
