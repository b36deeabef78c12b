#!/usr/bin/python3
# SPDX-FileCopyrightText: The libgflow authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What must be visible through introspection is, and nothing else; and it can be called.

Without the override: this is the API that every language gets."""

import json
import os
import shutil
import tempfile
import threading
import unittest
import unittest.mock

import gi

gi.require_version('GFlow', '1')
from gi.module import get_introspection_module
from gi.repository import Gio, GLib, GObject

GFlow = get_introspection_module('GFlow')

METHODS = {
    'Flow': '''new add add_task add_flow add_map add_join add_join_all add_node add_group
        remove_node lookup name_is_valid copy equal validate to_dot to_mermaid plot plot_finish plot_sync
        execute execute_finish execute_sync get_name set_name
        get_max_threads set_max_threads get_max_parallel set_max_parallel
        get_on_error set_on_error get_history set_history get_direction set_direction
        get_unique_names set_unique_names set_worker_func work set_common_func get_common_call
        add_executor add_tap get_orphans get_insertion_point set_insertion_point
        open open_finish open_sync close close_finish close_sync block get_is_open
        get_open_timeout set_open_timeout get_close_timeout set_close_timeout post index search
        update delete''',
    'FlowNode': '''new new_for_task new_common add_upstream add_upstream_by_name set_upstreams add_lock
        set_items set_items_variant set_items_func get_upstreams get_downstreams get_locks
        get_name set_name get_title set_title get_flow get_subflow get_placement set_placement get_priority set_priority
        get_weight set_weight get_run_when set_run_when get_can_defer set_can_defer
        get_timeout set_timeout
        get_max_retries set_max_retries get_retry_delay set_retry_delay
        get_retry_factor set_retry_factor get_retry_jitter set_retry_jitter get_executor
        get_parallel set_parallel get_replicas set_replicas get_polling set_polling
        get_polling_for set_polling_for get_scheduling set_scheduling get_before set_before
        get_after set_after get_reducer set_reducer set_reducer_func
        get_condition set_condition set_condition_func get_detached set_detached
        get_tap set_tap''',
    'FlowLock': '''new new_with_permits acquire acquire_finish acquire_sync try_acquire release
        get_name set_name get_permits set_permits get_in_use get_waiting''',
    'FlowHistory': '''new get_duration add_duration get_run_duration add_run_duration forget
        to_variant load_variant load load_finish load_sync save save_finish save_sync''',
    'FlowGroup': 'new_series new_parallel append_node append_group set_lock',
    'FlowRun': '''new execute execute_finish execute_sync cancel cancel_node
        set_result set_result_variant get_result dup_result_variant dup_result_object
        dup_result_list get_map_item get_parent_node get_node_state get_node_error dup_node_reason
        get_node_cancellable get_errors defer_node complete_node fail_node select spawn
        spawn_run ask_question ask_question_finish ask_question_sync get_step set_node_progress
        get_flow get_state get_error get_cancellable get_on_error set_on_error
        get_parameters set_parameters get_deadline set_deadline
        get_keep_results set_keep_results get_keep_record set_keep_record
        to_trace to_gantt to_summary dup_report get_fraction get_n_done get_n_total
        pause resume get_paused set_node_priority retry_node
        dup_status get_elapsed get_remaining get_rate get_history set_history
        get_request set_request save restore get_journal set_journal''',
    'FlowStep': '''get_node get_state dup_reason get_fraction dup_message get_start get_end
        get_attempt get_error get_worker get_subrun get_subruns''',
    'FlowQuestion': 'new answer refuse get_node get_text get_choices get_default_answer',
    'FlowValues': 'get_n_values get_value',
    'FlowDocument': '''new new_for_text new_for_blob new_for_uri copy equal get_id set_id
        get_text set_text get_blob set_blob get_uri set_uri get_mime_type set_mime_type
        get_tags set_tags dup_tag set_tag to_variant new_from_variant to_json new_from_json
        list_to_variant list_from_variant list_to_json list_from_json''',
    'FlowReader': '''new new_for_file get_format get_stream get_file get_columns set_columns
        get_has_header set_has_header get_delimiter set_delimiter get_fields set_fields
        get_max_length set_max_length get_skip_bad set_skip_bad get_n_read get_n_skipped''',
    'FlowWriter': '''new new_for_file write write_finish write_sync close close_finish close_sync
        get_format get_stream get_file get_columns set_columns get_has_header set_has_header
        get_delimiter set_delimiter get_n_written''',
    'FlowFileSource': '''new new_for_glob get_folder get_pattern get_contents set_contents
        get_max_length set_max_length get_skip_bad set_skip_bad get_n_read get_n_skipped''',
    'FlowSource': '''next next_finish next_sync new_for_model new_for_texts new_for_variant
        new_for_func new_for_task_func''',
    'FlowExecutor': '''new_from_type new_from_name bind bind_task redirect set_factory make_instance
        set_batching get_batch_size get_batch_timeout
        get_name set_name get_description set_description get_workspace set_workspace
        make_workspace get_index get_shard''',
    'FlowRequest': '''new get_id set_id get_endpoint set_endpoint get_parameters set_parameters
        get_documents set_documents dup_results dup_result set_result get_routes get_state
        get_error dup_parts''',
    'FlowRoute': 'get_name get_node get_start get_end get_state get_error',
    'FlowPost': '''run run_finish run_sync next next_finish next_sync
        collect collect_finish collect_sync cancel set_done_func set_error_func set_always_func
        get_flow get_endpoint get_source set_source get_parameters set_parameters
        get_target set_target get_request_size set_request_size
        get_max_in_flight set_max_in_flight get_request_timeout set_request_timeout get_ordered set_ordered
        get_continue_on_error set_continue_on_error
        get_n_sent get_n_done get_n_failed get_n_total set_n_total get_fraction''',
}

PROPERTIES = {
    'Flow': '''name max-threads max-parallel on-error history item-type n-items is-open open-timeout
        close-timeout insertion-point direction unique-names''',
    'FlowNode': '''name title flow subflow placement priority weight run-when can-defer timeout
        max-retries retry-delay retry-factor retry-jitter executor
        parallel replicas polling scheduling before after reducer condition detached tap''',
    'FlowLock': 'name permits in-use waiting',
    'FlowGroup': '',
    'FlowHistory': '',
    'FlowRun': '''flow state error on-error cancellable parameters deadline keep-results fraction
        n-done n-total item-type n-items paused status elapsed remaining rate history
        journal keep-record request''',
    'FlowStep': 'node state reason fraction message start end attempt error worker subrun subruns',
    'FlowQuestion': 'node text choices default-answer',
    'FlowValues': '',
    'FlowDocument': 'id text blob uri mime-type tags',
    'FlowReader': '''format stream file columns has-header delimiter fields max-length skip-bad
        n-read n-skipped''',
    'FlowWriter': 'format stream file columns has-header delimiter n-written',
    'FlowFileSource': 'folder pattern contents max-length skip-bad n-read n-skipped',
    'FlowSource': '',
    'FlowExecutor': 'name description workspace index shard',
    'FlowRequest': 'id endpoint parameters documents results routes state error',
    'FlowRoute': 'name node start end state error',
    'FlowPost': '''flow endpoint source parameters target request-size max-in-flight request-timeout ordered
        continue-on-error n-sent n-done n-failed n-total fraction''',
}

SIGNALS = {
    'Flow': 'started done error always',
    'FlowNode': 'started done error always should-retry',
    'FlowLock': '',
    'FlowGroup': '',
    'FlowHistory': '',
    'FlowRun': 'done error always stop-node step-changed ask',
    'FlowQuestion': '',
    'FlowValues': '',
    'FlowStep': '',
    'FlowDocument': '',
    'FlowReader': 'skipped',
    'FlowWriter': '',
    'FlowFileSource': 'skipped',
    'FlowSource': '',
    'FlowExecutor': '',
    'FlowRequest': '',
    'FlowRoute': '',
    'FlowPost': 'done error always',
}

ENUMS = {
    'FlowFormat': 'LINES CSV NDJSON JSON',
    'FlowContents': 'NONE TEXT BLOB',
    'FlowPlacement': 'WORKER CONTEXT',
    'FlowRunWhen': 'ALL_SUCCEEDED ALL_FINISHED ANY_FAILED',
    'FlowDirection': 'LEFT_TO_RIGHT TOP_TO_BOTTOM RIGHT_TO_LEFT BOTTOM_TO_TOP',
    'FlowPolling': 'ANY ALL ALL_ASYNC',
    'FlowScheduling': 'LEAST_BUSY ROUND_ROBIN',
    'FlowTap': 'NONE BESIDE COLLECT OFF',
    'FlowReducer': 'MERGE CONCATENATE FIRST NONE CUSTOM',
    'FlowOnError': 'SKIP_DEPENDANTS FINISH_RUNNING STOP IGNORE',
    'FlowNodeState': 'WAITING READY LOCKED RUNNING DONE FAILED SKIPPED CANCELLED',
    'FlowRunState': 'NEW RUNNING DONE FAILED CANCELLED',
    'FlowError': '''EXISTS UNKNOWN_NODE CYCLE TOPOLOGY FROZEN NOT_OPEN START_FAILED SKIPPED
        ABANDONED RECURSION BAD_FILE BAD_INPUT REMOTE FAILED''',
}

def make_marker():
    """Not at once: that would bring the override in."""
    class Marker(GFlow.FlowExecutor):
        """Appends its word to the text of each document."""
        __gtype_name__ = 'IntrospectionMarker'
        word = GObject.Property(type=str)

        def do_process(self, request, cancellable):
            for document in request.get_documents():
                document.set_text(f'{document.get_text()} {self.word}')
            return True
    return Marker


# Nothing is lost on the way from the headers: what is only for C, and why.
ONLY_C = {'after': 'varargs', 'series': 'varargs', 'parallel': 'varargs'}


class Visibility(unittest.TestCase):
    def test_namespace(self):
        names = {name for name in dir(GFlow) if not name.startswith('_')}
        wanted = set(METHODS) | set(ENUMS)
        self.assertLessEqual(wanted, names)
        # Callback types, class structures, version constants
        others = {name for name in names - wanted
                  if not name.endswith(('Class', 'Interface')) and not name.isupper()
                  and not name.startswith('flow_source_')}  # statics of an interface, moved
        self.assertLessEqual(others, {'FlowFunc', 'FlowItemsFunc', 'FlowTaskFunc', 'FlowWorkerFunc',
                                      'FlowCommonFunc',
                                      'FlowSourceFunc', 'FlowSourceTaskFunc',
                                      'FlowExecutorFunc', 'FlowExecutorTaskFunc',
                                      'FlowExecutorFactoryFunc', 'FlowPostFunc',
                                      'flow_error_quark', 'check_version'})

    def test_methods(self):
        for name, methods in METHODS.items():
            cls = getattr(GFlow, name)
            found = {method.get_name() for method in cls.__info__.get_methods()}
            self.assertEqual(found, set(methods.split()), name)
            for method in ONLY_C:
                self.assertFalse(method in found, method)
            for method in found:
                self.assertTrue(callable(getattr(cls, method)))

    def test_properties(self):
        for name, properties in PROPERTIES.items():
            cls = getattr(GFlow, name)
            found = {info.name for info in GObject.list_properties(cls)}
            self.assertEqual(found, set(properties.split()), name)

    def test_signals(self):
        for name, signals in SIGNALS.items():
            cls = getattr(GFlow, name)
            self.assertEqual(set(GObject.signal_list_names(cls)), set(signals.split()), name)

    def test_enums(self):
        for name, members in ENUMS.items():
            cls = getattr(GFlow, name)
            for value, member in enumerate(members.split()):
                self.assertEqual(int(getattr(cls, member)), value, f'{name}.{member}')
            self.assertEqual(cls.__info__.get_values()[-1].get_value(), len(members.split()) - 1)

    def test_type_names(self):
        for name in METHODS:
            self.assertEqual(getattr(GFlow, name).__gtype__.name, 'G' + name)
        for name in ENUMS:
            if name != 'FlowError':
                self.assertEqual(getattr(GFlow, name).__gtype__.name, 'G' + name)

    def test_final(self):
        """No class can be derived from, but flow and run are lists."""
        self.assertTrue(issubclass(GFlow.Flow, Gio.ListModel))
        self.assertTrue(issubclass(GFlow.FlowRun, Gio.ListModel))

    def test_error_domain(self):
        self.assertEqual(GLib.quark_to_string(GFlow.FlowError.quark()), 'g-flow-error-quark')
        flow = GFlow.Flow.new()
        flow.add('a', None)
        flow.add('b', None).add_upstream(flow.lookup('a'))
        flow.lookup('a').add_upstream(flow.lookup('b'))
        with self.assertRaises(GLib.Error) as caught:
            flow.validate()
        self.assertTrue(caught.exception.matches(GFlow.FlowError.quark(), GFlow.FlowError.CYCLE))
        self.assertFalse(caught.exception.matches(GFlow.FlowError.quark(),
                                                  GFlow.FlowError.EXISTS))


class Calls(unittest.TestCase):
    """Every function once. Flow means the class of C, which the override only covers."""

    def setUp(self):
        self.called = []
        # Methods of the classes of C, whatever the override has put in front.
        for name, methods in METHODS.items():
            for method in methods.split():
                setattr(self, f'{name}_{method}', self.counted(name, method))

    def counted(self, name, method):
        def call(*arguments):
            self.called.append(f'{name}.{method}')
            return getattr(getattr(GFlow, name), method)(*arguments)
        return call

    def test_all(self):
        self.worker_func()
        self.common_func()
        self.build()
        self.look()
        self.locks()
        self.groups()
        self.sync()
        self.history()
        self.run_object()
        self.maps()
        self.questions()
        self.callbacks()
        self.documents()
        self.sources()
        self.Marker = make_marker()
        self.shape()
        self.executors()
        self.requests()
        self.posts()
        self.opening()
        self.readers()
        self.writers()
        wanted = {f'{name}.{method}' for name, methods in METHODS.items()
                  for method in methods.split()}
        self.assertEqual(wanted - set(self.called), set())

    def worker_func(self):
        # The override sets it, and comes as soon as PyGObject makes an object of a class.
        with unittest.mock.patch.object(GFlow.Flow, 'work') as work:
            self.Flow_new()
            self.Flow_execute_sync(self.two_threads(), None)
            self.assertTrue(work.called)
        self.called.append('Flow.set_worker_func')
        self.Flow_work()  # does nothing here

    def common_func(self):
        calls, found = [], []

        def common(node, run):
            calls.append((node, run))
            found.append(self.Flow_get_common_call())
            return True

        self.Flow_set_common_func(common)
        node, number = self.FlowNode_new_common('common')
        flow = self.Flow_new()
        flow.add_node(node)
        run = flow.execute_sync()
        self.assertEqual([node for node, _ in calls], [number, 0])
        self.assertEqual(calls[0][1], calls[1][1])
        self.assertEqual(tuple(found[0]), (node, run))
        self.assertEqual(tuple(found[1]), (None, None))

    def two_threads(self):
        """A flow that does not end without a worker thread."""
        flow, barrier = self.Flow_new(), threading.Barrier(2)
        self.Flow_set_max_threads(flow, 2)
        for name in 'ab':
            self.Flow_add(flow, name, lambda *data: barrier.wait(30) is not None)
        return flow

    def body(self, node, run, *data):
        self.FlowRun_set_result(run, node, GObject.Value(GObject.TYPE_INT64, 42))
        self.FlowRun_select(run, node, None)
        inner = self.Flow_new()
        self.assertIs(self.FlowRun_spawn(run, node, inner).get_flow(), inner)
        self.FlowRun_spawn_run(run, node, self.FlowRun_new(inner))
        return True

    def deferring(self, node, run, *data):
        self.FlowRun_defer_node(run, node)
        self.FlowRun_fail_node(run, node, GLib.Error('failed', 'a-domain', 9))
        return True

    def variant_body(self, node, run, *data):
        self.assertIsInstance(self.FlowRun_get_node_cancellable(run, node), Gio.Cancellable)
        self.FlowRun_set_result_variant(run, node, GLib.Variant('s', 'text'))
        self.FlowRun_pause(run)
        self.assertTrue(self.FlowRun_get_paused(run))
        self.FlowRun_set_node_priority(run, self.all, -1)
        with self.assertRaises(GLib.Error):
            self.FlowRun_retry_node(run, self.all)
        self.FlowRun_resume(run)
        self.FlowRun_defer_node(run, node)
        self.FlowRun_complete_node(run, node)
        return True

    def task_body(self, node, run, task, *data):
        self.FlowRun_set_result(run, node, GObject.Value(GObject.TYPE_OBJECT, self.flow))
        task.return_boolean(True)

    def failing(self, node, run, *data):
        raise GLib.Error('failed', 'a-domain', 9)

    def build(self):
        self.flow = flow = self.Flow_new()
        self.a = self.Flow_add(flow, 'a', self.body)
        self.b = self.Flow_add(flow, None, self.variant_body)
        self.c = self.Flow_add_task(flow, 'c', self.task_body, 1)
        self.d = self.FlowNode_new('d', self.body)
        self.assertTrue(self.Flow_add_node(flow, self.d))
        self.e = self.FlowNode_new_for_task('e', self.task_body)
        self.Flow_add_node(flow, self.e)
        self.sub = self.Flow_new()
        self.Flow_add(self.sub, 'inside', self.body)
        self.f = self.Flow_add_flow(flow, 'f', self.sub)
        self.FlowNode_add_upstream(self.d, self.a)
        self.FlowNode_add_upstream_by_name(self.e, 'a')
        self.FlowNode_set_upstreams(self.f, [self.a, self.b])
        self.join = self.Flow_add_join(flow, 'join', ['a', 'c'])
        self.all = self.Flow_add_join_all(flow, 'all')
        gone = self.Flow_add(flow, 'gone', None)
        self.assertTrue(self.Flow_remove_node(flow, gone))
        self.assertTrue(self.Flow_validate(flow))

    def look(self):
        flow = self.flow
        self.assertIs(self.Flow_lookup(flow, 'a'), self.a)
        self.assertIsNone(self.Flow_lookup(flow, 'gone'))
        self.assertTrue(self.Flow_name_is_valid('a b'))
        self.assertFalse(self.Flow_name_is_valid('a\n'))
        copy = self.Flow_copy(flow)
        self.assertTrue(self.Flow_equal(flow, copy))
        self.assertIn('digraph', self.Flow_to_dot(flow, None))
        self.assertTrue(self.Flow_to_mermaid(flow, None))
        self.plot()
        for name, value in ('name', 'a flow'), ('max_threads', 2), ('max_parallel', 3), \
                ('on_error', GFlow.FlowOnError.IGNORE), \
                ('direction', GFlow.FlowDirection.TOP_TO_BOTTOM), ('unique_names', True):
            getattr(self, f'Flow_set_{name}')(flow, value)
            self.assertEqual(getattr(self, f'Flow_get_{name}')(flow), value)
        self.Flow_set_on_error(flow, GFlow.FlowOnError.SKIP_DEPENDANTS)
        history = self.FlowHistory_new()
        self.Flow_set_history(flow, history)
        self.assertIs(self.Flow_get_history(flow), history)
        self.Flow_set_history(flow, None)
        for name, value in ('name', 'b'), ('title', 'A title'), ('priority', -1), ('weight', 5), \
                ('placement', GFlow.FlowPlacement.CONTEXT), \
                ('run_when', GFlow.FlowRunWhen.ALL_FINISHED), ('timeout', 60000), \
                ('max_retries', 2), ('retry_delay', 3), ('retry_factor', 2.0), \
                ('retry_jitter', 0.5), ('can_defer', True), ('can_defer', False):
            getattr(self, f'FlowNode_set_{name}')(self.b, value)
            self.assertEqual(getattr(self, f'FlowNode_get_{name}')(self.b), value)
        self.FlowNode_set_priority(self.b, 0)
        self.assertIs(self.FlowNode_get_flow(self.b), flow)
        self.assertIs(self.FlowNode_get_subflow(self.f), self.sub)
        self.assertIsNone(self.FlowNode_get_subflow(self.a))
        self.assertEqual(list(self.FlowNode_get_upstreams(self.f)), [self.a, self.b])
        self.assertEqual(list(self.FlowNode_get_downstreams(self.f)), [self.all])
        lock = self.FlowLock_new()
        self.FlowNode_add_lock(self.d, lock)
        self.assertEqual(list(self.FlowNode_get_locks(self.d)), [lock])

    def plot(self):
        loop, flow = GLib.MainLoop(), self.flow
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'flow.dot')
            file = Gio.File.new_for_path(path)
            self.assertTrue(self.Flow_plot_sync(flow, file, None, None))

            def plotted(flow, result, *data):
                self.assertTrue(self.Flow_plot_finish(flow, result))
                self.assertEqual(data, (1,))
                loop.quit()
            with open(path, encoding='utf-8') as content:
                self.assertEqual(content.read(), flow.to_dot(None))
            os.remove(path)
            self.Flow_plot(flow, file, None, None, plotted, 1)
            loop.run()
            self.assertTrue(os.path.exists(path))

    def locks(self):
        lock = self.FlowLock_new_with_permits(2)
        self.FlowLock_set_name(lock, 'disk')
        self.assertEqual(self.FlowLock_get_name(lock), 'disk')
        self.FlowLock_set_permits(lock, 1)
        self.assertEqual(self.FlowLock_get_permits(lock), 1)
        self.assertTrue(self.FlowLock_try_acquire(lock))
        self.assertFalse(self.FlowLock_try_acquire(lock))
        self.assertEqual(self.FlowLock_get_in_use(lock), 1)
        self.assertEqual(self.FlowLock_get_waiting(lock), 0)
        self.FlowLock_release(lock)
        self.assertTrue(self.FlowLock_acquire_sync(lock, None))
        loop = GLib.MainLoop()

        def acquired(lock, result, *data):
            self.assertTrue(self.FlowLock_acquire_finish(lock, result))
            loop.quit()
        self.FlowLock_acquire(lock, None, acquired)
        self.FlowLock_release(lock)
        loop.run()

    def groups(self):
        flow = self.Flow_new()
        series, parallel = self.FlowGroup_new_series(), self.FlowGroup_new_parallel()
        lock = self.FlowLock_new()
        for name in 'xy':
            self.FlowGroup_append_node(parallel, self.FlowNode_new(name, self.body))
        self.FlowGroup_append_node(series, self.FlowNode_new('first', self.body))
        self.FlowGroup_append_group(series, parallel)
        self.FlowGroup_set_lock(series, lock)
        self.assertTrue(self.Flow_add_group(flow, series))
        self.assertEqual([node.get_name() for node in flow], ['first', 'x', 'y'])
        self.Flow_execute_sync(flow, None)

    def sync(self):
        run = self.Flow_execute_sync(self.flow, None)
        self.assertIs(self.FlowRun_get_flow(run), self.flow)
        self.assertEqual(self.FlowRun_get_state(run), GFlow.FlowRunState.DONE)
        self.assertIsNone(self.FlowRun_get_error(run))

    def item(self, node, run, *data):
        self.assertEqual(self.FlowRun_get_parent_node(run).get_name(), 'map')
        self.FlowRun_set_result(run, node, GObject.Value(GObject.TYPE_OBJECT,
                                                         self.FlowRun_get_map_item(run, node)))
        return True

    def maps(self):
        flow = self.Flow_new()
        items = Gio.ListStore.new(GObject.Object)
        items.append(flow)
        node = self.Flow_add_map(flow, 'map', self.FlowNode_new(None, self.item), 2)
        self.FlowNode_set_items_variant(node, GLib.Variant('as', []))
        self.FlowNode_set_items(node, items)
        run = self.Flow_execute_sync(flow, None)
        values = self.FlowRun_dup_result_object(run, node)
        self.assertEqual(self.FlowValues_get_n_values(values), 1)
        self.assertIs(self.FlowValues_get_value(values, 0), flow)
        self.assertEqual(list(self.FlowRun_dup_result_list(run, node)), [flow])
        self.FlowNode_set_items_func(node, lambda node, run: Gio.ListStore.new(GObject.Object))
        run = self.Flow_execute_sync(flow, None)
        self.assertEqual(list(self.FlowRun_dup_result_list(run, node)), [])

    def history(self):
        history, other = self.FlowHistory_new(), self.FlowHistory_new()
        run = self.FlowRun_new(self.flow)
        loop = GLib.MainLoop()
        done = []
        file, stream = Gio.File.new_tmp(None)
        self.addCleanup(file.delete, None)
        stream.close(None)

        def ended(name, result):
            done.append(getattr(self, f'FlowHistory_{name}_finish')(history, result))
            loop.quit()

        self.FlowRun_set_history(run, history)
        self.assertIs(self.FlowRun_get_history(run), history)
        self.FlowHistory_add_duration(history, 'a', 2)
        self.FlowHistory_add_run_duration(history, None, 3)
        self.assertTrue(self.FlowHistory_load_variant(other, self.FlowHistory_to_variant(history)))
        self.assertEqual(self.FlowHistory_get_duration(other, 'a'), 2)
        self.assertEqual(self.FlowHistory_get_run_duration(other, None), 3)
        self.assertTrue(self.FlowHistory_save_sync(history, file, None))
        self.assertTrue(self.FlowHistory_load_sync(other, file, None))
        for name in 'save', 'load':
            getattr(self, f'FlowHistory_{name}')(
                history, file, None, lambda _, result, name=name: ended(name, result))
            loop.run()
        self.assertEqual(done, [True, True])
        self.FlowHistory_forget(history)
        self.assertEqual(self.FlowHistory_get_duration(history, 'a'), -1)

    def asking(self, node, run, *data):
        question = self.FlowQuestion_new('Well?', ['yes', 'no'], GLib.Variant('s', 'no'))
        self.assertEqual(self.FlowRun_ask_question_sync(run, node, question).unpack(), 'yes')
        return True

    def asking_task(self, node, run, task, *data):
        def refused(source, result):
            with self.assertRaisesRegex(GLib.Error, 'Not now'):
                self.FlowRun_ask_question_finish(run, result)
            task.return_boolean(True)

        self.FlowRun_ask_question(run, node, self.FlowQuestion_new('Really?', None, None), refused)

    def asked(self, run, question):
        if self.FlowQuestion_get_text(question) == 'Really?':
            self.assertFalse(self.FlowQuestion_get_choices(question))
            self.FlowQuestion_refuse(question, GLib.Error('Not now', 'a-domain', 9))
            return True
        self.assertEqual(self.FlowQuestion_get_choices(question), ['yes', 'no'])
        self.assertEqual(self.FlowQuestion_get_default_answer(question).unpack(), 'no')
        self.assertEqual(self.FlowQuestion_get_node(question).get_name(), 'asks')
        self.FlowQuestion_answer(question, GLib.Variant('s', 'yes'))
        return True

    def questions(self):
        flow = self.Flow_new()
        self.Flow_add(flow, 'asks', self.asking)
        self.Flow_add_task(flow, 'asks too', self.asking_task)
        run = self.FlowRun_new(flow)
        run.connect('ask', self.asked)
        self.FlowRun_execute_sync(run, None)

    def run_object(self):
        run = self.FlowRun_new(self.flow)
        parameters = GLib.Variant('a{sv}', {'x': GLib.Variant('i', 1)})
        for name, value in ('on_error', GFlow.FlowOnError.STOP), ('parameters', parameters), \
                ('deadline', GLib.get_monotonic_time() + 10**8), ('keep_results', True), \
                ('keep_record', True):
            getattr(self, f'FlowRun_set_{name}')(run, value)
            self.assertEqual(getattr(self, f'FlowRun_get_{name}')(run), value)
        self.assertIsInstance(self.FlowRun_get_cancellable(run), Gio.Cancellable)
        self.assertEqual(self.FlowRun_get_state(run), GFlow.FlowRunState.NEW)
        self.assertTrue(self.FlowRun_execute_sync(run, None))
        self.assertEqual(self.FlowRun_get_result(run, self.a), 42)
        self.assertEqual(self.FlowRun_get_result(run, self.b), GLib.Variant('s', 'text'))
        self.assertEqual(self.FlowRun_dup_result_variant(run, self.b), GLib.Variant('s', 'text'))
        self.assertIs(self.FlowRun_dup_result_object(run, self.c), self.flow)
        self.assertIsNone(self.FlowRun_get_result(run, self.all))
        self.assertEqual(self.FlowRun_get_node_state(run, self.a), GFlow.FlowNodeState.DONE)
        self.assertIsNone(self.FlowRun_get_node_error(run, self.a))
        self.assertIsNone(self.FlowRun_dup_node_reason(run, self.a))
        self.assertEqual(self.FlowRun_get_fraction(run), 1)
        self.assertEqual(self.FlowRun_get_n_done(run), self.FlowRun_get_n_total(run))
        events = json.loads(self.FlowRun_to_trace(run))['traceEvents']
        self.assertIn('a', [event['name'] for event in events if event['ph'] == 'X'])
        self.assertIn('<svg', self.FlowRun_to_gantt(run))
        self.assertTrue(self.FlowRun_to_summary(run))
        self.assertGreater(self.FlowRun_dup_report(run).unpack()['n-nodes'], 0)
        self.assertIn(' done', self.FlowRun_dup_status(run))
        self.assertGreater(self.FlowRun_get_elapsed(run), 0)
        self.assertEqual(self.FlowRun_get_remaining(run), 0)
        self.assertGreater(self.FlowRun_get_rate(run), 0)

        saved = self.FlowRun_save(run)
        self.assertIsInstance(saved, GLib.Variant)
        resumed = self.FlowRun_new(self.flow)
        self.assertTrue(self.FlowRun_restore(resumed, saved))
        with tempfile.TemporaryDirectory() as folder:
            journal = Gio.File.new_for_path(f'{folder}/journal')
            self.assertIsNone(self.FlowRun_get_journal(resumed))
            self.FlowRun_set_journal(resumed, journal)
            self.assertIs(self.FlowRun_get_journal(resumed), journal)
            self.assertTrue(self.FlowRun_execute_sync(resumed, None))
            self.assertTrue(journal.query_exists())
        self.assertEqual(self.FlowRun_dup_node_reason(resumed, self.a), 'Done in an earlier run')

        for body, placement in ((self.failing, GFlow.FlowPlacement.WORKER),
                                (self.deferring, GFlow.FlowPlacement.CONTEXT)):
            self.failed_run(body, placement)

        run = self.FlowRun_new(self.flow)
        self.FlowRun_cancel_node(run, self.a)
        self.FlowRun_cancel(run)
        with self.assertRaises(GLib.Error):
            self.FlowRun_execute_sync(run, None)

    def failed_run(self, body, placement):
        bad = self.Flow_add(self.flow, 'bad', body)
        bad.set_placement(placement)
        after = self.Flow_add(self.flow, 'after', self.body)
        after.add_upstream(bad)
        run = self.FlowRun_new(self.flow)
        with self.assertRaisesRegex(GLib.Error, 'failed'):
            self.FlowRun_execute_sync(run, None)
        self.assertEqual(self.FlowRun_get_node_error(run, bad).code, 9)
        self.assertTrue(self.FlowRun_dup_node_reason(run, after))
        self.assertEqual(self.FlowRun_get_error(run).message, 'failed')
        step, = self.FlowRun_get_errors(run)
        self.assertIs(self.FlowStep_get_node(step), bad)
        self.assertEqual(self.FlowStep_get_state(step), GFlow.FlowNodeState.FAILED)
        self.assertEqual(self.FlowStep_get_error(step).domain, 'a-domain')
        self.FlowStep_dup_reason(step)
        self.assertIs(self.FlowRun_get_step(run, bad), step)
        self.FlowRun_set_node_progress(run, bad, 1, 'too late')
        for name, value in {'get_fraction': 0, 'dup_message': None, 'get_start': 0, 'get_end': 0,
                            'get_attempt': 0, 'get_worker': -1, 'get_subrun': None}.items():
            self.assertEqual(getattr(self, f'FlowStep_{name}')(step), value, name)
        self.assertEqual(list(self.FlowStep_get_subruns(step)), [])
        self.flow.remove_node(after)
        self.flow.remove_node(bad)

    def callbacks(self):
        loop = GLib.MainLoop()
        runs = []

        def flow_ended(flow, result, *data):
            runs.append((self.Flow_execute_finish(flow, result), data))
            loop.quit()

        def run_ended(run, result, *data):
            runs.append((self.FlowRun_execute_finish(run, result), data))
            loop.quit()

        self.Flow_execute(self.flow, None, flow_ended, 'x')
        loop.run()
        self.assertEqual(runs[0][0].get_state(), GFlow.FlowRunState.DONE)
        self.assertEqual(runs[0][1], ('x',))
        run = self.FlowRun_new(self.flow)
        self.FlowRun_execute(run, None, run_ended)
        loop.run()
        self.assertEqual(runs[1], (True, ()))

    def documents(self):
        document = self.FlowDocument_new()
        tags = GLib.Variant('a{sv}', {'n': GLib.Variant('x', 1)})
        blob = GLib.Bytes.new(b'\0\1')
        for name, value in ('id', 'a'), ('text', 'b'), ('uri', 'c:d'), ('mime_type', 'text/plain'), \
                ('blob', blob), ('tags', tags):
            getattr(self, f'FlowDocument_set_{name}')(document, value)
            self.assertEqual(getattr(self, f'FlowDocument_get_{name}')(document), value)
        self.FlowDocument_set_tag(document, 'm', GLib.Variant('s', 'x'))
        self.assertEqual(self.FlowDocument_dup_tag(document, 'm'), GLib.Variant('s', 'x'))
        self.assertTrue(self.FlowDocument_equal(document, self.FlowDocument_copy(document)))
        variant, json = self.FlowDocument_to_variant(document), self.FlowDocument_to_json(document)
        self.assertTrue(document.equal(self.FlowDocument_new_from_variant(variant)))
        self.assertEqual(self.FlowDocument_new_from_json(json).to_json(), json)
        documents = self.FlowDocument_list_from_json(f'[{json}]')
        self.assertEqual(self.FlowDocument_list_to_json(documents), f'[\n{json}\n]\n')
        variant = self.FlowDocument_list_to_variant(documents)
        self.assertTrue(self.FlowDocument_list_from_variant(variant)[0].equal(documents[0]))
        self.assertEqual(self.FlowDocument_new_for_text('a').get_text(), 'a')
        self.assertEqual(self.FlowDocument_new_for_blob(blob).get_blob(), blob)
        self.assertEqual(self.FlowDocument_new_for_uri('a:b').get_uri(), 'a:b')

    def sources(self):
        loop = GLib.MainLoop()
        model = Gio.ListStore.new(GFlow.FlowDocument)
        model.append(GFlow.FlowDocument.new_for_text('a'))
        source = self.FlowSource_new_for_model(model)
        self.assertEqual(list(self.FlowSource_next_sync(source, 2, None)), list(model))
        source = self.FlowSource_new_for_variant(GLib.Variant('as', ['a']))
        self.assertEqual(source.next_sync(1, None)[0].get_text(), 'a')
        source = self.FlowSource_new_for_texts(['a', 'b'])

        def came(source, result, *data):
            texts = [document.get_text() for document in self.FlowSource_next_finish(source, result)]
            self.assertEqual(texts, ['a', 'b'])
            loop.quit()
        self.FlowSource_next(source, 2, None, came)
        loop.run()

        def give(source, n, documents, *data):
            documents.append(GFlow.FlowDocument.new_for_text(f'{n}'))
            return True
        source = self.FlowSource_new_for_func(give)
        self.assertEqual(source.next_sync(1, None)[0].get_text(), '1')

        def give_later(source, n, documents, task, *data):
            give(source, n, documents)
            task.return_boolean(True)
        source = self.FlowSource_new_for_task_func(give_later)
        self.assertEqual(source.next_sync(1, None)[0].get_text(), '1')

    def shape(self):
        flow = self.Flow_new()
        executor = self.Marker()
        a = self.Flow_add_executor(flow, 'a', executor, None)
        self.Flow_add_executor(flow, 'b', None, ['gateway'])
        self.assertIs(self.FlowNode_get_executor(a), executor)
        self.assertEqual([node.get_name() for node in self.Flow_get_orphans(flow)], ['a', 'b'])
        self.Flow_set_insertion_point(flow, a)
        self.assertIs(self.Flow_get_insertion_point(flow), a)
        tap = self.Flow_add_tap(flow, None, a, self.Marker(), GFlow.FlowTap.OFF)
        self.assertIs(self.Flow_get_insertion_point(flow), a)
        self.FlowNode_set_tap(tap, GFlow.FlowTap.BESIDE)
        self.assertEqual(self.FlowNode_get_tap(tap), GFlow.FlowTap.BESIDE)
        self.Flow_set_open_timeout(flow, 9000)
        self.assertEqual(self.Flow_get_open_timeout(flow), 9000)
        self.Flow_set_close_timeout(flow, 7000)
        self.assertEqual(self.Flow_get_close_timeout(flow), 7000)
        self.assertFalse(self.Flow_get_is_open(flow))

    def executors(self):
        executor = self.FlowExecutor_new_from_type(
            self.Marker.__gtype__, GLib.Variant('a{sv}', {'word': GLib.Variant('s', 'x')}))
        self.assertEqual(executor.props.word, 'x')
        other = self.FlowExecutor_new_from_name(self.Marker.__gtype__.name, None)
        self.assertIsInstance(other, self.Marker)
        with self.assertRaisesRegex(GLib.Error, 'did you mean “word”'):
            self.FlowExecutor_new_from_type(
                self.Marker.__gtype__, GLib.Variant('a{sv}', {'wrod': GLib.Variant('s', 'x')}))
        folder = Gio.File.new_for_path(tempfile.mkdtemp())
        for name, value in ('name', 'n'), ('description', 'd'), ('workspace', folder):
            getattr(self, f'FlowExecutor_set_{name}')(executor, value)
            self.assertEqual(getattr(self, f'FlowExecutor_get_{name}')(executor), value)
        made = self.FlowExecutor_make_workspace(executor, None)
        self.assertEqual(folder.get_relative_path(made), 'n/0')
        self.assertEqual(self.FlowExecutor_get_index(executor), 0)
        self.assertEqual(self.FlowExecutor_get_shard(executor), 0)
        self.FlowExecutor_set_factory(executor, lambda *data: self.Marker(word='made'))
        self.assertEqual(self.FlowExecutor_make_instance(executor).props.word, 'made')
        shutil.rmtree(folder.get_path())

    def requests(self):
        request = self.FlowRequest_new('/a')
        document = GFlow.FlowDocument.new_for_text('a')
        model = Gio.ListStore.new(GFlow.FlowDocument)
        model.append(document)
        parameters = GLib.Variant('a{sv}', {'n': GLib.Variant('i', 1)})
        for name, value in ('id', 'i'), ('endpoint', '/b'), ('parameters', parameters):
            getattr(self, f'FlowRequest_set_{name}')(request, value)
            self.assertEqual(getattr(self, f'FlowRequest_get_{name}')(request), value)
        self.FlowRequest_set_documents(request, model)
        self.assertEqual(list(self.FlowRequest_get_documents(request)), [document])
        self.assertEqual(self.FlowRequest_get_state(request), GFlow.FlowRunState.NEW)
        self.assertIsNone(self.FlowRequest_get_error(request))

        def bound(executor, request, cancellable, *data):
            self.FlowRequest_set_result(request, GLib.Variant('s', 'bound'))
            return True

        def bound_task(executor, request, task, *data):
            task.return_boolean(True)
        flow, executor = self.Flow_new(), self.Marker(word='x')
        self.FlowExecutor_bind(executor, 'func', bound)
        self.FlowExecutor_bind_task(executor, '/task', bound_task)
        self.assertTrue(self.FlowExecutor_redirect(executor, '/b', 'func'))
        self.FlowExecutor_set_batching(executor, '/a', 16, 100)
        self.assertEqual((self.FlowExecutor_get_batch_size(executor, '/a'),
                          self.FlowExecutor_get_batch_timeout(executor, '/a')), (16, 100))
        self.Flow_add_executor(flow, 'x', executor, None)
        self.assertTrue(self.Flow_open_sync(flow, None))
        run = self.FlowRun_new(flow)
        self.FlowRun_set_request(run, request)
        self.assertIs(self.FlowRun_get_request(run), request)
        self.FlowRun_execute_sync(run, None)
        results = self.FlowRequest_dup_results(request)
        self.assertEqual(results.unpack(), {'x': 'bound'})
        self.assertEqual(self.FlowRequest_dup_result(request, 'x').unpack(), 'bound')
        entry, route = self.FlowRequest_get_routes(request)
        self.assertIsNone(self.FlowRoute_get_node(entry))
        self.assertEqual(self.FlowRoute_get_name(route), 'x')
        self.assertLessEqual(self.FlowRoute_get_start(route), self.FlowRoute_get_end(route))
        self.assertEqual(self.FlowRoute_get_state(route), GFlow.FlowNodeState.DONE)
        self.assertIsNone(self.FlowRoute_get_error(route))
        self.assertTrue(self.Flow_close_sync(flow, None))
        self.assertIsNone(self.FlowRequest_dup_parts(request))
        self.serving()

    def serving(self):
        flow = self.Flow_new()
        node = self.Flow_add_executor(flow, 'x', self.Marker(word='x'), None)
        for name, value in ('parallel', 2), ('replicas', 1), ('before', self.Marker(word='b')), \
                ('after', self.Marker(word='a')), ('polling', GFlow.FlowPolling.ALL), \
                ('scheduling', GFlow.FlowScheduling.ROUND_ROBIN), ('detached', False), \
                ('reducer', GFlow.FlowReducer.FIRST):
            getattr(self, f'FlowNode_set_{name}')(node, value)
            self.assertEqual(getattr(self, f'FlowNode_get_{name}')(node), value)
        self.FlowNode_set_polling_for(node, '/any', GFlow.FlowPolling.ANY)
        self.assertEqual(self.FlowNode_get_polling_for(node, '/any'), GFlow.FlowPolling.ANY)
        condition = GLib.Variant('a{sv}', {'text': GLib.Variant('s', 'a')})
        self.assertTrue(self.FlowNode_set_condition(node, condition))
        self.assertEqual(self.FlowNode_get_condition(node), condition)
        self.FlowNode_set_condition_func(node, lambda node, document, *data: True)
        self.assertIsNone(self.FlowNode_get_condition(node))

        def reduce(node, request, parts, *data):
            self.assertEqual(len(list(parts)), 2)
            request.set_documents(parts[1].get_documents())
            return True
        self.FlowNode_set_reducer_func(node, reduce)
        request = self.FlowRequest_new('/')
        self.assertTrue(self.Flow_open_sync(flow, None))
        run = self.FlowRun_new(flow)
        self.FlowRun_set_request(run, request)
        self.FlowRun_execute_sync(run, None)
        self.assertEqual(self.FlowRequest_get_state(request), GFlow.FlowRunState.DONE)
        self.assertTrue(self.Flow_close_sync(flow, None))

    def posts(self):
        flow, loop = self.Flow_new(), GLib.MainLoop()
        self.Flow_add_executor(flow, None, self.Marker(word='x'), None)
        flow.open_sync(None)
        post = self.Flow_post(flow, '/')
        for name, endpoint in ('index', '/index'), ('search', '/search'), \
                ('update', '/update'), ('delete', '/delete'):
            made = getattr(self, f'Flow_{name}')(flow)
            self.assertEqual(self.FlowPost_get_endpoint(made), endpoint)
        source = GFlow.FlowSource.new_for_texts(['a', 'b', 'c'])
        parameters = GLib.Variant('a{sv}', {'n': GLib.Variant('i', 1)})
        for name, value in ('source', source), ('parameters', parameters), ('target', 'exec'), \
                ('request_size', 2), ('max_in_flight', 3), ('request_timeout', 60000), ('ordered', True), \
                ('continue_on_error', True), ('n_total', 2):
            getattr(self, f'FlowPost_set_{name}')(post, value)
            self.assertEqual(getattr(self, f'FlowPost_get_{name}')(post), value)
        self.assertIs(self.FlowPost_get_flow(post), flow)
        told = []
        for name in 'done', 'error', 'always':
            getattr(self, f'FlowPost_set_{name}_func')(
                post, lambda post, request, name, *data: told.append(name) or True, name)
        responses = self.FlowPost_collect_sync(post, None)
        self.assertEqual([[document.get_text() for document in response.get_documents()]
                          for response in responses], [['a x', 'b x'], ['c x']])
        self.assertEqual(told, ['done', 'always'] * 2)
        self.assertEqual((self.FlowPost_get_n_sent(post), self.FlowPost_get_n_done(post),
                          self.FlowPost_get_n_failed(post), self.FlowPost_get_fraction(post)),
                         (2, 2, 0, 1))
        self.FlowPost_cancel(post)
        self.assertTrue(self.FlowPost_run_sync(self.Flow_post(flow, '/'), None))
        post = self.Flow_post(flow, '/')
        self.assertIsInstance(self.FlowPost_next_sync(post, None), GFlow.FlowRequest)
        self.assertIsNone(self.FlowPost_next_sync(post, None))
        for name, wanted in ('run', bool), ('next', GFlow.FlowRequest), ('collect', Gio.ListModel):
            def ended(post, result, *data):
                self.assertIsInstance(getattr(self, f'FlowPost_{name}_finish')(post, result), wanted)
                loop.quit()
            getattr(self, f'FlowPost_{name}')(self.Flow_post(flow, '/'), None, ended)
            loop.run()
        flow.close_sync(None)

    def opening(self):
        flow, loop = self.Flow_new(), GLib.MainLoop()

        def opened(flow, result, *data):
            self.assertTrue(self.Flow_open_finish(flow, result))
            self.Flow_close(flow, None, closed)

        def closed(flow, result, *data):
            self.assertTrue(self.Flow_close_finish(flow, result))
            loop.quit()
        self.Flow_open(flow, None, opened)
        loop.run()
        cancellable = Gio.Cancellable()
        cancellable.cancel()
        self.Flow_block(flow, cancellable)

    def check(self, cls, thing, **values):
        for name, value in values.items():
            getattr(self, f'{cls}_set_{name}')(thing, value)
            self.assertEqual(getattr(self, f'{cls}_get_{name}')(thing), value)

    def readers(self):
        file, stream = Gio.File.new_tmp('gflow-XXXXXX.csv')
        stream.get_output_stream().write_all(b'a;b\n1;2\n', None)
        stream.close()
        reader = self.FlowReader_new_for_file(GFlow.FlowFormat.CSV, file)
        self.check('FlowReader', reader, delimiter=';', has_header=True, columns=['id', 'n'],
                   fields=GLib.Variant('a{ss}', {'n': 'text'}), max_length=100, skip_bad=True)
        document, = GFlow.FlowSource.next_sync(reader, 0, None)
        self.assertEqual((document.get_id(), document.get_text()), ('1', '2'))
        self.assertEqual(self.FlowReader_get_n_read(reader), 1)
        self.assertEqual(self.FlowReader_get_n_skipped(reader), 0)
        self.assertEqual(self.FlowReader_get_format(reader), GFlow.FlowFormat.CSV)
        self.assertTrue(self.FlowReader_get_file(reader).equal(file))
        stream = Gio.MemoryInputStream.new_from_data(b'a')
        reader = self.FlowReader_new(GFlow.FlowFormat.LINES, stream)
        self.assertIs(self.FlowReader_get_stream(reader), stream)

        source = self.FlowFileSource_new(file.get_parent(), file.get_basename())
        self.check('FlowFileSource', source, contents=GFlow.FlowContents.TEXT, max_length=99,
                   skip_bad=True)
        self.assertEqual(source.next_sync(0, None)[0].get_text(), 'a;b\n1;2\n')
        self.assertTrue(self.FlowFileSource_get_folder(source).equal(file.get_parent()))
        self.assertEqual(self.FlowFileSource_get_pattern(source), file.get_basename())
        self.assertEqual(self.FlowFileSource_get_n_read(source), 1)
        self.assertEqual(self.FlowFileSource_get_n_skipped(source), 0)
        source = self.FlowFileSource_new_for_glob(file.get_path())
        self.assertEqual(source.next_sync(0, None)[0].get_uri(), file.get_uri())
        file.delete()

    def writers(self):
        loop = GLib.MainLoop()
        stream = Gio.MemoryOutputStream.new_resizable()
        writer = self.FlowWriter_new(GFlow.FlowFormat.CSV, stream)
        documents = GFlow.FlowDocument.list_from_json('[{"id": 1, "n": 2}]')
        self.check('FlowWriter', writer, delimiter=';', has_header=False, columns=['id', 'n'])
        self.assertTrue(self.FlowWriter_write_sync(writer, documents, None))

        def written(writer, result, *data):
            self.assertTrue(self.FlowWriter_write_finish(writer, result))
            self.FlowWriter_close(writer, None, closed)

        def closed(writer, result, *data):
            self.assertTrue(self.FlowWriter_close_finish(writer, result))
            loop.quit()
        self.FlowWriter_write(writer, documents, None, written)
        loop.run()
        self.assertTrue(self.FlowWriter_close_sync(writer, None))
        stream.close()
        self.assertEqual(stream.steal_as_bytes().get_data(), b'1;2\r\n1;2\r\n')
        self.assertEqual(self.FlowWriter_get_n_written(writer), 2)
        self.assertEqual(self.FlowWriter_get_format(writer), GFlow.FlowFormat.CSV)
        self.assertIs(self.FlowWriter_get_stream(writer), stream)
        file = Gio.File.new_for_path('/nowhere')
        writer = self.FlowWriter_new_for_file(GFlow.FlowFormat.JSON, file)
        self.assertTrue(self.FlowWriter_get_file(writer).equal(file))

    def test_list_model(self):
        flow = GFlow.Flow.new()
        changes = []
        flow.connect('items-changed', lambda *change: changes.append(change[1:]))
        for name in 'abc':
            flow.add(name, None)
        flow.remove_node(flow.lookup('b'))
        self.assertEqual(changes, [(0, 0, 1), (1, 0, 1), (2, 0, 1), (1, 1, 0)])
        self.assertEqual(flow.get_n_items(), 2)
        self.assertEqual(flow.props.n_items, 2)
        self.assertEqual(flow.get_item_type(), GFlow.FlowNode.__gtype__)
        self.assertEqual(flow.get_item(1).get_name(), 'c')
        self.assertIsNone(flow.get_item(2))


if __name__ == '__main__':
    unittest.main()
