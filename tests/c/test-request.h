/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "test-util.h"

G_BEGIN_DECLS

/* What a request has, as text. */

/* "one|two" */
char          *test_texts_of           (GFlowRequest  *request) G_GNUC_WARN_UNUSED_RESULT;

#define test_assert_texts(request, expected)              \
  G_STMT_START                                            \
  {                                                       \
    g_autofree char *_texts = test_texts_of (request);    \
    g_assert_cmpstr (_texts, ==, expected);               \
  }                                                       \
  G_STMT_END

/* "gateway=done a=failed! b=skipped" */
char          *test_routes_of          (GFlowRequest  *request) G_GNUC_WARN_UNUSED_RESULT;

#define test_assert_routes(request, expected)             \
  G_STMT_START                                            \
  {                                                       \
    g_autofree char *_routes = test_routes_of (request);  \
    g_assert_cmpstr (_routes, ==, expected);              \
  }                                                       \
  G_STMT_END

/* The texts of the documents, and their tags in alphabetical order: "text{a=1,b=2} …" */
char          *test_request_text       (GFlowRequest  *request) G_GNUC_WARN_UNUSED_RESULT;
char          *test_request_results    (GFlowRequest  *request) G_GNUC_WARN_UNUSED_RESULT;

#define test_assert_text(request, get, expected)                     \
  G_STMT_START                                                       \
  {                                                                  \
    g_autofree char *_text = get (request);                          \
    g_assert_cmpstr (_text, ==, expected);                           \
  }                                                                  \
  G_STMT_END

G_END_DECLS
