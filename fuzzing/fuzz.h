/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gflow.h>

/* What a target has; called by libFuzzer, or by driver.c. */
int LLVMFuzzerTestOneInput (const guint8 *data,
                            size_t        size);

/* Whoever refuses data says why. */
#define fuzz_assert_outcome(good, error) g_assert_true ((good) == ((error) == NULL))
