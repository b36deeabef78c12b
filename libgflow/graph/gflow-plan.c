/* SPDX-FileCopyrightText: The libgflow authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "config.h"

#include "gflow-plan-private.h"

#include "gflow-flow-private.h"
#include "gflow-lock-private.h"
#include "gflow-mutex-private.h"

#include <string.h>

/* States of fewer nodes than these are on a page that is in use in any case. */
#define MIN_SPARE_NODES 64

/* Needs of a node are compared with each other if they are at most so many. */
#define MAX_COMPARED 8

/* How many nodes ahead those are fetched that are looked at next: nodes and their needs lie one after
 * the other, but no processor knows what leads to them. */
#define FETCH_NODE 16
#define FETCH_NEEDS 8

/* In place of where the next downstream goes: it is the only one */
#define ONLY G_MAXUINT32

/* Guards what plans are given later. */
static GFlowMutex mutex = G_FLOW_MUTEX_INIT;

/* What compiling needs besides the plan. */
typedef struct
{
  GFlow         *flow;
  GFlowPlan     *plan;
  GFlowChannel  *channel;   /* (nullable): the plan is for requests */
  guint32       *n_down;    /* of each node how many wait for it; later, behind where the next one goes */
  guint32       *asked;     /* of each node for which one last, + 1; only where that is not clear */
  GArray        *far;       /* (owned) (nullable) of guint32: the upstreams of nodes whose needs are */
  guint          n_far;     /* of them, those of nodes that next_upstreams() has come to */
  guint          n_roots;
  guint          n_routed_roots;
  gboolean       ordered;   /* every upstream was added before its downstreams */
  GFlowProblems  problems;
} Compiler;

/* The index of the node that @need means, if it is in the flow. */
static gboolean
resolve_need (Compiler  *compiler,
              GFlowNeed  need,
              guint32   *index)
{
  GFlowNode *node = need;

  if (_g_flow_need_is_name (need))
    node = _g_flow_lookup_locked (compiler->flow, _g_flow_need_name (need));
  if (node == NULL || _g_flow_node_flow (node) != compiler->flow)
    return FALSE;

  *index = node->index;
  return TRUE;
}

/* What a node with far needs waits for, each once. */
static const guint32 *
find_far_upstreams (Compiler  *compiler,
                    GFlowNode *node,
                    guint     *n_upstreams)
{
  const guint n_needs = _g_flow_node_count_needs (node);

  if (compiler->far == NULL)
    compiler->far = g_array_new (FALSE, FALSE, sizeof (guint32));

  const guint first = compiler->far->len;

  for (guint i = 0; i < n_needs; i++)
    {
      const GFlowNeed need = _g_flow_node_get_need (node, i);
      guint32 upstream;

      if (!resolve_need (compiler, need, &upstream))
        _g_flow_check_unknown (compiler->flow, node, need, &compiler->problems);
      else if (compiler->asked[upstream] != node->index + 1)
        {
          compiler->asked[upstream] = node->index + 1;
          g_array_append_val (compiler->far, upstream);
        }
    }
  *n_upstreams = compiler->far->len - first;
  return (guint32 *) compiler->far->data + first;
}

/* Whether a node is in @needs twice, as far as that can be told soon. */
static gboolean
may_repeat (const guint32 *needs,
            guint          n_needs)
{
  gboolean repeated = FALSE;

  if (n_needs > MAX_COMPARED)
    {
      for (guint i = 1; i < n_needs; i++)
        if (needs[i] <= needs[i - 1])
          return TRUE;
      return FALSE;
    }

  for (guint i = 1; i < n_needs; i++)
    for (guint k = 0; k < i; k++)
      repeated |= needs[i] == needs[k];
  return repeated;
}

/* Likewise, of any node. */
static const guint32 *
find_upstreams (Compiler  *compiler,
                GFlowNode *node,
                guint     *n_upstreams)
{
  const guint32 *near = _g_flow_node_near_needs (node, n_upstreams);

  if (near == NULL)
    return find_far_upstreams (compiler, node, n_upstreams);
  if (G_LIKELY (!may_repeat (near, *n_upstreams)))
    return near;

  _g_flow_node_forget_repeated_needs (node, compiler->asked);
  return _g_flow_node_near_needs (node, n_upstreams);
}

/* What was found, of one node after the other, from the first one on. */
static const guint32 *
next_upstreams (Compiler  *compiler,
                guint      index,
                guint     *n_upstreams)
{
  const guint32 *near = _g_flow_node_near_needs (compiler->plan->nodes[index].node, n_upstreams);

  if (near != NULL)
    return near;

  const guint32 *far = (guint32 *) compiler->far->data + compiler->n_far;

  *n_upstreams = compiler->plan->start[index].pending;
  compiler->n_far += *n_upstreams;
  return far;
}

static inline void
fetch_ahead (GFlowPlan *plan,
             guint      index)
{
  if (index + FETCH_NODE >= plan->n_nodes)
    return;

  __builtin_prefetch (&plan->nodes[index + FETCH_NODE].node->in);
  /* Is nowhere if they are not many, which does no harm. */
  __builtin_prefetch (plan->nodes[index + FETCH_NEEDS].node->in.needs.many);
}

static void
compile_needs (Compiler  *compiler,
               GFlowNode *node)
{
  GFlowPlan *plan = compiler->plan;
  const guint32 index = node->index;
  guint n_upstreams;
  const guint32 *upstreams = find_upstreams (compiler, node, &n_upstreams);

  for (guint i = 0; i < n_upstreams; i++)
    {
      compiler->n_down[upstreams[i]]++;
      compiler->ordered = compiler->ordered && upstreams[i] < index;
    }
  plan->n_edges += n_upstreams;
  plan->start[index].pending = n_upstreams;
  plan->start[index].state = n_upstreams > 0 ? G_FLOW_NODE_STATE_WAITING : G_FLOW_NODE_STATE_READY;
  if (n_upstreams == 0)
    *(plan->start[index].route == 0 ? &compiler->n_roots : &compiler->n_routed_roots) += 1;
}

static int
compare_locks (gconstpointer a,
               gconstpointer b)
{
  const guint64 serial_a = _g_flow_lock_get_serial (*(GFlowLock **) a);
  const guint64 serial_b = _g_flow_lock_get_serial (*(GFlowLock **) b);

  return serial_a < serial_b ? -1 : serial_a > serial_b;
}

/* The locks of a node, and @more, in the one order in which all nodes take locks. */
static void
compile_locks (GFlowPlan *plan,
               GFlowNode *node,
               GFlowLock *more)
{
  GPtrArray *locks = _g_flow_node_locks (node);

  if (locks == NULL && more == NULL)
    return;

  g_autoptr(GPtrArray) sorted = locks != NULL
                                  ? g_ptr_array_copy (locks, (GCopyFunc) g_object_ref, NULL)
                                  : g_ptr_array_new ();

  if (more != NULL)
    g_ptr_array_add (sorted, g_object_ref (more));

  if (plan->locks == NULL)
    {
      plan->locks = g_ptr_array_new_with_free_func (g_object_unref);
      plan->first_lock = g_new0 (guint32, plan->n_nodes + 1);
    }
  g_ptr_array_sort (sorted, compare_locks);
  plan->first_lock[node->index] = plan->locks->len;
  g_ptr_array_extend_and_steal (plan->locks, g_steal_pointer (&sorted));
  plan->start[node->index].route |= G_FLOW_ROUTE_LOCKS;
}

/* Nodes without locks end where the next node with locks begins. */
static void
finish_locks (GFlowPlan *plan)
{
  if (plan->locks == NULL)
    return;

  plan->first_lock[plan->n_nodes] = plan->locks->len;
  for (guint i = plan->n_nodes; i-- > 0;)
    if ((plan->start[i].route & G_FLOW_ROUTE_LOCKS) == 0)
      plan->first_lock[i] = plan->first_lock[i + 1];
}

static void
compile_policy (GFlowPlan *plan,
                GFlowNode *node)
{
  const GFlowNodePolicy *policy = _g_flow_node_policy (node);

  if (policy == NULL)
    return;

  if (plan->policies == NULL)
    plan->policies = g_array_new (FALSE, FALSE, sizeof (GFlowPlanPolicy));

  const GFlowPlanPolicy entry = { node->index, *policy };

  g_array_append_val (plan->policies, entry);
  plan->start[node->index].marks |= G_FLOW_PLAN_MARK_POLICY;
}

static void
compile_extras (GFlowPlan *plan,
                GFlowNode *node)
{
  const guint index = node->index;

  if (_g_flow_node_priority (node) != 0)
    {
      if (plan->priorities == NULL)
        plan->priorities = g_new0 (int, plan->n_nodes);
      plan->priorities[index] = _g_flow_node_priority (node);
    }
  if (_g_flow_node_weight (node) != 1)
    {
      if (plan->weights == NULL)
        {
          plan->weights = g_new (guint, plan->n_nodes);
          for (guint i = 0; i < plan->n_nodes; i++)
            plan->weights[i] = 1;
        }
      plan->total_weight += (guint64) _g_flow_node_weight (node) - 1;
      plan->weights[index] = _g_flow_node_weight (node);
    }
  if (node->kind == G_FLOW_NODE_KIND_FLOW)
    {
      if (plan->subflows == NULL)
        plan->subflows = g_array_new (FALSE, FALSE, sizeof (guint32));
      g_array_append_val (plan->subflows, index);
    }
  compile_policy (plan, node);
}

static void
compile_node (Compiler  *compiler,
              GFlowNode *node)
{
  GFlowPlan *plan = compiler->plan;
  GFlowPlanNode *plan_node = &plan->nodes[node->index];
  GFlowPlanStart *start = &plan->start[node->index];
  gboolean in_context = _g_flow_node_is_in_context (node);
  GFlowLock *lock = NULL;
  gboolean takes_locks = TRUE;

  /* All but the node and its body, which others may look at meanwhile. */
  plan_node->kind = node->kind;
  plan_node->run_when = node->run_when;
  if (node->kind == G_FLOW_NODE_KIND_EXECUTOR)
    {
      plan_node->kind = G_FLOW_NODE_KIND_JOIN;
      plan->has_executors = TRUE;
    }
  if (compiler->channel != NULL)
    takes_locks = _g_flow_channel_place (compiler->channel, node, plan_node, &in_context, &lock);
  if (in_context)
    {
      start->route |= G_FLOW_ROUTE_CONTEXT;
      plan->n_context++;
    }
  if (node->run_when != G_FLOW_RUN_WHEN_ALL_SUCCEEDED)
    start->route |= G_FLOW_ROUTE_WHEN;
  if (_g_flow_node_extras (node) != NULL)
    compile_extras (plan, node);
  if (takes_locks && (_g_flow_node_extras (node) != NULL || lock != NULL))
    compile_locks (plan, node, lock);
}

/* Where the successors of nodes go: the last one first. */
static void
place_successors (Compiler *compiler)
{
  guint32 first = 0;

  for (guint i = 0; i < compiler->plan->n_nodes; i++)
    {
      GFlowPlanNode *node = &compiler->plan->nodes[i];
      const guint32 n_down = compiler->n_down[i];

      node->n_successors = MIN (n_down, G_FLOW_SUCCESSORS_MANY);
      node->successor = first;
      if (n_down <= 1)
        {
          compiler->n_down[i] = ONLY;
          continue;
        }

      if (n_down >= G_FLOW_SUCCESSORS_FUNNEL)
        {
          node->n_successors = G_FLOW_SUCCESSORS_MANY;
          compiler->plan->successors[first++] = n_down;
        }
      first += n_down;
      compiler->n_down[i] = first;
    }
}

/* Turns the upstreams of all nodes into the successors of all nodes: a counting
 * sort. Of each node the successor that was added last comes first: a worker that
 * walks them in this order ends with the one to go on with, and leaves the others
 * in its deque in the order in which to pop them. */
static void
compile_successors (Compiler *compiler)
{
  GFlowPlan *plan = compiler->plan;

  /* Room for the numbers of those that have very many, too. */
  plan->successors = g_new (guint32, (gsize) plan->n_edges + plan->n_edges / G_FLOW_SUCCESSORS_FUNNEL);
  place_successors (compiler);
  for (guint i = 0; i < plan->n_nodes; i++)
    {
      guint n;
      const guint32 *upstreams = next_upstreams (compiler, i, &n);

      fetch_ahead (plan, i);
      for (guint k = 0; k < n; k++)
        if (compiler->n_down[upstreams[k]] != ONLY)
          {
            plan->successors[--compiler->n_down[upstreams[k]]] = i;
          }
        else
          {
            GFlowPlanNode *node = &plan->nodes[upstreams[k]];

            node->successor = i;
            if (n >= G_FLOW_FUNNEL_WIDTH)
              node->n_successors = G_FLOW_SUCCESSORS_FUNNEL;
          }
    }
}

/* Of each node where its upstreams begin, and then these. Never NULL. */
static guint32 *
new_upstreams (GFlowPlan *plan)
{
  return g_new (guint32, (gsize) plan->n_nodes + plan->n_edges + 1);
}

static void
compile_roots (Compiler *compiler)
{
  GFlowPlan *plan = compiler->plan;
  const guint n = compiler->n_roots + compiler->n_routed_roots;

  plan->roots = g_new (guint32, compiler->n_roots);
  plan->routed_roots = g_new (guint32, compiler->n_routed_roots);
  for (guint i = 0; plan->n_roots + plan->n_routed_roots < n; i++)
    if (plan->start[i].pending == 0)
      {
        if (plan->start[i].route == 0)
          plan->roots[plan->n_roots++] = i;
        else
          plan->routed_roots[plan->n_routed_roots++] = i;
      }
}

/* What the needs of nodes do not tell later: what is far may mean another node, or none; and the
 * flow does not know of plans for channels when it is edited. */
static void
keep_upstreams (Compiler *compiler)
{
  GFlowPlan *plan = compiler->plan;
  guint32 *first = new_upstreams (plan);
  guint32 n_kept = 0;

  compiler->n_far = 0;
  for (guint i = 0; i < plan->n_nodes; i++)
    {
      guint n;
      const guint32 *upstreams = next_upstreams (compiler, i, &n);

      first[i] = n_kept;
      for (guint k = 0; k < n; k++)
        first[plan->n_nodes + n_kept++] = upstreams[k];
    }
  atomic_init (&plan->upstreams, first);
}

/* Compiles the flow as it stands; with @channel, for the requests that go through it. The
 * caller holds its mutex. A bad flow gives a plan too: its edges are those that are clear,
 * its error says the rest. */
GFlowPlan *
_g_flow_plan_compile (GFlow        *flow,
                      GFlowChannel *channel)
{
  const guint n = flow->nodes->n;
  GFlowPlan *plan = g_new0 (GFlowPlan, 1);
  Compiler compiler = {
    .flow = flow,
    .plan = plan,
    .channel = channel,
    .n_down = g_new (guint32, (gsize) n * 2),
    .ordered = TRUE,
  };

  compiler.asked = compiler.n_down + n;
  /* By hand, so that all of it is touched for the first time here, and not by the first run. */
  if (n > 0)
    memset (compiler.n_down, 0, sizeof (guint32) * n * 2);
  atomic_init (&plan->ref_count, 1);
  _g_flow_home_copy (&plan->home, &flow->home);
  plan->find_task_owner = flow->find_task_owner;
  plan->n_nodes = n;
  plan->total_weight = n;
  /* That of the flow is for its own plan. */
  plan->list = channel == NULL ? _g_flow_node_list_ref (flow->nodes)
                               : _g_flow_node_list_copy (flow->nodes);
  plan->nodes = plan->list->items;
  plan->start = g_new0 (GFlowPlanStart, n);

  for (guint i = 0; i < n; i++)
    {
      fetch_ahead (plan, i);
      compile_node (&compiler, plan->nodes[i].node);
      compile_needs (&compiler, plan->nodes[i].node);
    }
  finish_locks (plan);

  compile_successors (&compiler);
  compile_roots (&compiler);
  if (channel != NULL || compiler.far != NULL)
    keep_upstreams (&compiler);
  g_clear_pointer (&compiler.far, g_array_unref);

  if (flow->renamed)
    _g_flow_check_names (flow, &compiler.problems);
  if (!compiler.ordered)
    _g_flow_check_cycles (plan, &compiler.problems);
  plan->n_problems = compiler.problems.n_problems;
  plan->error = _g_flow_problems_finish (&compiler.problems);

  _g_flow_plan_give_spare (plan, compiler.n_down);
  return plan;
}

/* Memory for the states of all nodes, of any content: first that which compiling has worked
 * with, and then used by one run after the other. To get pages from the system, and touch them
 * for the first time, takes as long as to run the nodes. Of those who come at the same time one
 * gets it; NULL for the others. Any thread. */
gpointer
_g_flow_plan_take_spare (GFlowPlan *plan)
{
  /* Acquire: pairs with _g_flow_plan_give_spare(), for what was done with it before. */
  return atomic_load_explicit (&plan->spare, memory_order_relaxed) != NULL
           ? atomic_exchange_explicit (&plan->spare, NULL, memory_order_acquire) : NULL;
}

/* Takes @spare. */
void
_g_flow_plan_give_spare (GFlowPlan *plan,
                         gpointer   spare)
{
  /* Release: pairs with _g_flow_plan_take_spare(). */
  if (plan->n_nodes >= MIN_SPARE_NODES)
    spare = atomic_exchange_explicit (&plan->spare, spare, memory_order_release);
  g_free (spare);
}

GFlowPlan *
_g_flow_plan_ref (GFlowPlan *plan)
{
  /* Relaxed: whoever has one reference may make another. */
  atomic_fetch_add_explicit (&plan->ref_count, 1, memory_order_relaxed);
  return plan;
}

/* Whether others have it than who asks. */
gboolean
_g_flow_plan_is_shared (GFlowPlan *plan)
{
  /* Acquire: pairs with _g_flow_plan_unref(), for what the others have read. */
  return atomic_load_explicit (&plan->ref_count, memory_order_acquire) > 1;
}

void
_g_flow_plan_unref (GFlowPlan *plan)
{
  /* Acquire and release: the last one comes after what all others have done. */
  if (atomic_fetch_sub_explicit (&plan->ref_count, 1, memory_order_acq_rel) != 1)
    return;

  GHashTable *index = atomic_load_explicit (&plan->index, memory_order_relaxed);

  _g_flow_node_list_unref (plan->list, &plan->home);
  _g_flow_home_clear (&plan->home);
  g_clear_error (&plan->error);
  g_clear_pointer (&plan->locks, g_ptr_array_unref);
  g_clear_pointer (&plan->subflows, g_array_unref);
  g_clear_pointer (&plan->policies, g_array_unref);
  g_clear_pointer (&index, g_hash_table_unref);
  g_free (_g_flow_plan_take_spare (plan));
  g_free (plan->start);
  g_free (plan->successors);
  g_free (atomic_load_explicit (&plan->upstreams, memory_order_relaxed));
  g_free (plan->roots);
  g_free (plan->routed_roots);
  g_free (plan->priorities);
  g_free (plan->weights);
  g_free (plan->first_lock);
  g_clear_pointer (&plan->watched, g_array_unref);
  g_free (plan);
}

/* The upstreams of all nodes: their needs, which are near, and each there once since they were
 * compiled. */
static guint32 *
copy_upstreams (GFlowPlan *plan)
{
  guint32 *first = new_upstreams (plan), *upstreams = first + plan->n_nodes;
  guint32 n_copied = 0;

  for (guint i = 0; i < plan->n_nodes; i++)
    {
      guint n_needs = 0;
      const guint32 *needs = _g_flow_node_near_needs (plan->nodes[i].node, &n_needs);

      first[i] = n_copied;
      for (guint k = 0; k < n_needs; k++)
        upstreams[n_copied++] = needs[k];
    }
  g_assert (n_copied == plan->n_edges);
  return first;
}

/* For _g_flow_plan_upstreams(). Whoever edits the flow while others have the plan asks, too,
 * before anything is changed: so the needs stay as they are while they are looked at here. */
const guint32 *
_g_flow_plan_ensure_upstreams (GFlowPlan *plan)
{
  _g_flow_mutex_lock (&mutex);

  guint32 *first = atomic_load_explicit (&plan->upstreams, memory_order_relaxed);

  if (first == NULL)
    {
      first = copy_upstreams (plan);
      /* Release: pairs with _g_flow_plan_upstreams(). */
      atomic_store_explicit (&plan->upstreams, first, memory_order_release);
    }
  _g_flow_mutex_unlock (&mutex);
  return first;
}

/* Made when the flow was edited while a run of the plan asks for nodes. */
static GHashTable *
ensure_index (GFlowPlan *plan)
{
  /* Acquire: pairs with the store below, for the content. */
  GHashTable *table = atomic_load_explicit (&plan->index, memory_order_acquire);

  if (table != NULL)
    return table;

  _g_flow_mutex_lock (&mutex);
  table = atomic_load_explicit (&plan->index, memory_order_relaxed);
  if (table == NULL)
    {
      table = g_hash_table_new (NULL, NULL);
      for (guint i = 0; i < plan->n_nodes; i++)
        g_hash_table_insert (table, plan->nodes[i].node, GUINT_TO_POINTER (i));
      atomic_store_explicit (&plan->index, table, memory_order_release);
    }
  _g_flow_mutex_unlock (&mutex);
  return table;
}

/* The index of @node in the plan, also if the flow was edited since. */
gboolean
_g_flow_plan_find (GFlowPlan *plan,
                   GFlowNode *node,
                   guint     *index)
{
  const guint likely = atomic_load_explicit (&node->index, memory_order_relaxed);
  gpointer found;

  if (likely < plan->n_nodes && plan->nodes[likely].node == node)
    {
      *index = likely;
      return TRUE;
    }
  if (!g_hash_table_lookup_extended (ensure_index (plan), node, NULL, &found))
    return FALSE;

  *index = GPOINTER_TO_UINT (found);
  return TRUE;
}
