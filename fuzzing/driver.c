/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* In the place of libFuzzer: gives the target every file of a folder, and random
 * variations of each.
 *
 *   fuzz-NAME FOLDER [SEED] */

#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

#define N_VARIATIONS 300

static GPtrArray *
list_samples (const char *folder)
{
  g_autoptr(GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (paths, (GCompareFunc) g_strcmp0);
  return paths;
}

/* A few bytes changed, taken out or put in; or the end cut off. */
static void
vary (GByteArray *bytes,
      GRand      *rand)
{
  static const char telling[] = "\"'{}[]:,;\\\n\r\t 019-+.eEnu\xef\xbb\xbf\xff";

  for (int n = g_rand_int_range (rand, 1, 5); n > 0 && bytes->len > 0; n--)
    {
      const guint at = g_rand_int_range (rand, 0, bytes->len);
      const guint8 byte = telling[g_rand_int_range (rand, 0, sizeof telling)];

      switch (g_rand_int_range (rand, 0, 5))
        {
        case 0:
          g_byte_array_remove_index (bytes, at);
          break;
        case 1:
          bytes->data[at] ^= 1 << g_rand_int_range (rand, 0, 8);
          break;
        case 2:
          g_byte_array_append (bytes, &byte, 1);
          memmove (bytes->data + at + 1, bytes->data + at, bytes->len - 1 - at);
          bytes->data[at] = byte;
          break;
        case 3:
          if (g_rand_int_range (rand, 0, 8) == 0)
            g_byte_array_set_size (bytes, at);
          break;
        default:
          bytes->data[at] = byte;
        }
    }
}

/* In a block of its own size, so that valgrind and the sanitizers see its end. */
static void
try (const guint8 *data,
     gsize         size)
{
  g_autofree guint8 *copy = g_malloc (MAX (size, 1));

  if (size > 0)
    memcpy (copy, data, size);
  LLVMFuzzerTestOneInput (copy, size);
}

int
main (int    argc,
      char **argv)
{
  g_assert_cmpint (argc, >=, 2);

  const guint32 seed = argc > 2 ? strtoul (argv[2], NULL, 10) : g_random_int ();
  g_autoptr(GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr(GPtrArray) paths = list_samples (argv[1]);

  g_print ("seed %u\n", seed);
  g_assert_cmpuint (paths->len, >, 0);
  try ((const guint8 *) "", 0);
  for (guint i = 0; i < paths->len; i++)
    {
      g_autofree char *contents = NULL;
      gsize length;
      g_autoptr(GByteArray) bytes = g_byte_array_new ();

      g_assert_true (g_file_get_contents (paths->pdata[i], &contents, &length, NULL));
      try ((const guint8 *) contents, length);
      for (guint round = 0; round < N_VARIATIONS; round++)
        {
          g_byte_array_set_size (bytes, 0);
          g_byte_array_append (bytes, (const guint8 *) contents, length);
          vary (bytes, rand);
          try (bytes->data, bytes->len);
        }
    }
  g_print ("%u samples\n", paths->len);
  return 0;
}
