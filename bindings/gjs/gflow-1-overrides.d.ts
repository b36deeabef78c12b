// SPDX-FileCopyrightText: The libgflow authors
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * What overrides/GFlow.js adds to the types that ts-for-gir makes of the GIR, gflow-1.d.ts.
 */
declare module 'gi://GFlow?version=1' {
    import type Gio from '@girs/gio-2.0';
    import type GLib from '@girs/glib-2.0';
    import type GObject from '@girs/gobject-2.0';

    export namespace GFlow {
        /** A node whose function returns T, or a promise of T. */
        interface ResultNode<T> extends FlowNode {
            readonly __result?: T;
        }

        type Upstream = FlowNode | string;
        type UpstreamTable = {[name: string]: Upstream};
        type Results<U extends UpstreamTable> = {
            [K in keyof U]: U[K] extends ResultNode<infer T> ? T | null : unknown;
        };

        interface NodeOptions {
            name?: string | null;
            upstream?: Upstream | Upstream[];
            lock?: FlowLock | FlowLock[];
            title?: string;
            priority?: number;
            weight?: number;
            /** Not WORKER: JavaScript has one thread. */
            placement?: FlowPlacement.CONTEXT;
            run_when?: FlowRunWhen;
            /** Of one call, in milliseconds */
            timeout?: number;
            max_retries?: number;
            /** In milliseconds */
            retry_delay?: number;
            retry_factor?: number;
            retry_jitter?: number;
        }

        type NodeFunction<T> =
            (run: FlowRun, node: FlowNode, cancellable: Gio.Cancellable) => T | PromiseLike<T>;
        type NodeFunctionOf<U extends UpstreamTable, T> =
            (results: Results<U>, run: FlowRun, node: FlowNode, cancellable: Gio.Cancellable) =>
                T | PromiseLike<T>;

        interface MakeNode {
            <T>(fn: NodeFunction<T>): ResultNode<T>;
            <T>(options: NodeOptions, fn: NodeFunction<T>): ResultNode<T>;
            <const U extends UpstreamTable, T>(
                options: Omit<NodeOptions, 'upstream'> & {upstream: U},
                fn: NodeFunctionOf<U, T>
            ): ResultNode<T>;
        }

        /** A node that is in no flow yet: for a group. */
        const node: MakeNode;
        function series(...items: (FlowNode | FlowGroup)[]): FlowGroup;
        function parallel(...items: (FlowNode | FlowGroup)[]): FlowGroup;

        /** What became of a node: what `for await (const step of run)` gives. */
        interface Step {
            readonly node: FlowNode;
            readonly state: FlowNodeState;
            readonly reason: string | null;
            /** What was thrown, of whatever type. */
            readonly error: unknown;
        }

        interface Flow<A extends GObject.Object = GObject.Object> extends Iterable<FlowNode> {
            node: MakeNode;
            map<T, I = any>(
                options: Omit<NodeOptions, 'upstream'> & {
                    items?: Iterable<I> | ((run: FlowRun, node: FlowNode) => Iterable<I>);
                    upstream?: Upstream | Upstream[];
                    max_parallel?: number;
                },
                fn: (item: I, run: FlowRun, node: FlowNode, cancellable: Gio.Cancellable) =>
                    T | PromiseLike<T>
            ): ResultNode<T[]>;
            execute(): Promise<FlowRun>;
            execute_sync(): FlowRun;
            plot(file: Gio.File | string, run?: FlowRun | null,
                cancellable?: Gio.Cancellable | null): Promise<boolean>;
            plot_sync(file: Gio.File | string, run?: FlowRun | null,
                cancellable?: Gio.Cancellable | null): boolean;
        }

        interface FlowRun extends AsyncIterable<Step>, Iterable<FlowStep> {
            set_node_progress(node: FlowNode, fraction?: number, message?: string | null): void;
            execute(): Promise<boolean>;
            execute_sync(): boolean;
            result<T>(node: ResultNode<T>): T | null;
            result(node: FlowNode): unknown;
            /** Starts a run as a part of the node. */
            spawn(node: FlowNode, subflow: Flow, properties?: Partial<FlowRun.ConstructorProps>):
                FlowRun;
            /** Settles when a run that was started has ended. */
            wait(): Promise<FlowRun>;
            /** Of the downstreams of the node only these go on. */
            select(node: FlowNode, ...downstreams: (FlowNode | string | null)[]): void;
            /** What the node has thrown; without one, what has ended the run. */
            error_of(node?: FlowNode | null): GLib.Error | Error | unknown;
        }

        interface FlowLock {
            acquire(): Promise<boolean>;
        }

        type DocumentLike = FlowDocument | string | Uint8Array | GLib.Bytes | GLib.Variant |
            {[name: string]: unknown};

        function document(value: DocumentLike): FlowDocument;
        function source(inputs: FlowSource | Gio.ListModel | DocumentLike | Iterable<DocumentLike> |
            AsyncIterable<DocumentLike> | (() => unknown)): FlowSource;

        interface FlowDocument {
            /** What it has, as an object that document() takes. */
            to_object(): {[name: string]: unknown};
        }

        interface FlowSource extends Iterable<FlowDocument>, AsyncIterable<FlowDocument> {
            next(n_documents?: number, cancellable?: Gio.Cancellable | null):
                Promise<Gio.ListModel<FlowDocument>>;
            next_sync(n_documents?: number, cancellable?: Gio.Cancellable | null):
                Gio.ListModel<FlowDocument>;
        }

        interface FlowReader {
            set_fields(fields: GLib.Variant | {[column: string]: string} | null): void;
        }

        interface FlowWriter {
            write(documents: Gio.ListModel | Iterable<DocumentLike>,
                cancellable?: Gio.Cancellable | null): Promise<boolean>;
            write_sync(documents: Gio.ListModel | Iterable<DocumentLike>,
                cancellable?: Gio.Cancellable | null): boolean;
            close(cancellable?: Gio.Cancellable | null): Promise<boolean>;
        }

        interface FlowHistory {
            load(file: Gio.File): Promise<boolean>;
            save(file: Gio.File): Promise<boolean>;
        }
    }
}
