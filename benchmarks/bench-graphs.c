/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "bench-graphs.h"

#include <glib.h>
#include <string.h>

typedef struct
{
  uint32_t from;
  uint32_t to;
} Edge;

static void
add_edge (GArray   *edges,
          uint32_t  from,
          uint32_t  to)
{
  Edge edge = { from, to };

  g_assert (from < to);
  g_array_append_val (edges, edge);
}

static uint32_t
make_chain (GArray   *edges,
            uint32_t  size)
{
  for (uint32_t i = 1; i < size; i++)
    add_edge (edges, i - 1, i);

  return size;
}

static uint32_t
make_fan (GArray   *edges,
          uint32_t  size)
{
  for (uint32_t i = 1; i <= size; i++)
    {
      add_edge (edges, 0, i);
      add_edge (edges, i, size + 1);
    }

  return size + 2;
}

static uint32_t
make_tree (GArray   *edges,
           uint32_t  size)
{
  uint32_t n_nodes = (UINT32_C (1) << size) - 1;

  for (uint32_t i = 1; i < n_nodes; i++)
    add_edge (edges, (i - 1) / 2, i);

  return n_nodes;
}

static uint32_t
make_wave (GArray   *edges,
           uint32_t  size)
{
  for (uint32_t i = 0; i < size * size; i++)
    {
      if (i % size + 1 < size)
        add_edge (edges, i, i + 1);
      if (i / size + 1 < size)
        add_edge (edges, i, i + size);
    }

  return size * size;
}

/* Each node needs four different ones of the layer before; as many edges again
 * as fill the first layer, which needs none, skip a layer. */
static uint32_t
make_rand (GArray   *edges,
           uint32_t  size)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (20);
  uint32_t width = MAX (4, size / 100);

  for (uint32_t i = width; i < size; i++)
    {
      uint32_t layer = i / width * width - width;
      uint32_t chosen[4];

      for (guint n = 0; n < G_N_ELEMENTS (chosen);)
        {
          bool again = false;

          chosen[n] = layer + (uint32_t) g_rand_int_range (random, 0, (gint32) width);
          for (guint k = 0; k < n; k++)
            again = again || chosen[k] == chosen[n];
          if (!again)
            add_edge (edges, chosen[n++], i);
        }
    }

  for (uint32_t i = 2 * width; i < MIN (6 * width, size); i++)
    {
      uint32_t layer = i / width * width - 2 * width;

      add_edge (edges, layer + (uint32_t) g_rand_int_range (random, 0, (gint32) width), i);
    }

  return size;
}

static uint32_t
make_bag (GArray   *edges,
          uint32_t  size)
{
  return size;
}

/* Sorts edges by one of their ends, keeping the order of equal ones. */
static void
index_edges (GArray    *edges,
             bool       by_from,
             uint32_t   n_nodes,
             uint32_t **first,
             uint32_t **others)
{
  g_autofree uint32_t *next = g_new0 (uint32_t, n_nodes + 1);

  *first = g_new0 (uint32_t, n_nodes + 1);
  *others = g_new (uint32_t, edges->len + 1);

  for (guint i = 0; i < edges->len; i++)
    {
      const Edge *edge = &g_array_index (edges, Edge, i);

      (*first)[(by_from ? edge->from : edge->to) + 1]++;
    }
  for (uint32_t i = 0; i < n_nodes; i++)
    (*first)[i + 1] += (*first)[i];

  memcpy (next, *first, sizeof (uint32_t) * n_nodes);
  for (guint i = 0; i < edges->len; i++)
    {
      const Edge *edge = &g_array_index (edges, Edge, i);

      (*others)[next[by_from ? edge->from : edge->to]++] = by_from ? edge->to : edge->from;
    }
}

bool
bench_graph_init (BenchGraph *self,
                  const char *kind,
                  uint32_t    size)
{
  static const struct
  {
    const char *kind;
    uint32_t    max_size;
    uint32_t  (*make) (GArray *edges, uint32_t size);
  } kinds[] = {
    { "chain", 100000000, make_chain },
    { "fan", 100000000, make_fan },
    { "tree", 26, make_tree },
    { "wave", 10000, make_wave },
    { "rand", 10000000, make_rand },
    { "bag", 100000000, make_bag },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GArray) edges = NULL;

      if (!g_str_equal (kind, kinds[i].kind) || size == 0 || size > kinds[i].max_size)
        continue;

      edges = g_array_new (FALSE, FALSE, sizeof (Edge));
      self->n_nodes = kinds[i].make (edges, size);
      self->n_edges = edges->len;
      index_edges (edges, true, self->n_nodes, &self->first_downstream, &self->downstreams);
      index_edges (edges, false, self->n_nodes, &self->first_upstream, &self->upstreams);

      return true;
    }

  return false;
}

void
bench_graph_clear (BenchGraph *self)
{
  g_clear_pointer (&self->first_downstream, g_free);
  g_clear_pointer (&self->downstreams, g_free);
  g_clear_pointer (&self->first_upstream, g_free);
  g_clear_pointer (&self->upstreams, g_free);
}
