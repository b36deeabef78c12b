/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gflow-enum-types.h"
#include "gflow-version.h"

#include "graph/gflow-types.h"
#include "graph/gflow-error.h"
#include "graph/gflow-flow.h"
#include "graph/gflow-group.h"
#include "graph/gflow-history.h"
#include "graph/gflow-lock.h"
#include "graph/gflow-node.h"
#include "run/gflow-run.h"
#include "run/gflow-step.h"
#include "run/gflow-values.h"
#include "stream/gflow-document.h"
#include "stream/gflow-executor.h"
#include "stream/gflow-post.h"
#include "stream/gflow-request.h"
#include "stream/gflow-route.h"
#include "stream/gflow-source.h"
#include "file/gflow-file-source.h"
#include "file/gflow-format.h"
#include "file/gflow-reader.h"
#include "file/gflow-writer.h"
